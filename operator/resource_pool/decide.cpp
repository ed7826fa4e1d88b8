#include "operator/resource_pool/decide.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "lib/api/to_allocation.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::op {
namespace {

using allocation::ClusterSnapshot;
using allocation::NodeIndex;
using allocation::PressureLevel;
using resources::Amount;
using resources::ResourceName;

/// Sums over the nodes of one pool, for one resource.
struct Totals {
  Amount allocatable{};
  Amount allocated{};
  Amount promised{};
  Amount largest_free{};
};
using TotalsByResource = std::map<ResourceName, Totals>;

/// Over-use beyond this is shown as this; the schema bounds the field.
constexpr std::int64_t kUtilizationPercentMax = 10000;

void add_node(const ClusterSnapshot& snapshot, NodeIndex index, TotalsByResource& totals) {
  const auto& node = snapshot.nodes->node(index);
  const bool takes_work = node.view.ready && !node.view.unschedulable;
  const auto capacity = snapshot.nodes->capacity(index);
  const auto load = snapshot.loads.row(index);
  std::vector<Amount> held(capacity.size());
  for (const auto& hold : snapshot.holds->on_node(index))
    for (std::size_t column = 0; column < hold.amounts.size(); ++column)
      held[column] += Amount{hold.amounts[column]};
  const auto columns = snapshot.nodes->columns();
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (!node.promisable.contains(columns[column]) && load[column] == 0)
      continue;
    Totals& total = totals[columns[column]];
    total.allocated += Amount{load[column]};
    total.promised += held[column];
    if (!takes_work)
      continue;
    total.allocatable += Amount{capacity[column]};
    const Amount free = Amount{capacity[column]} - Amount{load[column]} - held[column];
    total.largest_free = std::max(total.largest_free, free);
  }
}

/// Off-node resources: the spec says how much there is, the ledger what is taken.
void add_virtual(const ObservedPool& observed, TotalsByResource& totals) {
  const auto* spec = observed.accounts->snapshot->find_pool(PoolName{observed.pool->meta.name});
  if (spec == nullptr)
    return;
  const auto use = observed.accounts->snapshot->pool_use.find(spec->name);
  for (const auto& [name, capacity] : spec->virtual_capacity) {
    Totals& total = totals[name];
    total.allocatable = capacity;
    if (use != observed.accounts->snapshot->pool_use.end())
      total.allocated = use->second.get(name);
    total.largest_free = std::max(capacity - total.allocated, Amount{0});
  }
}

/// Allocated against allocatable of the scarcest resource, rounded down; absent without capacity.
std::optional<std::int32_t> utilization_percent(const TotalsByResource& totals) {
  std::optional<std::int32_t> highest;
  for (const auto& [name, total] : totals) {
    if (total.allocatable <= Amount{0})
      continue;
    const Amount percent = resources::scaled(total.allocated, 100, total.allocatable.value());
    const auto bounded = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(percent.value(), 0, kUtilizationPercentMax));
    highest = std::max(highest.value_or(0), bounded);
  }
  return highest;
}

/// Whatever nodes it has: nothing new is admitted, or nobody may use it.
std::optional<api::Condition> closed_condition(const ObservedPool& observed) {
  api::Condition condition;
  condition.type = "Ready";
  condition.status = api::ConditionStatus::False;
  const api::ResourcePoolSpec& spec = observed.pool->spec;
  if (spec.drain != api::Stop::None) {
    condition.reason = Reason::PoolStopped;
    condition.message = spec.drain == api::Stop::Hold
                            ? "the pool is on hold (spec.drain)"
                            : "the pool is drained: its work is asked to go (spec.drain)";
    return condition;
  }
  for (const api::Tenant& tenant : spec.tenants)
    if (!observed.accounts->snapshot->quotas->find(tenant.quota_ref.name)) {
      condition.reason = Reason::QuotaNotFound;
      condition.message = "tenant " + tenant.quota_ref.name.str() + " does not exist";
      return condition;
    }
  return std::nullopt;
}

api::Condition ready_condition(const ObservedPool& observed, const api::NodeCounts& nodes) {
  api::Condition condition;
  condition.type = "Ready";
  const bool has_virtual = std::any_of(
      observed.pool->spec.resources.begin(), observed.pool->spec.resources.end(),
      [](const auto& resource) { return resource.kind == api::PoolResourceKind::Virtual; });
  const std::string counts =
      std::to_string(nodes.ready) + " of " + std::to_string(nodes.total) + " nodes are ready";
  const bool usable = nodes.ready > 0 || (nodes.total == 0 && has_virtual);
  condition.status = usable ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.message = counts;
  if (auto closed = closed_condition(observed))
    return *std::move(closed);
  if (usable)
    condition.reason = Reason::Ready;
  else
    condition.reason = nodes.total == 0 ? Reason::NoNodes : Reason::NodesNotReady;
  return condition;
}

/// T3. Without the numbers, which every measurement changes: they stand in `used`.
std::string consequence_of(PressureLevel level) {
  const std::string head = "pressure is " + std::string(to_string(level)) + ": ";
  switch (level) {
  case PressureLevel::None: break;
  case PressureLevel::Warning: return head + "admissions slow down and nothing new is borrowed";
  case PressureLevel::Critical: return head + "opportunistic work is shed with notice";
  case PressureLevel::Emergency: return head + "opportunistic work is shed without notice";
  }
  return {};
}

/// "degradation is Critical: LeaveBurst, PauseBackfill".
std::string words_of(const allocation::Degradation& degradation) {
  std::string words;
  for (const allocation::DegradationStep step : degradation.steps)
    words += (words.empty() ? "" : ", ") + std::string(to_string(step));
  return words.empty()
             ? words
             : "degradation is " + std::string(to_string(degradation.level)) + ": " + words;
}

api::Condition degraded_condition(const api::NodeCounts& nodes, const PoolPressure& pressure) {
  api::Condition condition;
  condition.type = "Degraded";
  condition.reason = Reason::Ready;
  const auto add = [&condition](Reason reason, const std::string& why) {
    if (why.empty())
      return;
    condition.reason = condition.reason == Reason::Ready ? reason : condition.reason;
    condition.message += (condition.message.empty() ? "" : "; ") + why;
  };
  add(Reason::PoolUnderPressure, consequence_of(pressure.level));
  add(Reason::PoolUnderPressure, words_of(pressure.degradation));
  if (nodes.ready < nodes.total)
    add(Reason::NodesNotReady,
        std::to_string(nodes.total - nodes.ready) + " nodes are not ready or are cordoned");
  const bool degraded = condition.reason != Reason::Ready;
  condition.status = degraded ? api::ConditionStatus::True : api::ConditionStatus::False;
  if (!degraded)
    condition.message = "every node of the pool takes work";
  return condition;
}

api::Condition disjoint_condition(const ObservedPool& observed) {
  api::Condition condition;
  condition.type = "NodesDisjoint";
  condition.status = api::ConditionStatus::True;
  condition.reason = Reason::NodesDisjoint;
  for (const auto& overlap : observed.accounts->node_overlaps) {
    if (overlap.pool.str() != observed.pool->meta.name)
      continue;
    condition.status = api::ConditionStatus::False;
    condition.reason = Reason::NodesOverlap;
    condition.message += condition.message.empty() ? "" : "; ";
    condition.message += overlap.keeper.str() + " is older and keeps";
    for (const auto& node : overlap.nodes)
      condition.message += " " + node.str();
    if (overlap.nodes_total > overlap.nodes.size())
      condition.message +=
          " and " + std::to_string(overlap.nodes_total - overlap.nodes.size()) + " more";
  }
  if (condition.message.empty())
    condition.message = "no older pool selects the pool's nodes";
  return condition;
}

/// "cpu and memory: 120 % may be charged until 2026-11-21T13:00:00Z".
std::string words_of(const allocation::PoolBurst& burst) {
  std::string words;
  for (const ResourceName& resource : burst.resources)
    words += (words.empty() ? "" : " and ") + std::string(resource.str());
  return words + ": " + std::to_string(burst.factor_percent) + " % may be charged until " +
         format_time(burst.period.end);
}

/// As the snapshot has it, so that it goes with the amounts.
api::Condition burst_condition(const allocation::PoolSpec& spec, TimePoint as_of) {
  api::Condition condition;
  condition.type = kBurstActive;
  const bool is_on = spec.is_in_burst(as_of);
  condition.status = is_on ? api::ConditionStatus::True : api::ConditionStatus::False;
  condition.reason = is_on ? Reason::Bursting : Reason::NotBursting;
  if (is_on)
    condition.message = words_of(*spec.burst);
  else if (spec.burst && spec.burst->period.contains(as_of))
    condition.message = "the burst is suspended while the pool is degraded";
  else if (spec.burst && as_of < spec.burst->period.start)
    condition.message = "a burst begins at " + format_time(spec.burst->period.start);
  else
    condition.message = "no burst is on";
  return condition;
}

api::NodeCounts count_nodes(const ClusterSnapshot& snapshot, const PoolName& pool) {
  api::NodeCounts counts;
  for (const NodeIndex index : snapshot.nodes->in_pool(pool)) {
    const auto& view = snapshot.nodes->node(index).view;
    ++counts.total;
    counts.ready += view.ready && !view.unschedulable ? 1 : 0;
  }
  return counts;
}

} // namespace

PoolPressure pressure_of(const api::ResourcePool& pool, const ClusterSnapshot& snapshot,
                         TimePoint now) {
  const auto measured = api::measured_use(pool);
  if (!measured || !allocation::is_fresh(*measured, now))
    return {};
  const auto& throttle = snapshot.policy_of(PoolName{pool.meta.name}).throttle;
  return {allocation::pressure_level(throttle, *measured), measured->degradation};
}

std::optional<api::ResourcePoolStatus> decide_pool_status(const ObservedPool& observed,
                                                          TimePoint now) {
  const PoolName name{observed.pool->meta.name};
  const auto* spec = observed.accounts->snapshot->find_pool(name);
  if (spec == nullptr || *spec != api::to_allocation(*observed.pool))
    return std::nullopt;
  TotalsByResource totals;
  for (const NodeIndex index : observed.accounts->snapshot->nodes->in_pool(name))
    add_node(*observed.accounts->snapshot, index, totals);
  add_virtual(observed, totals);

  api::ResourcePoolStatus status;
  status.observed_generation = observed.pool->meta.generation;
  for (const auto& [resource, total] : totals) {
    auto& row = status.resources.emplace_back();
    row.name = resource;
    const auto nodes = observed.accounts->node_capacity.find(name);
    const bool on_nodes =
        nodes != observed.accounts->node_capacity.end() && nodes->second.contains(resource);
    row.capacity = on_nodes ? nodes->second.get(resource) : total.allocatable;
    row.allocatable = total.allocatable;
    row.allocated = total.allocated;
    row.promised = total.promised;
    row.largest_free_block = total.largest_free;
  }
  status.utilization_percent = utilization_percent(totals);
  status.nodes = count_nodes(*observed.accounts->snapshot, name);
  const TimePoint as_of = observed.accounts->snapshot->as_of;
  status.burst_active = spec->is_in_burst(as_of);
  if (*status.burst_active)
    status.burst_ends_at = spec->burst->period.end;
  const PoolPressure pressure = pressure_of(*observed.pool, *observed.accounts->snapshot, now);
  status.conditions = api::allocated_part(observed.pool->status).conditions;
  std::vector conditions{ready_condition(observed, *status.nodes),
                         degraded_condition(*status.nodes, pressure), disjoint_condition(observed)};
  if (observed.pool->spec.burst)
    conditions.push_back(burst_condition(*spec, as_of));
  else
    std::erase_if(status.conditions, [](const auto& one) { return one.type == kBurstActive; });
  for (api::Condition& condition : conditions) {
    condition.observed_generation = observed.pool->meta.generation;
    api::set_condition(status.conditions, std::move(condition), now);
  }
  return status;
}

} // namespace berth::op
