#include "lib/api/resource_pool.hpp"

#include "lib/api/degradation_names.hpp"
#include "lib/api/describe.hpp"

namespace berth::allocation {
constexpr std::array<std::string_view, 3> names_of(NodePreference::Order) {
  return {"Listed", "Ascending", "Descending"};
}
/// In the order of the enumerators.
constexpr std::array<std::string_view, 12> names_of(Strategy) {
  return {"FirstFit",      "BestFit",      "FirstFitDecreasing", "WorstFit",
          "LeastLoaded",   "MostCapacity", "Balanced",           "FragmentationAware",
          "PriorityBased", "FairShare",    "CostAware",          "LoadAware"};
}
std::string list_key(const ResourceWeight& weight) {
  return std::string(weight.name.str());
}
std::string list_key(const NodePreference& preference) {
  return preference.label;
}
} // namespace berth::allocation

namespace berth::api {
constexpr std::array<std::string_view, 2> names_of(PoolResourceKind) {
  return {"Node", "Virtual"};
}
constexpr std::array<std::string_view, 3> names_of(Sharing) {
  return {"Shared", "Dedicated", "MultiTenant"};
}
constexpr std::array<std::string_view, 4> names_of(ElasticProvider) {
  return {"None", "ClusterAPI", "Karpenter", "Webhook"};
}
constexpr std::array<std::string_view, 2> names_of(BurstCause) {
  return {"Forced", "Pressure"};
}
constexpr std::array<std::string_view, 3> names_of(NodeGroupKind) {
  return {"MachineDeployment", "MachinePool", "NodePool"};
}

std::string list_key(const PoolResource& resource) {
  return std::string(resource.name.str());
}
std::string list_key(const Tenant& tenant) {
  return tenant.quota_ref.name.str();
}
std::string list_key(const Oversubscription& ratio) {
  return std::string(ratio.resource.str());
}
std::string list_key(const PoolResourceStatus& resource) {
  return std::string(resource.name.str());
}
std::string list_key(const ResourcePressure& pressure) {
  return std::string(pressure.name.str());
}

void describe(auto& fields, Of<PoolResource> auto& resource) {
  fields.required("name", resource.name);
  fields.field("kind", resource.kind);
  fields.amount("capacity", resource.name, resource.capacity);
  fields.field("unit", resource.unit);
  fields.field("shareable", resource.shareable);
}

void describe(auto& fields, Of<Tenant> auto& tenant) {
  fields.required("quotaRef", tenant.quota_ref);
  fields.field("sharePercent", tenant.share_percent, Range{1, 100});
}

void describe(auto& fields, Of<Oversubscription> auto& ratio) {
  fields.required("resource", ratio.resource);
  fields.required("ratioPercent", ratio.ratio_percent, Range{100, 1000});
}

void describe(auto& fields, Of<allocation::ResourceWeight> auto& weight) {
  fields.required("name", weight.name);
  fields.field("weight", weight.weight, Range{0, 100});
}

template <class Fields>
void describe(Fields& fields, Of<allocation::NodePreference> auto& preference) {
  using Order = allocation::NodePreference::Order;
  fields.required("label", preference.label);
  fields.field("order", preference.order);
  fields.field("values", preference.values);
  fields.field("weight", preference.weight, Range{1, 1000});
  if constexpr (Fields::kReads)
    if ((preference.order == Order::Listed) == preference.values.empty())
      fields.refuse("values", "must list values for the order Listed, and only there");
}

void describe(auto& fields, Of<allocation::StrategyParams> auto& params) {
  fields.field("resourceWeights", params.resource_weights);
  fields.field("nodePreferences", params.preferences);
  fields.field("costLabel", params.cost_label);
  fields.field("loadLimitPercent", params.load_limit_percent, Range{1, 100});
}

void describe(auto& fields, Of<ProviderRef> auto& ref) {
  fields.field("kind", ref.kind);
  fields.field("namespace", ref.ns);
  fields.required("name", ref.name);
}

void describe(auto& fields, Of<Elastic> auto& elastic) {
  fields.field("minNodes", elastic.min_nodes, Range{0, 100'000});
  fields.required("maxNodes", elastic.max_nodes, Range{0, 100'000});
  fields.field("provider", elastic.provider);
  fields.field("providerRef", elastic.provider_ref);
  fields.field("cooldownSeconds", elastic.cooldown, Range{0, 86'400});
}

void describe(auto& fields, Of<BurstPeriod> auto& period) {
  fields.required("startsAt", period.starts_at);
  fields.required("endsAt", period.ends_at);
  fields.field("factorPercent", period.factor_percent, Range{100, 300});
  fields.field("resources", period.resources);
  fields.field("cause", period.cause);
}

void describe(auto& fields, Of<PoolBurst> auto& burst) {
  fields.field("factorPercent", burst.factor_percent, Range{100, 300});
  fields.field("enterUtilizationPercent", burst.enter_utilization_percent, Range{1, 100});
  fields.field("maxDurationSeconds", burst.max_duration, Range{60, 86'400});
  fields.field("period", burst.period);
}

void describe(auto& fields, Of<ResourcePoolSpec> auto& spec) {
  fields.field("nodeSelector", spec.node_selector);
  fields.field("resources", spec.resources);
  fields.field("sharing", spec.sharing);
  fields.field("tenants", spec.tenants);
  fields.field("strategy", spec.strategy);
  fields.field("strategyParams", spec.strategy_params);
  fields.field("oversubscription", spec.oversubscription);
  fields.field("elastic", spec.elastic);
  fields.field("burst", spec.burst);
  fields.field("drain", spec.drain);
}

void describe(auto& fields, Of<PoolResourceStatus> auto& resource) {
  fields.required("name", resource.name);
  fields.amount("capacity", resource.name, resource.capacity);
  fields.amount("allocatable", resource.name, resource.allocatable);
  fields.amount("allocated", resource.name, resource.allocated);
  fields.amount("promised", resource.name, resource.promised);
  fields.amount("used", resource.name, resource.used);
  fields.amount("measuredCapacity", resource.name, resource.measured_capacity);
  fields.amount("largestFreeBlock", resource.name, resource.largest_free_block);
}

void describe(auto& fields, Of<NodeCounts> auto& nodes) {
  fields.required("ready", nodes.ready, Range{0, 100'000});
  fields.required("total", nodes.total, Range{0, 100'000});
}

void describe(auto& fields, Of<allocation::UseLimit> auto& limit) {
  fields.required("resource", limit.resource);
  fields.required("percent", limit.percent, Range{1, 100});
}

void describe(auto& fields, Of<ResourcePressure> auto& pressure) {
  fields.required("name", pressure.name);
  fields.required("level", pressure.level);
  fields.required("measuredAt", pressure.measured_at);
}

void describe(auto& fields, Of<PoolDegradation> auto& degradation) {
  fields.required("level", degradation.level);
  fields.field("steps", degradation.steps);
  fields.field("limits", degradation.limits);
  fields.field("resources", degradation.resources);
  fields.required("steppedAt", degradation.stepped_at);
}

template <class Fields>
void describe(Fields& fields, Of<ResourcePoolStatus> auto& status) {
  fields.field("observedGeneration", status.observed_generation, kCount);
  fields.field("resources", status.resources);
  if constexpr (Fields::kReads)
    std::ranges::sort(status.resources, {}, &PoolResourceStatus::name);
  fields.field("utilizationPercent", status.utilization_percent, Range{0, 10'000});
  fields.field("fragmentationPercent", status.fragmentation_percent, Range{0, 100});
  fields.field("nodes", status.nodes);
  fields.field("burstActive", status.burst_active);
  fields.field("burstEndsAt", status.burst_ends_at);
  fields.field("measuredAt", status.measured_at);
  fields.field("oldestMeasuredAt", status.oldest_measured_at);
  fields.field("unmeasuredNodes", status.unmeasured_nodes);
  fields.field("degradation", status.degradation);
  describe_conditions(fields, status.conditions);
}

std::string_view to_string(BurstCause cause) {
  return names_of(cause)[static_cast<std::size_t>(cause)];
}

std::string_view to_string(NodeGroupKind kind) {
  return names_of(kind)[static_cast<std::size_t>(kind)];
}

ResourcePoolStatus measured_part(const ResourcePoolStatus& status) {
  ResourcePoolStatus part;
  for (const auto& resource : status.resources) {
    if (!resource.used)
      continue;
    auto& measured = part.resources.emplace_back();
    measured.name = resource.name;
    measured.used = resource.used;
    measured.measured_capacity = resource.measured_capacity;
  }
  part.measured_at = status.measured_at;
  part.oldest_measured_at = status.oldest_measured_at;
  part.unmeasured_nodes = status.unmeasured_nodes;
  part.degradation = status.degradation;
  if (const Condition* condition = find_condition(status.conditions, kMetricsAvailable))
    part.conditions.push_back(*condition);
  return part;
}

ResourcePoolStatus allocated_part(const ResourcePoolStatus& status) {
  ResourcePoolStatus part = status;
  for (auto& resource : part.resources) {
    resource.used.reset();
    resource.measured_capacity.reset();
  }
  part.measured_at.reset();
  part.oldest_measured_at.reset();
  part.unmeasured_nodes.clear();
  part.degradation.reset();
  // An entry that says nothing else is there for the measurement alone.
  std::erase_if(part.resources, [](const PoolResourceStatus& resource) {
    PoolResourceStatus bare;
    bare.name = resource.name;
    return resource == bare;
  });
  std::erase_if(part.conditions,
                [](const Condition& condition) { return condition.type == kMetricsAvailable; });
  return part;
}

BERTH_API_KIND(ResourcePool);

} // namespace berth::api
