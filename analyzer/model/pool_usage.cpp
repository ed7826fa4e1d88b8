#include "analyzer/model/pool_usage.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

using resources::ResourceVector;

bool is_fresh(const std::optional<MeasuredNode::Usage>& usage, TimePoint now,
              Duration stale_after) {
  return usage && usage->at >= now - stale_after && usage->at <= now + stale_after;
}

/// What is measured is not taken from what somebody says.
void add_pushed(PoolUsage& usage, const MeasuredNode& node) {
  for (const auto& [resource, amount] : node.pushed->used)
    if (!node.usage->used.contains(resource)) {
      usage.used.set(resource, usage.used.get(resource) + amount);
      usage.measured_capacity.set(resource, usage.measured_capacity.get(resource) +
                                                node.allocatable.get(resource));
    }
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

PoolUsage add_up(std::span<const MeasuredNode> nodes, TimePoint now, Duration stale_after) {
  PoolUsage usage;
  ResourceVector allocatable_ready;
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
    allocatable_ready += node.allocatable;
    if (!is_fresh(node.usage, now, stale_after)) {
      if (!node.name.empty())
        usage.unmeasured.push_back(node.name);
      continue;
    }
    ++usage.nodes_fresh;
    for (const auto& [resource, amount] : node.usage->used)
      usage.measured_capacity.set(resource, usage.measured_capacity.get(resource) +
                                                node.allocatable.get(resource));
    usage.used += node.usage->used;
    if (is_fresh(node.pushed, now, stale_after))
      add_pushed(usage, node);
    usage.newest_fresh = std::max(usage.newest_fresh.value_or(node.usage->at), node.usage->at);
    usage.oldest_fresh = std::min(usage.oldest_fresh.value_or(node.usage->at), node.usage->at);
  }
  usage.estimated = extrapolate(usage.used, allocatable_ready, usage.measured_capacity);
  return usage;
}

} // namespace berth::analyzer
