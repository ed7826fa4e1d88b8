#include "analyzer/advise/waiting_work.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

bool is_of_nodes(const api::ResourcePool& pool, const resources::ResourceName& resource) {
  const auto& said = pool.spec.resources;
  const auto found = std::ranges::find(said, resource, &api::PoolResource::name);
  return found == said.end() || found->kind == api::PoolResourceKind::Node;
}

/// How many workloads of the quota wait for nodes of the pool. What they ask for is told under the
/// quota's first pool, for whichever of its pools they then get.
std::int64_t waiting_for(const api::ResourcePool& pool, const api::Quota& quota) {
  const bool may_use = std::ranges::any_of(quota.spec.pools, [&](const api::QuotaPool& one) {
    return one.pool_ref.name.str() == pool.meta.name;
  });
  const std::int64_t waiting = quota.status.workloads ? quota.status.workloads->pending : 0;
  if (!may_use || waiting == 0 || quota.spec.stop != api::Stop::None)
    return 0;
  bool is_told = false; // of a resource without a nominal amount there is no row
  for (const api::QuotaPoolStatus& of : quota.status.pools)
    for (const api::QuotaResourceStatus& row : of.resources) {
      const bool is_pending = row.pending && resources::Amount{} < *row.pending;
      if (is_pending && is_of_nodes(pool, row.name))
        return waiting;
      is_told = is_told || is_pending;
    }
  return is_told ? 0 : waiting;
}

} // namespace

std::map<std::string, WaitingWork> waiting_work(const kube::Store<api::ResourcePool>& pools,
                                                const kube::Store<api::Quota>& quotas,
                                                const kube::Store<WorkloadPod>& pods) {
  std::map<std::string, WaitingWork> found;
  for (const auto& [key, pool] : pools.items())
    for (const auto& [quota_key, quota] : quotas.items())
      if (const std::int64_t waiting = waiting_for(*pool, *quota); waiting > 0) {
        WaitingWork& work = found[key.name];
        work.workloads += waiting;
        if (work.quota.empty() || quota_key.name < work.quota)
          work.quota = quota_key.name;
      }
  for (const auto& [key, pod] : pods.items())
    if (pod->is_unbound && pools.find({"", pod->admission->pool.str()}) != nullptr)
      ++found[pod->admission->pool.str()].pods;
  return found;
}

} // namespace berth::analyzer
