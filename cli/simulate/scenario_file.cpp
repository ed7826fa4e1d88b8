#include "cli/simulate/scenario_file.hpp"

#include <algorithm>

#include "cli/simulate/scenario_size.hpp"
#include "cli/simulate/yaml_fields.hpp"
#include "lib/allocation/workload.hpp"

namespace berth::cli {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;
using simulator::Scenario;
using simulator::WorkloadSet;

const PoolName kPool{"cluster"};
constexpr std::int64_t kPodsPerNode = 110;
constexpr YamlRange kSeconds{0, 365LL * 86'400};
constexpr YamlRange kPriority{-1'000'000'000, 1'000'000'000};

/// What is counted while the file is read, so that a small file cannot ask for a huge run.
struct Sizes {
  ScenarioSize nodes{};
  ScenarioSize workloads{};
  ScenarioSize pods{};
};

void read_nodes(YamlFields& fields, Scenario& scenario, Sizes& sizes) {
  std::string name;
  std::int64_t count = 1;
  std::map<std::string, std::string> labels;
  allocation::NodeView node;
  node.allocatable.set(ResourceName::pods(), Amount{kPodsPerNode});
  fields.require("name");
  fields.text("name", name);
  fields.integer("count", count, {1, simulator::kNodesMax});
  fields.require("allocatable");
  ResourceVector allocatable;
  fields.amounts("allocatable", allocatable);
  for (const auto& [resource, amount] : allocatable)
    node.allocatable.set(resource, amount);
  fields.texts("labels", labels);
  for (const auto& [key, value] : labels)
    node.labels.set(key, value);
  sizes.nodes.add({count});
  if (sizes.nodes.total() > simulator::kNodesMax)
    return fields.refuse("count", "more than 100000 nodes in all");
  for (std::int64_t i = 1; i <= count; ++i) {
    node.name = NodeName{name + "-" + std::to_string(i)};
    scenario.nodes.push_back(node);
  }
}

void read_pool(YamlFields& fields, Scenario& scenario) {
  allocation::PoolSpec pool;
  pool.name = kPool;
  pool.strategy = allocation::Strategy::FragmentationAware;
  std::string strategy;
  fields.text("strategy", strategy);
  if (!strategy.empty()) {
    const auto known = allocation::strategy_from(strategy);
    if (!known)
      fields.refuse("strategy", "\"" + strategy + "\" is not a placement strategy");
    pool.strategy = known.value_or(pool.strategy);
  }
  scenario.pools.push_back(std::move(pool));
}

void read_quota(YamlFields& fields, Scenario& scenario) {
  std::string name;
  std::string parent;
  ResourceVector nominal;
  ResourceVector borrowing;
  ResourceVector lending;
  fields.require("name");
  fields.text("name", name);
  fields.text("parent", parent);
  fields.amounts("nominal", nominal);
  fields.amounts("borrowingLimit", borrowing);
  fields.amounts("lendingLimit", lending);
  allocation::QuotaSpec quota;
  quota.name = QuotaName{name};
  quota.parent = QuotaName{parent};
  allocation::QuotaPool pool{kPool, {}};
  for (const auto& [resource, amount] : nominal) {
    allocation::QuotaAmount entry{resource, amount};
    if (borrowing.contains(resource))
      entry.borrowing_limit = borrowing.get(resource);
    if (lending.contains(resource))
      entry.lending_limit = lending.get(resource);
    pool.resources.push_back(std::move(entry));
  }
  quota.pools.push_back(std::move(pool));
  if (std::ranges::find(scenario.quotas, quota.name, &allocation::QuotaSpec::name) !=
      scenario.quotas.end())
    fields.refuse("name", "appears twice");
  scenario.quotas.push_back(std::move(quota));
}

Duration read_seconds(YamlFields& fields, const std::string& name, std::int64_t least = 0) {
  std::int64_t seconds = 0;
  fields.integer(name, seconds, {least, kSeconds.most});
  return std::chrono::seconds{seconds};
}

void read_workload(YamlFields& fields, Scenario& scenario, Sizes& sizes) {
  WorkloadSet set;
  std::string quota;
  std::int64_t priority = 0;
  std::int64_t members = 1;
  set.count = 1;
  fields.require("class");
  fields.text("class", set.class_name);
  fields.require("quota");
  fields.text("quota", quota);
  fields.integer("count", set.count, {1, simulator::kWorkloadsMax});
  set.first = read_seconds(fields, "firstSeconds");
  set.every = read_seconds(fields, "everySeconds");
  fields.require("runtimeSeconds");
  set.runtime = read_seconds(fields, "runtimeSeconds", 1);
  fields.integer("priority", priority, kPriority);
  fields.integer("members", members, {1, allocation::kGangMembersMax});
  fields.require("requests");
  fields.amounts("requests", set.requests);
  set.quota = QuotaName{quota};
  set.priority = static_cast<std::int32_t>(priority);
  set.members = static_cast<std::int32_t>(members);
  if (std::ranges::find(scenario.quotas, set.quota, &allocation::QuotaSpec::name) ==
      scenario.quotas.end())
    fields.refuse("quota", "no quota has this name");
  sizes.workloads.add({set.count});
  sizes.pods.add({set.count, members});
  if (sizes.workloads.total() > simulator::kWorkloadsMax)
    return fields.refuse("count", "more than 1000000 workloads in all");
  if (sizes.pods.total() > simulator::kPodsMax)
    return fields.refuse("members", "more than 1000000 pods in all");
  scenario.workloads.push_back(std::move(set));
}

} // namespace

Result<Scenario> decode_scenario(const std::string& text) {
  Scenario scenario;
  Sizes sizes;
  BERTH_CHECK(read_yaml(text, [&](YamlFields& fields) {
    fields.require("nodes");
    fields.each("nodes", [&](YamlFields& it) { read_nodes(it, scenario, sizes); });
    fields.map("pool", [&](YamlFields& it) { read_pool(it, scenario); });
    fields.require("quotas");
    fields.each("quotas", [&](YamlFields& it) { read_quota(it, scenario); });
    fields.require("workloads");
    fields.each("workloads", [&](YamlFields& it) { read_workload(it, scenario, sizes); });
  }));
  return scenario;
}

} // namespace berth::cli
