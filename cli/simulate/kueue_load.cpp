#include "cli/simulate/kueue_load.hpp"

#include <set>

#include "cli/simulate/scenario_size.hpp"
#include "cli/simulate/yaml_fields.hpp"

namespace berth::cli {
namespace {

using resources::Amount;
using resources::ResourceName;
using simulator::Scenario;
using simulator::WorkloadSet;

const PoolName kPool{"cluster"};
constexpr std::int64_t kMilli = 1000;
constexpr std::size_t kWorkloadKindsMax = 10'000; ///< entries of all lists "workloads"
constexpr YamlRange kCount{1, 100'000};
constexpr YamlRange kUnits{0, 1'000'000};
constexpr YamlRange kMilliseconds{0, 86'400'000};
constexpr YamlRange kPriority{-1'000'000'000, 1'000'000'000};

/// A queue as the file has it; made `count` times in every cohort.
struct Queue {
  std::string name{};
  std::int64_t count = 1;
  std::int64_t nominal = 0;
  std::int64_t borrowing_limit = -1;
  std::vector<WorkloadSet> workloads{};
};

struct Cohort {
  std::string name{};
  std::int64_t count = 1;
  std::vector<Queue> queues{};
};

/// A file as far as it has been read.
struct Draft {
  std::vector<Cohort> cohorts{};
  std::size_t workload_kinds = 0;

  [[nodiscard]] Queue& queue() { return cohorts.back().queues.back(); }
};

void read_workload(YamlFields& fields, const WorkloadSet& timing, Draft& draft) {
  WorkloadSet set = timing;
  std::int64_t runtime_ms = 0;
  std::int64_t priority = 0;
  std::int64_t request = 0;
  fields.require("className");
  fields.text("className", set.class_name);
  fields.require("runtimeMs");
  fields.integer("runtimeMs", runtime_ms, {1, kMilliseconds.most});
  fields.integer("priority", priority, kPriority);
  fields.require("request");
  fields.integer("request", request, kUnits);
  if (++draft.workload_kinds > kWorkloadKindsMax)
    return fields.refuse("className", "more than 10000 kinds of workloads in all");
  set.runtime = Duration{runtime_ms};
  set.priority = static_cast<std::int32_t>(priority);
  set.requests.set(ResourceName::cpu(), Amount{request * kMilli});
  draft.queue().workloads.push_back(std::move(set));
}

void read_workload_set(YamlFields& fields, Draft& draft) {
  WorkloadSet timing;
  std::int64_t interval_ms = 0;
  fields.require("count");
  fields.integer("count", timing.count, kCount);
  fields.integer("creationIntervalMs", interval_ms, kMilliseconds);
  timing.every = Duration{interval_ms};
  fields.require("workloads");
  fields.each("workloads", [&](YamlFields& it) { read_workload(it, timing, draft); });
}

void read_queue(YamlFields& fields, Draft& draft) {
  Queue& queue = draft.cohorts.back().queues.emplace_back();
  std::string unused;
  fields.require("className");
  fields.text("className", queue.name);
  fields.integer("count", queue.count, kCount);
  fields.require("nominalQuota");
  fields.integer("nominalQuota", queue.nominal, kUnits);
  fields.integer("borrowingLimit", queue.borrowing_limit, kUnits);
  fields.text("reclaimWithinCohort", unused);
  fields.text("withinClusterQueue", unused);
  fields.each("workloadsSets", [&](YamlFields& it) { read_workload_set(it, draft); });
}

void read_cohort(YamlFields& fields, Draft& draft) {
  Cohort& cohort = draft.cohorts.emplace_back();
  fields.require("className");
  fields.text("className", cohort.name);
  fields.integer("count", cohort.count, kCount);
  fields.each("queuesSets", [&](YamlFields& it) { read_queue(it, draft); });
}

void add_queue(const Queue& queue, const QuotaName& parent, std::int64_t number,
               Scenario& scenario) {
  allocation::QuotaSpec quota;
  quota.name = QuotaName{parent.str() + "-" + queue.name + "-" + std::to_string(number)};
  quota.parent = parent;
  allocation::QuotaAmount cpu{ResourceName::cpu(), Amount{queue.nominal * kMilli}};
  if (queue.borrowing_limit >= 0)
    cpu.borrowing_limit = Amount{queue.borrowing_limit * kMilli};
  quota.pools.push_back(allocation::QuotaPool{kPool, {cpu}});
  for (WorkloadSet set : queue.workloads) {
    set.quota = quota.name;
    scenario.workloads.push_back(std::move(set));
  }
  scenario.quotas.push_back(std::move(quota));
}

void add_cohort(const Cohort& cohort, Scenario& scenario) {
  for (std::int64_t i = 1; i <= cohort.count; ++i) {
    allocation::QuotaSpec parent;
    parent.name = QuotaName{cohort.name + "-" + std::to_string(i)};
    for (const Queue& queue : cohort.queues)
      for (std::int64_t j = 1; j <= queue.count; ++j)
        add_queue(queue, parent.name, j, scenario);
    scenario.quotas.push_back(std::move(parent));
  }
}

Scenario make_cluster() {
  constexpr std::int64_t kPlenty = std::int64_t{1} << 40U;
  Scenario scenario;
  allocation::NodeView node;
  node.name = NodeName{"everything"};
  node.allocatable.set(ResourceName::cpu(), Amount{kPlenty});
  node.allocatable.set(ResourceName::pods(), Amount{kPlenty});
  scenario.nodes.push_back(std::move(node));
  allocation::PoolSpec pool;
  pool.name = kPool;
  pool.strategy = allocation::Strategy::FirstFit;
  scenario.pools.push_back(std::move(pool));
  return scenario;
}

/// How many workloads the file asks for, before any is made.
std::int64_t workloads_of(const std::vector<Cohort>& cohorts) {
  ScenarioSize size;
  for (const Cohort& cohort : cohorts)
    for (const Queue& queue : cohort.queues)
      for (const WorkloadSet& set : queue.workloads)
        size.add({cohort.count, queue.count, set.count});
  return size.total();
}

std::int64_t queues_of(const std::vector<Cohort>& cohorts) {
  ScenarioSize size;
  for (const Cohort& cohort : cohorts) {
    size.add({cohort.count});
    for (const Queue& queue : cohort.queues)
      size.add({cohort.count, queue.count});
  }
  return size.total();
}

} // namespace

Result<Scenario> decode_kueue_load(const std::string& text) {
  Draft draft;
  BERTH_CHECK(read_yaml(text, [&](YamlFields& fields) {
    fields.require("cohorts");
    fields.each("cohorts", [&](YamlFields& it) { read_cohort(it, draft); });
  }));
  if (queues_of(draft.cohorts) > kQuotasMax)
    return fail(Code::TooLarge, "cohorts: more than 100000 queues");
  if (workloads_of(draft.cohorts) > simulator::kWorkloadsMax)
    return fail(Code::TooLarge, "cohorts: more than 1000000 workloads");
  Scenario scenario = make_cluster();
  for (const Cohort& cohort : draft.cohorts)
    add_cohort(cohort, scenario);
  std::set<QuotaName> names;
  for (const allocation::QuotaSpec& quota : scenario.quotas)
    if (!names.insert(quota.name).second)
      return fail(Code::Invalid,
                  "cohorts: two of them would be the quota \"" + quota.name.str() + "\"");
  return scenario;
}

} // namespace berth::cli
