#include "analyzer/model/pool_usage.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

using resources::ResourceVector;

bool is_fresh(const MeasuredNode& node, TimePoint now, Duration stale_after) {
  return node.usage && node.usage->at >= now - stale_after && node.usage->at <= now + stale_after;
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
    if (!is_fresh(node, now, stale_after)) {
      if (!node.name.empty())
        usage.unmeasured.push_back(node.name);
      continue;
    }
    ++usage.nodes_fresh;
    usage.measured_capacity += node.allocatable;
    usage.used += node.usage->used;
    usage.newest_fresh = std::max(usage.newest_fresh.value_or(node.usage->at), node.usage->at);
    usage.oldest_fresh = std::min(usage.oldest_fresh.value_or(node.usage->at), node.usage->at);
  }
  usage.estimated = extrapolate(usage.used, allocatable_ready, usage.measured_capacity);
  return usage;
}

} // namespace berth::analyzer
