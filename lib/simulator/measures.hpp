#pragma once
// Measures: what a scenario's run is judged by, gathered event by event: waits by class, use over
// time, fairness between quotas, fragmentation. For scenario.cpp, and for who plays a log.

#include <cstdint>
#include <string>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::simulator {

class Measures {
public:
  /// `scenario` must outlive it.
  explicit Measures(const Scenario& scenario);

  /// The state that was observed last lasted until `now`.
  void advance(Duration now);
  /// The state from `now` on.
  void observe(const allocation::ClusterSnapshot& snapshot, Duration now);
  void arrived(std::size_t set);
  /// A workload ended that had waited so long for its last start; after advance().
  void ended(std::size_t set, Duration wait, Duration now);
  /// Means over time reach until `now`, even if nothing ends then; after advance().
  void run_until(Duration now);
  void count_cycle() { ++cycles_; }
  /// Each member of the evicted workload had run for so long.
  void evicted(std::size_t set, Duration ran);

  /// Means over time reach from the scenario's begin to the last end of a workload.
  [[nodiscard]] ScenarioReport report() const;

private:
  /// A resource, how much of it there is, and its use so far as amount x milliseconds.
  struct Meter {
    resources::ResourceName name{""};
    std::int64_t capacity = 0;
    std::int64_t in_use = 0;
    resources::Int128 amount_ms = 0;
  };
  /// Of one workload set.
  struct SetCount {
    std::size_t arrived = 0;
    std::vector<Duration> waits{};
  };
  void find_capacities(const allocation::ClusterSnapshot& snapshot);
  [[nodiscard]] std::int64_t quota_limit(const resources::ResourceName& name) const;
  void observe_devices(const allocation::ClusterSnapshot& snapshot);
  /// One report for each name that `name_of` gives to sets.
  using NameOf = std::string (*)(const WorkloadSet& set);
  [[nodiscard]] std::vector<GroupReport> group_reports(NameOf name_of) const;
  [[nodiscard]] std::vector<ResourceReport> resource_reports() const;

  const Scenario& scenario_;
  std::vector<SetCount> sets_;
  std::vector<Meter> meters_;
  Meter devices_{resources::ResourceName{"devices"}}; ///< thousandths
  Meter useless_{resources::ResourceName{"devices"}}; ///< thousandths, for the work that there is
  resources::Int128 useless_until_end_ = 0;           ///< useless_.amount_ms at makespan_
  bool asks_for_shares_ = false;                      ///< of devices
  Duration observed_at_{};
  Duration makespan_{};
  std::size_t cycles_ = 0;
  std::size_t evictions_ = 0;
  resources::Int128 wasted_millicore_ms_ = 0;
};

} // namespace berth::simulator
