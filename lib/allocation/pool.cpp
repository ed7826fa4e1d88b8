#include "lib/allocation/pool.hpp"

#include <algorithm>
#include <map>

namespace berth::allocation {

ResourceVector PoolSpec::promisable(const NodeView& node) const {
  ResourceVector amounts = node.allocatable;
  for (const auto& [resource, percent] : oversubscription_percent)
    if (amounts.contains(resource))
      amounts.set(resource, resources::scaled(amounts.get(resource), percent, 100));
  return amounts;
}

bool PoolSpec::is_in_burst(TimePoint now) const {
  return burst && burst->period.contains(now) &&
         (!burst->suspended_until || *burst->suspended_until <= now);
}

ResourceVector PoolSpec::added_by_burst(const NodeView& node, TimePoint now) const {
  ResourceVector added;
  if (!is_in_burst(now))
    return added;
  const ResourceVector lasting = promisable(node);
  for (const ResourceName& resource : burst->resources) {
    const Amount more = resources::scaled(lasting.get(resource), burst->factor_percent - 100, 100);
    if (more > Amount{})
      added.set(resource, more);
  }
  return added;
}

TimePoint PoolSpec::burst_changes_after(TimePoint now) const {
  if (!burst || burst->period.is_empty() || burst->period.end <= now)
    return TimePoint::max();
  const TimePoint start =
      std::max(burst->period.start, burst->suspended_until.value_or(burst->period.start));
  return now < start ? std::min(start, burst->period.end) : burst->period.end;
}

bool keeps_nodes_before(const PoolSpec& left, const PoolSpec& right) {
  return std::tie(left.created, left.name) < std::tie(right.created, right.name);
}

const PoolSpec* pool_of(const NodeView& node, std::span<const PoolSpec* const> pools) {
  const auto at = std::find_if(pools.begin(), pools.end(), [&](const PoolSpec* pool) {
    return pool->node_selector.matches(node.labels);
  });
  return at == pools.end() ? nullptr : *at;
}

std::vector<PoolOverlap> find_overlaps(std::span<const NodeView* const> nodes,
                                       std::span<const PoolSpec* const> pools) {
  std::map<std::pair<PoolName, PoolName>, std::vector<NodeName>> lost;
  for (const NodeView* node : nodes) {
    const PoolSpec* keeper = pool_of(*node, pools);
    for (const PoolSpec* pool : pools)
      if (pool != keeper && pool->node_selector.matches(node->labels))
        lost[{pool->name, keeper->name}].push_back(node->name);
  }
  std::vector<PoolOverlap> overlaps;
  for (auto& [pair, names] : lost) {
    std::sort(names.begin(), names.end());
    const std::size_t total = names.size();
    names.resize(std::min(total, kOverlapNodesMax));
    overlaps.push_back(PoolOverlap{pair.first, pair.second, std::move(names), total});
  }
  return overlaps;
}

} // namespace berth::allocation
