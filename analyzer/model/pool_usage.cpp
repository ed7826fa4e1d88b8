#include "analyzer/model/pool_usage.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

using resources::ResourceVector;

bool is_fresh(const std::optional<MeasuredNode::Usage>& usage, TimePoint now,
              Duration stale_after) {
  return usage && usage->at >= now - stale_after && usage->at <= now + stale_after;
}

void add(PoolUsage& usage, const MeasuredNode& node, const resources::ResourceName& resource,
         resources::Amount used, TimePoint at) {
  usage.used.set(resource, usage.used.get(resource) + used);
  usage.measured_capacity.set(resource, usage.measured_capacity.get(resource) +
                                            node.allocatable.get(resource));
  ResourceSamples& samples = usage.samples[resource];
  ++samples.nodes;
  samples.oldest = std::min(samples.oldest, at);
}

/// What is measured is not taken from what somebody says.
void add_pushed(PoolUsage& usage, const MeasuredNode& node) {
  for (const auto& [resource, amount] : node.pushed->used)
    if (!node.usage->used.contains(resource))
      add(usage, node, resource, amount, node.pushed->at);
}

/// `used` x `whole` / `measured`, for each resource.
ResourceVector extrapolate(const ResourceVector& used, const ResourceVector& whole,
                           const ResourceVector& measured) {
  ResourceVector estimated;
  for (const auto& [name, amount] : used) {
    const std::int64_t base = measured.get(name).value();
    estimated.set(name,
                  base > 0 ? resources::scaled(amount, whole.get(name).value(), base) : amount);
  }
  return estimated;
}

} // namespace

std::int32_t PoolUsage::coverage_percent() const {
  return nodes_ready > 0 ? 100 * nodes_fresh / nodes_ready : 0;
}

std::int32_t PoolUsage::coverage_percent(const resources::ResourceName& resource) const {
  const auto found = samples.find(resource);
  return found != samples.end() ? 100 * found->second.nodes / nodes_ready : 0;
}

PoolUsage add_up(std::span<const MeasuredNode> nodes, TimePoint now, Duration stale_after) {
  PoolUsage usage;
  for (const auto& node : nodes) {
    if (node.usage)
      usage.newest = std::max(usage.newest.value_or(node.usage->at), node.usage->at);
    if (node.takes_work) {
      ++usage.nodes;
      usage.capacity += node.allocatable;
    }
    if (!node.ready)
      continue;
    ++usage.nodes_ready;
    usage.ready_capacity += node.allocatable;
    if (!is_fresh(node.usage, now, stale_after)) {
      if (!node.name.empty())
        usage.unmeasured.push_back(node.name);
      continue;
    }
    ++usage.nodes_fresh;
    for (const auto& [resource, amount] : node.usage->used)
      add(usage, node, resource, amount, node.usage->at);
    if (is_fresh(node.pushed, now, stale_after))
      add_pushed(usage, node);
    usage.newest_fresh = std::max(usage.newest_fresh.value_or(node.usage->at), node.usage->at);
  }
  usage.estimated = extrapolate(usage.used, usage.ready_capacity, usage.measured_capacity);
  return usage;
}

} // namespace berth::analyzer
