#pragma once
// What would let a waiting pod or gang start (X1), and whether a change that a person has in mind
// would (X2): the operator's own cycle, decided on the cluster as it was observed or logged. Pure.

#include <optional>
#include <string>
#include <vector>

#include "cli/cluster/observe.hpp"
#include "cli/queue/decide.hpp"
#include "lib/allocation/change.hpp"
#include "lib/allocation/policy.hpp"

namespace berth::cli {

struct ChangeRow {
  std::vector<std::string> steps{};   ///< as --what-if reads them
  std::vector<std::string> evicted{}; ///< NAMESPACE/NAME of the work that would go
};

/// What a cycle would decide with --what-if.
struct WhatIfView {
  std::vector<std::string> steps{};
  bool starts = false;
  std::vector<std::string> nodes{}; ///< where its pods would go, if it starts
  Told why{};                       ///< why it still waits
};

struct Outlook {
  std::optional<TimePoint> planned_start{}; ///< if what runs ends as expected (B1)
  std::vector<ChangeRow> changes{};
  std::optional<WhatIfView> what_if{};
};

/// What a cycle would be given.
struct CycleInput {
  std::shared_ptr<const allocation::ClusterSnapshot> snapshot{};
  allocation::Policy policy{};
  TimePoint now{};
};
/// As far as a cluster tells it: what the program was told is its default.
[[nodiscard]] CycleInput cycle_input(const ObservedCluster& observed, TimePoint now);

/// NotFound if a step of `what_if` names what is not there.
[[nodiscard]] Result<Outlook> look_ahead(const CycleInput& input, const WorkloadId& workload,
                                         const std::vector<allocation::Step>& what_if);

} // namespace berth::cli
