#include "cli/explain/changes.hpp"

#include "lib/allocation/cycle.hpp"
#include "lib/allocation/smallest_change.hpp"
#include "lib/allocation/what_if.hpp"
#include "lib/api/to_allocation.hpp"

namespace berth::cli {
namespace {

/// Ids of decisions are made from it; nothing here is ever written.
constexpr std::uint64_t kSeed = 1;

std::vector<std::string> texts_of(const std::vector<allocation::Step>& steps) {
  std::vector<std::string> texts;
  for (const allocation::Step& step : steps)
    texts.push_back(to_string(step));
  return texts;
}

Told told_by(const allocation::Explanation& why) {
  return {std::string(to_string(why.reason)), why.message};
}

allocation::Plan decide_on(const CycleInput& input, const allocation::ClusterSnapshot& snapshot) {
  return allocation::decide(snapshot, input.policy, input.now, kSeed);
}

Result<WhatIfView> try_change(const CycleInput& input, const WorkloadId& workload,
                              const std::vector<allocation::Step>& steps) {
  const allocation::Change change{steps, {}};
  BERTH_TRY(const auto changed, allocation::with_change(*input.snapshot, workload, change));
  WhatIfView view;
  view.steps = texts_of(steps);
  const auto fate = allocation::fate_of(decide_on(input, changed), workload);
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

CycleInput cycle_input(const ObservedCluster& observed, TimePoint now) {
  CycleInput input{observed.snapshot, api::to_allocation(api::AllocationPolicySpec{}), now};
  input.policy.memory = observed.memory;
  input.policy.held_back = observed.held_back;
  input.policy.measured = observed.measured;
  return input;
}

Result<Outlook> look_ahead(const CycleInput& input, const WorkloadId& workload,
                           const std::vector<allocation::Step>& what_if) {
  const allocation::ClusterSnapshot& snapshot = *input.snapshot;
  const allocation::Plan plan = decide_on(input, snapshot);
  Outlook outlook;
  if (const auto fate = allocation::fate_of(plan, workload))
    outlook.planned_start = fate->planned_start;
  if (!what_if.empty()) {
    BERTH_TRY(outlook.what_if, try_change(input, workload, what_if));
    return outlook;
  }
  allocation::ChangeSearch search({snapshot, input.policy, plan, input.now, kSeed}, workload);
  for (const allocation::Change& change : search.run()) {
    ChangeRow row{texts_of(change.steps), {}};
    for (const WorkloadId& victim : change.victims)
      row.evicted.push_back(name_of(snapshot, victim));
    outlook.changes.push_back(std::move(row));
  }
  return outlook;
}

} // namespace berth::cli
