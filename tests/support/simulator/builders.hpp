#pragma once
// Short ways to write scenarios in tests: one pool named "cluster" that has every node, quotas that
// are limited in cpu only, and work in whole cores and seconds.

#include <string>
#include <utility>

#include "lib/simulator/scenario.hpp"
#include "tests/support/allocation/builders.hpp"

namespace berth::simulator::testing {

using namespace std::chrono_literals;

class WorkBuilder {
public:
  explicit WorkBuilder(std::string class_name) {
    set_.class_name = std::move(class_name);
    set_.quota = QuotaName{"team"};
    set_.count = 1;
    set_.runtime = 10s;
  }
  WorkBuilder& of(const std::string& quota) {
    set_.quota = QuotaName{quota};
    return *this;
  }
  WorkBuilder& times(std::int64_t count, Duration every = {}) {
    set_.count = count;
    set_.every = every;
    return *this;
  }
  WorkBuilder& at(Duration first) {
    set_.first = first;
    return *this;
  }
  WorkBuilder& runs(Duration runtime) {
    set_.runtime = runtime;
    return *this;
  }
  WorkBuilder& priority(std::int32_t priority) {
    set_.priority = priority;
    return *this;
  }
  WorkBuilder& members(std::int32_t members) {
    set_.members = members;
    return *this;
  }
  WorkBuilder& asks(const std::string& resource, std::int64_t amount) {
    set_.requests.set(resources::ResourceName{resource}, resources::Amount{amount});
    return *this;
  }
  WorkBuilder& cpu(std::int64_t cores) { return asks("cpu", cores * 1000); }
  WorkBuilder& selects(std::string label, std::string value) {
    set_.node_selector.set(std::move(label), std::move(value));
    return *this;
  }
  operator WorkloadSet() const { return set_; } // NOLINT(google-explicit-constructor)

private:
  WorkloadSet set_;
};

/// One workload of quota "team" that arrives at once and runs 10 s.
inline WorkBuilder work(const std::string& class_name) {
  return WorkBuilder(class_name);
}

class ScenarioBuilder {
public:
  ScenarioBuilder() {
    allocation::PoolSpec pool;
    pool.name = PoolName{"cluster"};
    scenario_.pools.push_back(std::move(pool));
  }
  ScenarioBuilder& node(const std::string& name, std::int64_t cores, std::int64_t devices = 0) {
    auto node = allocation::testing::node(name, cores);
    if (devices > 0)
      node.allocatable.set(resources::ResourceName{allocation::kDeviceResource},
                           resources::Amount{devices});
    scenario_.nodes.push_back(std::move(node));
    return *this;
  }
  /// With a nominal amount of cpu.
  ScenarioBuilder& quota(const std::string& name, std::int64_t cores,
                         const std::string& parent = "",
                         resources::Amount borrowing_limit = resources::Amount::unlimited()) {
    allocation::testing::QuotaBuilder quota(name);
    quota.pool("cluster").nominal("cpu", cores * 1000, borrowing_limit);
    if (!parent.empty())
      quota.under(parent);
    scenario_.quotas.push_back(quota);
    return *this;
  }
  ScenarioBuilder& quota(const std::string& name) {
    allocation::testing::QuotaBuilder quota(name);
    scenario_.quotas.push_back(quota.pool("cluster"));
    return *this;
  }
  /// Evicts at any time and without notice, but for what the policy says otherwise.
  ScenarioBuilder& preempts(allocation::PreemptionPolicy policy = {.min_runtime = 0s,
                                                                   .notice = 0s}) {
    scenario_.preemption = policy;
    scenario_.preemption.enabled = true;
    return *this;
  }
  /// In pool "cluster", for the quota that pays.
  ScenarioBuilder& reserves(allocation::ReservationSpec spec, const std::string& payer = "team") {
    spec.pool = PoolName{"cluster"};
    spec.payer = QuotaName{payer};
    spec.allowed_quotas = {spec.payer};
    scenario_.reservations.push_back(std::move(spec));
    return *this;
  }
  ScenarioBuilder& add(const WorkloadSet& set) {
    scenario_.workloads.push_back(set);
    return *this;
  }
  operator Scenario() const { return scenario_; } // NOLINT(google-explicit-constructor)

private:
  Scenario scenario_;
};

/// Of so many cores, from `start` on; at all times without a duration.
inline allocation::ReservationSpec window(const std::string& name, std::int64_t cores,
                                          Duration start = {}, Duration duration = {}) {
  allocation::ReservationSpec spec;
  spec.name = ReservationName{name};
  spec.amounts.set(resources::ResourceName::cpu(), resources::Amount{cores * 1000});
  if (duration > Duration{})
    spec.window = allocation::SingleWindow{kScenarioStart + start, duration};
  return spec;
}

inline ScenarioBuilder scenario() {
  return {};
}

[[nodiscard]] inline ScenarioRun play(const Scenario& scenario) {
  return run(scenario, {.seed = 1, .keep_records = true});
}

} // namespace berth::simulator::testing
