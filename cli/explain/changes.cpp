#include "cli/explain/changes.hpp"

#include "lib/allocation/cycle.hpp"
#include "lib/allocation/smallest_change.hpp"
#include "lib/allocation/what_if.hpp"
#include "lib/api/to_allocation.hpp"

namespace berth::cli {
namespace {

/// Ids of decisions are made from it; nothing here is ever written.
constexpr std::uint64_t kSeed = 1;

std::string name_of(const allocation::ClusterSnapshot& snapshot, const WorkloadId& workload) {
  const auto* pod = snapshot.find_pod(PodUid{workload.str()});
  return pod == nullptr ? workload.str() : pod->namespace_name + "/" + pod->name;
}

std::vector<std::string> texts_of(const std::vector<allocation::Step>& steps) {
  std::vector<std::string> texts;
  for (const allocation::Step& step : steps)
    texts.push_back(to_string(step));
  return texts;
}

Told told_by(const allocation::Explanation& why) {
  return {std::string(to_string(why.reason)), why.message};
}

/// What one cycle would decide; the parts of its input that the operator keeps in memory are as
/// statuses tell them.
struct Cycle {
  const ObservedCluster& observed;
  TimePoint now;
  allocation::Policy policy = api::to_allocation(api::AllocationPolicySpec{});

  [[nodiscard]] allocation::Plan decide_on(const allocation::ClusterSnapshot& snapshot) const {
    return allocation::decide(snapshot, policy, now, kSeed);
  }
};

Result<WhatIfView> try_change(const Cycle& cycle, const WorkloadId& workload,
                              const std::vector<allocation::Step>& steps) {
  const allocation::Change change{steps, {}};
  BERTH_TRY(const auto changed,
            allocation::with_change(*cycle.observed.snapshot, workload, change));
  WhatIfView view;
  view.steps = texts_of(steps);
  const auto fate = allocation::fate_of(cycle.decide_on(changed), workload);
  if (!fate)
    return view;
  view.starts = fate->starts;
  for (const NodeName& node : fate->nodes)
    view.nodes.push_back(node.str());
  if (fate->why)
    view.why = told_by(*fate->why);
  return view;
}

} // namespace

Result<Outlook> look_ahead(const ObservedCluster& observed, const WorkloadId& workload,
                           const std::vector<allocation::Step>& what_if, TimePoint now) {
  Cycle cycle{observed, now};
  cycle.policy.memory = observed.memory;
  cycle.policy.held_back = observed.held_back;
  cycle.policy.measured = observed.measured;
  const allocation::Plan plan = cycle.decide_on(*observed.snapshot);
  Outlook outlook;
  if (const auto fate = allocation::fate_of(plan, workload))
    outlook.planned_start = fate->planned_start;
  if (!what_if.empty()) {
    BERTH_TRY(outlook.what_if, try_change(cycle, workload, what_if));
    return outlook;
  }
  allocation::ChangeSearch search({*observed.snapshot, cycle.policy, plan, now, kSeed}, workload);
  for (const allocation::Change& change : search.run()) {
    ChangeRow row{texts_of(change.steps), {}};
    for (const WorkloadId& victim : change.victims)
      row.evicted.push_back(name_of(*observed.snapshot, victim));
    outlook.changes.push_back(std::move(row));
  }
  return outlook;
}

} // namespace berth::cli
