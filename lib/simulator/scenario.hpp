#pragma once
// Scenario: a cluster, its quotas and the work that arrives there, and what becomes of it: a
// discrete-event simulation around the same decide() that the operator calls. Between two events
// nothing happens; at each the whole cycle runs, and what it admits starts at that moment. Evicted
// work goes at that moment too, and begins again from nothing when its turn comes.
// Pure: times are those of the scenario. It simulates no API server and no kubelet.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/node.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/pool.hpp"
#include "lib/allocation/preemption_policy.hpp"
#include "lib/allocation/quota.hpp"
#include "lib/allocation/reservation.hpp"
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
  allocation::Labels node_selector{};   ///< of each pod
};

struct Scenario {
  std::vector<allocation::NodeView> nodes{};
  std::vector<allocation::PoolSpec> pools{};
  /// Each quota is named by the namespace of its own name.
  std::vector<allocation::QuotaSpec> quotas{};
  std::vector<WorkloadSet> workloads{};
  /// Their times count from kScenarioStart. None is accepted before the calendar says so (R1).
  std::vector<allocation::ReservationSpec> reservations{};
  allocation::PreemptionPolicy preemption{};
};

/// When simulated time begins, a Thursday: windows and schedules count from here.
inline constexpr TimePoint kScenarioStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// From arrival to the start of the run that was not cut short.
struct WaitReport {
  Duration mean{};
  Duration p50{};
  Duration p90{};
  Duration longest{};
};

/// The workloads of one class, or of one quota.
struct GroupReport {
  std::string name{};
  std::size_t arrived = 0;
  std::size_t started = 0;
  WaitReport waits{}; ///< of those that started
  /// Their mean stretch, (wait + runtime) / runtime, in thousandths: 1000 if none waited; 0 if none
  /// started.
  std::int64_t stretch_permille = 0;
};

struct ResourceReport {
  resources::ResourceName name{""};
  /// What could be used: the nodes' total, or the nominal amounts of all quotas if those are less.
  std::int64_t capacity = 0;
  /// Mean use over the time until the last workload ended, in thousandths of the capacity.
  std::int64_t utilization_permille = 0;
};

struct ReservationReport {
  std::string name{};
  bool accepted = false;
  std::string answer{};    ///< the calendar's last one
  std::size_t windows = 0; ///< that were open while something ran, waited or was to come
  std::size_t honored = 0; ///< whose capacity was all there when they opened (R3)
};

struct ScenarioReport {
  std::vector<GroupReport> classes{}; ///< in the order of the scenario
  std::vector<GroupReport> quotas{};  ///< those with workloads, in the order of the scenario
  /// What workloads ask for, by name. If any asks for shares of devices, all devices stand as
  /// kDeviceShareResource in thousandths, and kDeviceResource is left out.
  std::vector<ResourceReport> resources{};
  Duration makespan{}; ///< until the last workload that started ended
  std::size_t cycles = 0;
  std::size_t evictions = 0;     ///< of workloads; each may have several
  std::size_t never_started = 0; ///< or not again after an eviction
  /// Work that evictions threw away: cpu of the evicted times the time for which it had run.
  std::int64_t wasted_core_seconds = 0;
  std::vector<ReservationReport> reservations{}; ///< in the order of the scenario
  /// Jain's index over the quotas' mean stretch, in thousandths: 1000 if it is equal; quotas of
  /// which nothing started are left out.
  std::int64_t fairness_permille = 1000;
  /// Mean over time of the device capacity that is useless for the work that there is, in
  /// thousandths of all; 0 without devices.
  std::int64_t fragmentation_permille = 0;
};

/// What became of one workload, or of one run of it that an eviction cut short.
struct WorkloadRecord {
  std::size_t set = 0;               ///< position in Scenario::workloads
  Duration arrived{};                ///< or when it was evicted last, and waited again
  std::optional<Duration> started{}; ///< absent: never
  Duration ended{};
  std::vector<std::size_t> nodes{}; ///< of each member: position in Scenario::nodes
  bool is_evicted = false;          ///< at `ended`
};

/// What a reservation held on one node.
struct WindowPlace {
  std::size_t node = 0; ///< position in Scenario::nodes
  bool is_whole = false;
  resources::ResourceVector amounts{}; ///< if not all of it
};

/// A window of a reservation, as it was when it opened.
struct WindowRecord {
  std::size_t reservation = 0; ///< position in Scenario::reservations
  Duration begin{};
  Duration end{}; ///< may be far behind the last workload's
  bool is_honored = false;
  std::vector<WindowPlace> places{};
};

struct RunOptions {
  std::uint64_t seed = 1;
  /// First in, first out: nobody passes anybody. Work comes to its turn only when all that arrived
  /// before it has started, and nobody is evicted for it.
  bool is_fifo = false;
  /// Keep a record of each workload: for pictures.
  bool keep_records = false;
  /// Told how many of all workloads have arrived, whenever some do; may be empty.
  std::function<void(std::size_t arrived, std::size_t all)> progress{};
};

struct ScenarioRun {
  ScenarioReport report{};
  std::vector<WorkloadRecord> records{}; ///< by first arrival, then as in the scenario
  std::vector<WorkloadRecord> evicted{}; ///< the runs that were cut short, in their order
  std::vector<WindowRecord> windows{};   ///< by begin; empty unless records are kept
  /// From arrival to the last start, by first arrival; absent for work that waits at the end.
  std::vector<std::optional<Duration>> waits{};
};

/// The same scenario and options give the same run.
[[nodiscard]] ScenarioRun run(const Scenario& scenario, const RunOptions& options);

inline constexpr std::int64_t kWorkloadsMax = 1'000'000;
inline constexpr std::int64_t kPodsMax = 1'000'000;
inline constexpr std::int64_t kNodesMax = 100'000;
inline constexpr std::int64_t kReservationsMax = 100;
/// Windows alone do not go on for ever: a run is over if nothing arrives, starts or ends for so
/// long. A monthly window has had its turn by then.
inline constexpr Duration kIdleMax = std::chrono::days{32};

} // namespace berth::simulator
