#pragma once
// Scenario: a cluster, its quotas and the work that arrives there, and what becomes of it: a
// discrete-event simulation around the same decide() that the operator calls. Between two events
// nothing happens; at each the whole cycle runs once, and what it admits starts at that moment.
// Pure: times are those of the scenario. It simulates no API server and no kubelet.

#include <cstdint>
#include <string>
#include <vector>

#include "lib/allocation/node.hpp"
#include "lib/allocation/pool.hpp"
#include "lib/allocation/quota.hpp"
#include "lib/base/clock.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::simulator {

/// Equal workloads of one quota that arrive one after the other.
struct WorkloadSet {
  std::string class_name{}; ///< what reports group by
  QuotaName quota{};
  std::int64_t count = 0;
  Duration first{};
  Duration every{};
  Duration runtime{}; ///< > 0
  std::int32_t priority = 0;
  std::int32_t members = 1;             ///< pods that start together
  resources::ResourceVector requests{}; ///< of each pod, without "pods"
};

struct Scenario {
  std::vector<allocation::NodeView> nodes{};
  std::vector<allocation::PoolSpec> pools{};
  /// Each quota is named by the namespace of its own name.
  std::vector<allocation::QuotaSpec> quotas{};
  std::vector<WorkloadSet> workloads{};
};

/// From arrival to start.
struct WaitReport {
  Duration mean{};
  Duration p50{};
  Duration p90{};
  Duration longest{};
};

struct ClassReport {
  std::string name{};
  std::size_t arrived = 0;
  std::size_t started = 0;
  WaitReport waits{}; ///< of those that started
};

struct ResourceReport {
  resources::ResourceName name{""};
  /// What could be used: the nodes' total, or what the root quotas of all pools have if that is
  /// less.
  std::int64_t capacity = 0;
  /// Mean use over the time until the last workload ended, in thousandths of the capacity.
  std::int64_t utilization_permille = 0;
};

struct ScenarioReport {
  std::vector<ClassReport> classes{};      ///< in the order of the scenario
  std::vector<ResourceReport> resources{}; ///< by name
  Duration makespan{};                     ///< until the last workload that started ended
  std::size_t cycles = 0;
  std::size_t evictions = 0;
  std::size_t never_started = 0;
  /// Jain's index over quotas of the mean stretch, (wait + runtime) / runtime: 1000 if equal.
  std::int64_t fairness_permille = 1000;
  /// Mean over time of the device capacity that is useless for the work that there is, in
  /// thousandths of all; 0 without devices.
  std::int64_t fragmentation_permille = 0;
};

/// The same scenario and seed give the same report.
[[nodiscard]] ScenarioReport run(const Scenario& scenario, std::uint64_t seed);

inline constexpr std::int64_t kWorkloadsMax = 1'000'000;
inline constexpr std::int64_t kPodsMax = 1'000'000;
inline constexpr std::int64_t kNodesMax = 100'000;

} // namespace berth::simulator
