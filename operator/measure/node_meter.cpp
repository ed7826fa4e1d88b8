#include "operator/measure/node_meter.hpp"

#include <algorithm>
#include <utility>

#include "lib/allocation/pressure.hpp"

namespace berth::op {
namespace {

using allocation::PoolSpec;
using allocation::Strategy;
using resources::Amount;
using resources::ResourceVector;

bool is_load_aware(const PoolSpec* pool) {
  return pool != nullptr && pool->strategy == Strategy::LoadAware;
}

/// Of what placement looks at; to the next step of what the node has.
ResourceVector rounded(const ResourceVector& used, const ResourceVector& allocatable) {
  ResourceVector result;
  for (const auto& resource : allocation::pressed_resources()) {
    const std::int64_t step = std::max<std::int64_t>(
        allocatable.get(resource).value() / 100 * NodeMeter::kStepPercent, 1);
    if (used.contains(resource))
      result.set(resource, Amount{(used.get(resource).value() + step - 1) / step * step});
  }
  return result;
}

ResourceVector charged_on(const allocation::ClusterSnapshot& snapshot, allocation::NodeIndex node) {
  ResourceVector charged;
  for (const auto& resource : allocation::pressed_resources())
    if (const auto column = snapshot.nodes->column(resource))
      charged.set(resource, Amount{snapshot.loads.row(node)[*column]});
  return charged;
}

} // namespace

async::Task<void> NodeMeter::run(std::stop_token stop) {
  for (bool due = true; due;) {
    if (is_anybody_interested())
      co_await read();
    forget_old_samples();
    tell();
    due = co_await async::sleep_for(parts_.executor, kReadInterval, stop);
  }
}

bool NodeMeter::is_anybody_interested() const {
  const auto& pools = parts_.observer.snapshot()->pools;
  return std::ranges::any_of(pools, [](const auto& pool) { return is_load_aware(pool.get()); });
}

async::Task<void> NodeMeter::read() {
  const auto list = co_await cluster::read_node_metrics(parts_.client);
  if (!list) {
    if (!std::exchange(has_told_of_failure_, true))
      parts_.log.warn("Cannot read what nodes use; LoadAware counts what is charged", list.error(),
                      {});
    co_return;
  }
  has_told_of_failure_ = false;
  const auto snapshot = parts_.observer.snapshot();
  for (const cluster::UsageSample& sample : list->samples) {
    const auto index = snapshot->nodes->find(sample.key.name);
    if (!index)
      continue;
    const auto& node = snapshot->nodes->node(*index);
    if (!is_load_aware(snapshot->find_pool(node.pool)))
      continue;
    const ResourceVector charged = charged_on(*snapshot, *index);
    const auto before = samples_.find(node.view.name);
    samples_.insert_or_assign(node.view.name,
                              Sample{sample.at,
                                     {rounded(sample.used, node.view.allocatable),
                                      before == samples_.end() ? charged : before->second.charged},
                                     charged});
  }
}

/// Those too old, and those of nodes that no such pool has any more.
void NodeMeter::forget_old_samples() {
  const TimePoint oldest = parts_.executor.clock().now() - kSampleAgeMax;
  const auto snapshot = parts_.observer.snapshot();
  std::erase_if(samples_, [&](const auto& entry) {
    const auto node = snapshot->nodes->find(entry.first.str());
    return entry.second.at < oldest || !node ||
           !is_load_aware(snapshot->find_pool(snapshot->nodes->node(*node).pool));
  });
}

void NodeMeter::tell() const {
  std::map<NodeName, allocation::NodeUse> measured;
  for (const auto& [name, sample] : samples_)
    measured.emplace(name, sample.use);
  parts_.observer.measured(std::move(measured));
}

} // namespace berth::op
