#include "cli/simulate/scenario_file.hpp"

#include <set>
#include <utility>

#include "cli/simulate/reservation_fields.hpp"
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
// As in the schema of AllocationPolicy.
constexpr YamlRange kMinRuntimeSeconds{0, 604'800};
constexpr YamlRange kNoticeSeconds{0, 86'400};
constexpr YamlRange kEvictionsPerHour{0, 60};
constexpr YamlRange kEvictionRatioPercent{100, 1000};
constexpr YamlRange kPriority{-1'000'000'000, 1'000'000'000};

/// A scenario as far as it has been read. What it asks for is counted before it is made, so that a
/// small file cannot ask for a huge run.
struct Draft {
  Scenario scenario{};
  std::set<std::string> node_names{};
  std::set<QuotaName> quota_names{};
  std::set<ReservationName> reservation_names{};
  ScenarioSize nodes{};
  ScenarioSize workloads{};
  ScenarioSize pods{};
};

void read_nodes(YamlFields& fields, Draft& draft) {
  std::string name;
  std::int64_t count = 1;
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
  fields.labels("labels", node.labels);
  if (!draft.node_names.insert(name).second)
    return fields.refuse("name", "appears twice");
  draft.nodes.add({count});
  if (draft.nodes.total() > simulator::kNodesMax)
    return fields.refuse("count", "more than 100000 nodes in all");
  for (std::int64_t i = 1; i <= count; ++i) {
    node.name = NodeName{name + "-" + std::to_string(i)};
    draft.scenario.nodes.push_back(node);
  }
}

void read_pool(YamlFields& fields, Draft& draft) {
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
  draft.scenario.pools.push_back(std::move(pool));
}

/// The limits of resources that the quota has a nominal amount of.
ResourceVector read_limits(YamlFields& fields, const std::string& name,
                           const ResourceVector& nominal) {
  ResourceVector limits;
  fields.amounts(name, limits);
  for (const auto& [resource, limit] : limits)
    if (!nominal.contains(resource))
      fields.refuse(name, std::string(resource.str()) + " has no nominal amount");
  return limits;
}

void read_quota(YamlFields& fields, Draft& draft) {
  std::string name;
  std::string parent;
  ResourceVector nominal;
  fields.require("name");
  fields.text("name", name);
  fields.text("parent", parent);
  fields.amounts("nominal", nominal);
  const ResourceVector borrowing = read_limits(fields, "borrowingLimit", nominal);
  const ResourceVector lending = read_limits(fields, "lendingLimit", nominal);
  if (!parent.empty() && !draft.quota_names.contains(QuotaName{parent}))
    fields.refuse("parent", "no quota above has this name");
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
  if (!draft.quota_names.insert(quota.name).second)
    fields.refuse("name", "appears twice");
  draft.scenario.quotas.push_back(std::move(quota));
}

Duration read_seconds(YamlFields& fields, const std::string& name, std::int64_t least = 0) {
  std::int64_t seconds = 0;
  fields.integer(name, seconds, {least, kSeconds.most});
  return std::chrono::seconds{seconds};
}

void read_workload(YamlFields& fields, Draft& draft) {
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
  if (set.requests.contains(ResourceName::pods()))
    fields.refuse("requests", "must not name pods: each member is one");
  fields.labels("nodeSelector", set.node_selector);
  set.quota = QuotaName{quota};
  set.priority = static_cast<std::int32_t>(priority);
  set.members = static_cast<std::int32_t>(members);
  if (!draft.quota_names.contains(set.quota))
    fields.refuse("quota", "no quota has this name");
  draft.workloads.add({set.count});
  draft.pods.add({set.count, members});
  if (draft.workloads.total() > simulator::kWorkloadsMax)
    return fields.refuse("count", "more than 1000000 workloads in all");
  if (draft.pods.total() > simulator::kPodsMax)
    return fields.refuse("members", "more than 1000000 pods in all");
  draft.scenario.workloads.push_back(std::move(set));
}

void read_reservation(YamlFields& fields, Draft& draft) {
  auto reservation = read_reservation(fields, kPool, draft.quota_names);
  if (!draft.reservation_names.insert(reservation.name).second)
    return fields.refuse("name", "appears twice");
  if (std::ssize(draft.reservation_names) > simulator::kReservationsMax)
    return fields.refuse("name", "more than 100 reservations");
  draft.scenario.reservations.push_back(std::move(reservation));
}

/// Whoever writes the section wants evictions; what it leaves out is as in an AllocationPolicy.
void read_preemption(YamlFields& fields, Draft& draft) {
  allocation::PreemptionPolicy& policy = draft.scenario.preemption;
  policy.enabled = true;
  const auto seconds = [&](const std::string& name, Duration& out, YamlRange range) {
    std::int64_t count = std::chrono::duration_cast<std::chrono::seconds>(out).count();
    fields.integer(name, count, range);
    out = std::chrono::seconds{count};
  };
  const auto integer = [&](const std::string& name, std::int32_t& out, YamlRange range) {
    std::int64_t count = out;
    fields.integer(name, count, range);
    out = static_cast<std::int32_t>(count);
  };
  seconds("minRuntimeSeconds", policy.min_runtime, kMinRuntimeSeconds);
  seconds("noticeSeconds", policy.notice, kNoticeSeconds);
  integer("maxEvictionsPerHour", policy.max_evictions_per_hour, kEvictionsPerHour);
  integer("maxEvictionRatioPercent", policy.max_eviction_ratio_percent, kEvictionRatioPercent);
}

} // namespace

Result<Scenario> decode_scenario(const std::string& text) {
  Draft draft;
  BERTH_CHECK(read_yaml(text, [&](YamlFields& fields) {
    fields.require("nodes");
    fields.each("nodes", [&](YamlFields& it) { read_nodes(it, draft); });
    fields.map("pool", [&](YamlFields& it) { read_pool(it, draft); });
    fields.require("quotas");
    fields.each("quotas", [&](YamlFields& it) { read_quota(it, draft); });
    if (fields.has("preemption"))
      fields.map("preemption", [&](YamlFields& it) { read_preemption(it, draft); });
    fields.each("reservations", [&](YamlFields& it) { read_reservation(it, draft); });
    fields.require("workloads");
    fields.each("workloads", [&](YamlFields& it) { read_workload(it, draft); });
  }));
  return std::move(draft.scenario);
}

} // namespace berth::cli
