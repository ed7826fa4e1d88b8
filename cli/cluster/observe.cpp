#include "cli/cluster/observe.hpp"

#include <set>
#include <utility>

#include "cli/cluster/request_priority.hpp"
#include "cli/listing.hpp"
#include "lib/allocation/admission_rates.hpp"
#include "lib/allocation/cluster_state.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/cluster/namespace_quota_codec.hpp"
#include "lib/cluster/node_codec.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "lib/cluster/request_units.hpp"
#include "lib/cluster/state_feed.hpp"
#include "lib/cluster/time_zones.hpp"

namespace berth::cli {
namespace {

/// Everything as it was listed.
struct Lists {
  std::vector<std::shared_ptr<const cluster::Namespace>> namespaces;
  std::vector<std::shared_ptr<const cluster::Node>> nodes;
  std::vector<std::shared_ptr<const cluster::Pod>> pods;
  std::vector<std::shared_ptr<const cluster::ResourceQuota>> namespace_quotas;
  std::vector<std::shared_ptr<const api::ResourcePool>> pools;
  std::vector<std::shared_ptr<const api::Quota>> quotas;
  std::vector<std::shared_ptr<const api::Reservation>> reservations;
  std::vector<std::shared_ptr<const api::AllocationRequest>> requests;
  std::vector<std::shared_ptr<const cluster::PriorityClass>> priorities;
  std::vector<std::shared_ptr<const api::AllocationPolicy>> policies;
  std::vector<std::string> unreadable;
};

async::Task<Result<void>> list_kubernetes(kube::Client& client, Lists& lists) {
  auto& unreadable = lists.unreadable;
  BERTH_CO_CHECK(co_await list_into<cluster::Namespace>(client, kube::types::namespace_(),
                                                        cluster::make_namespace_codec(),
                                                        lists.namespaces, unreadable));
  BERTH_CO_CHECK(co_await list_into<cluster::Node>(
      client, kube::types::node(), cluster::make_node_codec(), lists.nodes, unreadable));
  BERTH_CO_CHECK(co_await list_into<cluster::PriorityClass>(client, kube::types::priority_class(),
                                                            cluster::make_priority_class_codec(),
                                                            lists.priorities, unreadable));
  BERTH_CO_CHECK(co_await list_into<cluster::ResourceQuota>(client, kube::types::resource_quota(),
                                                            cluster::make_resource_quota_codec(),
                                                            lists.namespace_quotas, unreadable));
  co_return co_await list_into<cluster::Pod>(client, kube::types::pod(), cluster::make_pod_codec(),
                                             lists.pods, unreadable);
}

async::Task<Result<void>> list_ours(kube::Client& client, Lists& lists) {
  auto& unreadable = lists.unreadable;
  BERTH_CO_CHECK(co_await list_into(client, kube::types::resource_pool(), lists.pools, unreadable));
  BERTH_CO_CHECK(co_await list_into(client, kube::types::quota(), lists.quotas, unreadable));
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::reservation(), lists.reservations, unreadable));
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::allocation_request(), lists.requests, unreadable));
  co_return co_await list_into(client, kube::types::allocation_policy(), lists.policies,
                               unreadable);
}

void feed(const Lists& lists, allocation::ClusterState& state) {
  cluster::TimeZones zones;
  std::set<std::string> managed;
  for (const auto& name_space : lists.namespaces) {
    if (cluster::opts_in(name_space->view))
      managed.insert(name_space->view.name);
    state.upsert_namespace(name_space->view);
  }
  for (const auto& pool : lists.pools)
    state.upsert_pool(api::to_allocation(*pool));
  for (const auto& policy : lists.policies)
    state.upsert_policy(api::to_allocation(*policy));
  for (const auto& quota : lists.quotas)
    state.upsert_quota(api::to_allocation(*quota));
  for (const auto& reservation : lists.reservations)
    if (auto spec = api::to_allocation(*reservation,
                                       [&](std::string_view name) { return zones.find(name); }))
      state.upsert_reservation(std::move(*spec));
  for (const auto& quota : lists.namespace_quotas)
    state.upsert_namespace_quota(quota->view);
  for (const auto& node : lists.nodes)
    state.upsert_node(node->view);
  for (const auto& request : lists.requests)
    for (auto& unit : cluster::units_of(*request, priority_of(*request, lists.priorities)))
      state.upsert_pod(std::move(unit));
  for (const auto& pod : lists.pods) {
    allocation::PodView view = pod->view;
    view.managed = view.managed || managed.contains(view.namespace_name);
    state.upsert_pod(std::move(view));
  }
}

} // namespace

async::Task<Result<ObservedCluster>> observe_cluster(kube::Client& client, TimePoint now) {
  Lists lists;
  BERTH_CO_CHECK(co_await list_ours(client, lists));
  BERTH_CO_CHECK(co_await list_kubernetes(client, lists));
  allocation::ClusterState state;
  feed(lists, state);
  ObservedCluster observed;
  observed.snapshot = state.publish(now);
  auto memory = std::make_shared<allocation::AllocationMemory>();
  for (const auto& quota : lists.quotas)
    memory->quotas.emplace(QuotaName{quota->meta.name}, api::remembered(*quota));
  allocation::recall_admissions(*observed.snapshot, now, *memory);
  observed.memory = std::move(memory);
  for (const auto& request : lists.requests)
    if (auto until = cluster::held_back(*request, now))
      observed.held_back.emplace(cluster::workload_of(*request), *std::move(until));
  for (const auto& pool : lists.pools)
    if (auto measured = api::measured_use(*pool))
      observed.measured.emplace(PoolName{pool->meta.name}, *std::move(measured));
  observed.unreadable = std::move(lists.unreadable);
  co_return observed;
}

} // namespace berth::cli
