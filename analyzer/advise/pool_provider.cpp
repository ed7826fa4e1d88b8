#include "analyzer/advise/pool_provider.hpp"

#include <utility>

namespace berth::analyzer {
namespace {

PoolProvider refused(Reason reason, std::string message) {
  PoolProvider provider;
  provider.reason = reason;
  provider.message = std::move(message);
  return provider;
}

PoolProvider provider_of_webhook(bool is_there) {
  if (!is_there)
    return refused(Reason::ProviderUnavailable, "The analyzer runs without --pool-webhook-url "
                                                "(analyzer.poolProviders.webhook of the chart)");
  PoolProvider provider;
  provider.reason = Reason::Ready;
  return provider;
}

} // namespace

PoolProvider provider_of(Result<MachineGroup> group) {
  if (!group)
    return refused(Reason::ProviderUnavailable, group.error().message);
  if (!group->owned_by.empty())
    return refused(Reason::ScaledByAutoscaler,
                   describe(*group) + " has the annotation " + group->owned_by +
                       ": another autoscaler chooses its size; take the annotation off, or set "
                       "elastic.provider to None");
  if (group->is_deleted)
    return refused(Reason::ProviderUnavailable, describe(*group) + " is being deleted");
  if (group->is_paused)
    return refused(Reason::ProviderUnavailable,
                   describe(*group) + " is paused: its controller adds and removes nothing");
  PoolProvider provider;
  provider.reason = Reason::Ready;
  provider.machines = std::move(*group);
  return provider;
}

PoolProvider provider_of(Result<NodePool> pool) {
  if (!pool)
    return refused(Reason::ProviderUnavailable, pool.error().message);
  const std::string name = "NodePool " + pool->name;
  if (pool->is_deleted)
    return refused(Reason::ProviderUnavailable, name + " is being deleted");
  if (pool->is_static)
    return refused(Reason::ProviderUnavailable,
                   name + " has a fixed number of nodes (spec.replicas), and no limits to change");
  if (pool->limits.empty())
    return refused(Reason::ProviderUnavailable,
                   name + " has no limits on cpu and memory: Karpenter adds nodes without them");
  PoolProvider provider;
  provider.reason = Reason::Ready;
  provider.node_pool = std::move(*pool);
  return provider;
}

async::Task<PoolProvider> PoolProviders::read(api::Elastic elastic) {
  if (elastic.provider == api::ElasticProvider::ClusterAPI && elastic.provider_ref) {
    auto group = co_await machines_.read(*elastic.provider_ref);
    co_return provider_of(std::move(group));
  }
  if (elastic.provider == api::ElasticProvider::Webhook)
    co_return provider_of_webhook(has_webhook_);
  if (elastic.provider == api::ElasticProvider::Karpenter && elastic.provider_ref) {
    auto pool = co_await node_pools_.read(*elastic.provider_ref);
    co_return provider_of(std::move(pool));
  }
  co_return refused(Reason::ProviderUnavailable, "The pool has no provider with a reference");
}

} // namespace berth::analyzer
