#include "operator/status/accounts.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace berth::op {
namespace {

using allocation::ClusterSnapshot;

void sum_charges(const ClusterSnapshot& snapshot, Accounts& accounts) {
  std::set<WorkloadId> counted;
  snapshot.charges.for_each([&](const PodUid& uid, const auto& charge) {
    const auto* pod = snapshot.pods.find(uid);
    if (pod == nullptr)
      return;
    if (!charge->quota.empty() && counted.insert(allocation::workload_id(**pod)).second)
      ++accounts.admitted[charge->quota];
    if (!charge->reservation.empty())
      accounts.holders[charge->reservation].push_back(*pod);
  });
  for (auto& [reservation, pods] : accounts.holders)
    std::sort(pods.begin(), pods.end(), [](const auto& left, const auto& right) {
      return std::tie(left->created, left->uid) < std::tie(right->created, right->uid);
    });
}

void sum_subtrees(const ClusterSnapshot& snapshot, Accounts& accounts) {
  const auto& forest = *snapshot.quotas;
  snapshot.quota_use.for_each([&](const QuotaName& name, const auto& use) {
    auto at = forest.find(name);
    // A cycle (Q3) ends after as many steps as there are quotas.
    for (std::size_t steps = 0; at && steps < forest.size(); ++steps) {
      for (const auto& [pool, sum] : use->by_pool)
        accounts.subtree_use[forest.spec(*at).name][pool].add(sum.total());
      at = forest.parent(*at);
    }
  });
}

void find_node_overlaps(const ClusterSnapshot& snapshot, Accounts& accounts) {
  std::vector<const allocation::NodeView*> nodes;
  for (allocation::NodeIndex index = 0; index < snapshot.nodes->size(); ++index)
    nodes.push_back(&snapshot.nodes->node(index).view);
  std::vector<const allocation::PoolSpec*> pools;
  for (const auto& pool : snapshot.pools)
    pools.push_back(pool.get());
  std::sort(pools.begin(), pools.end(), [](const auto* left, const auto* right) {
    return allocation::keeps_nodes_before(*left, *right);
  });
  accounts.node_overlaps = allocation::find_overlaps(nodes, pools);
}

void sum_capacity(const ClusterSnapshot& snapshot, const kube::Store<cluster::Node>& nodes,
                  Accounts& accounts) {
  for (allocation::NodeIndex index = 0; index < snapshot.nodes->size(); ++index) {
    const auto& pooled = snapshot.nodes->node(index);
    const auto node = nodes.find({"", pooled.view.name.str()});
    if (node && !pooled.pool.empty())
      accounts.node_capacity[pooled.pool] += node->capacity;
  }
}

} // namespace

Accounts sum_up(std::shared_ptr<const ClusterSnapshot> snapshot,
                const kube::Store<cluster::Node>& nodes) {
  Accounts accounts;
  accounts.balance = allocation::balance_of(*snapshot);
  std::vector<allocation::NamespaceView> namespaces;
  for (const auto& [name, view] : *snapshot->namespaces)
    namespaces.push_back(view);
  accounts.subject_overlaps =
      allocation::QuotaDirectory{snapshot->quotas->quotas()}.overlaps(namespaces);
  sum_charges(*snapshot, accounts);
  sum_subtrees(*snapshot, accounts);
  find_node_overlaps(*snapshot, accounts);
  sum_capacity(*snapshot, nodes, accounts);
  accounts.snapshot = std::move(snapshot);
  return accounts;
}

} // namespace berth::op
