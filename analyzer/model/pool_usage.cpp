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
      usage.oldest_fresh = std::min(usage.oldest_fresh.value_or(node.pushed->at), node.pushed->at);
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

std::int32_t PoolUsage::coverage_percent(const resources::ResourceName& resource) const {
  const std::int64_t whole = ready_capacity.get(resource).value();
  return whole > 0 ? static_cast<std::int32_t>(
                         resources::scaled(measured_capacity.get(resource), 100, whole).value())
                   : 0;
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
      usage.measured_capacity.set(resource, usage.measured_capacity.get(resource) +
                                                node.allocatable.get(resource));
    usage.used += node.usage->used;
    if (is_fresh(node.pushed, now, stale_after))
      add_pushed(usage, node);
    usage.newest_fresh = std::max(usage.newest_fresh.value_or(node.usage->at), node.usage->at);
    usage.oldest_fresh = std::min(usage.oldest_fresh.value_or(node.usage->at), node.usage->at);
  }
  usage.estimated = extrapolate(usage.used, usage.ready_capacity, usage.measured_capacity);
  return usage;
}

} // namespace berth::analyzer
