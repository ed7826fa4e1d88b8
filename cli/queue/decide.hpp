#pragma once
// The decide part of `kubectl berth queue`: who waits, in the order of their turn. The order, the
// gangs and the quotas are found by the same code that the operator runs (lib/allocation); why
// each one waits is what the operator wrote on its pods. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/queue/observe.hpp"
#include "lib/allocation/workload.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::cli {

/// Why something waits, as the annotation berth.dev/explain says it.
struct Told {
  std::string reason{}; ///< empty: nothing was said yet
  std::string message{};

  friend bool operator==(const Told&, const Told&) = default;
};
/// "Reason: message" in its two parts; nothing where the pod has no such annotation.
[[nodiscard]] Told told_on(const cluster::Pod& pod);
[[nodiscard]] Told told_in(const api::AllocationRequestStatus& status);
/// What is plain without the operator: no quota, or a workload that cannot be read.
[[nodiscard]] Told found_wrong(const allocation::Workload& workload);

struct QueueRow {
  std::string quota{}; ///< empty: none
  /// From 1: among the waiting workloads of the quota, and among all. Absent where only one
  /// namespace was looked at.
  std::optional<std::int64_t> position{};
  std::optional<std::int64_t> turn{};
  std::string namespace_name{};
  std::string name{};
  bool gang = false;
  bool request = false; ///< an AllocationRequest; its units are a gang
  std::int64_t members_waiting = 1;
  std::int64_t members = 1;  ///< that the gang must have
  std::int64_t priority = 0; ///< with the quota's offset
  TimePoint since{};
  resources::ResourceVector requests{}; ///< of all waiting members
  Told why{};
};

struct QueueView {
  TimePoint as_of{};
  std::vector<QueueRow> rows{}; ///< by quota, then in the order of their turn
};

/// `quota`: only what waits in it and below it; empty: everything. NotFound when there is no such
/// quota.
[[nodiscard]] Result<QueueView> decide_queue(const ObservedQueue& observed,
                                             const std::string& quota, TimePoint now);

} // namespace berth::cli
