#pragma once
// StateFeed: turns objects of the stores into the values that ClusterState takes: it adds what a
// pod's namespace says, what this program has written and the watch has not shown yet, how long
// pods of its kind ran before, and the time zones that schedules name. For Observer only.

#include <map>
#include <memory>

#include "lib/allocation/cluster_state.hpp"
#include "lib/api/allocation_policy.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/cluster/assumptions.hpp"
#include "lib/cluster/namespace_quota_codec.hpp"
#include "lib/cluster/node.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/cluster/priority_class.hpp"
#include "lib/cluster/run_learner.hpp"
#include "lib/kube/store.hpp"

namespace berth::cluster {

/// Whether the namespace's own label says that Berth manages its pods.
[[nodiscard]] bool opts_in(const allocation::NamespaceView& name_space);

class StateFeed {
public:
  StateFeed(const kube::Store<Namespace>& namespaces, const kube::Store<PriorityClass>& priorities,
            Assumptions& assumptions, api::FindTimeZone find_zone);

  template <class T>
  using Item = typename kube::Store<T>::Item;

  /// Each takes what a store's listener is told and says whether allocation can tell the
  /// difference.
  bool pod(const Item<Pod>& before, const Item<Pod>& after);
  /// All pods are there: run times are learned from then on (B2). In the order in which a list
  /// tells them, what ended last would not come last.
  bool listed(const kube::Store<Pod>& pods);
  /// Pods to be fed again: it is known now how long their kind takes (B2).
  [[nodiscard]] std::vector<PodUid> take_answered() { return runs_.take_answered(); }
  bool node(const Item<Node>& before, const Item<Node>& after);
  /// What nodes use, as far as it was measured; to be told again with everything.
  bool measured(std::map<NodeName, allocation::NodeUse> measured, const kube::Store<Node>& nodes);
  /// A namespace that opts in or out takes its pods along.
  bool name_space(const Item<Namespace>& before, const Item<Namespace>& after,
                  const kube::Store<Pod>& pods);
  bool pool(const Item<api::ResourcePool>& before, const Item<api::ResourcePool>& after);
  bool quota(const Item<api::Quota>& before, const Item<api::Quota>& after);
  /// One whose schedule cannot be read takes no part.
  bool reservation(const Item<api::Reservation>& before, const Item<api::Reservation>& after);
  /// Its units, each as if it were a pod.
  bool request(const Item<api::AllocationRequest>& before,
               const Item<api::AllocationRequest>& after);
  /// The one of that number again: something else is assumed of it.
  bool unit(const api::AllocationRequest& request, std::size_t number);
  bool policy(const Item<api::AllocationPolicy>& before, const Item<api::AllocationPolicy>& after);

  bool namespace_quota(const Item<ResourceQuota>& before, const Item<ResourceQuota>& after);

  struct Stores {
    const kube::Store<Pod>& pods;
    const kube::Store<Node>& nodes;
    const kube::Store<api::ResourcePool>& pools;
    const kube::Store<api::Quota>& quotas;
    const kube::Store<api::Reservation>& reservations;
    const kube::Store<api::AllocationRequest>& requests;
    const kube::Store<api::AllocationPolicy>& policies;
    const kube::Store<ResourceQuota>& namespace_quotas;
  };
  /// A second state, made anew from the stores, to compare the kept one with (L3). Its snapshots
  /// are numbered from `last` on, as the ids of decisions are unique only if numbers never return.
  [[nodiscard]] std::unique_ptr<allocation::ClusterState> rebuilt(const Stores& stores,
                                                                  allocation::Generation last);
  /// Goes on with `state`, from the rebuilt one.
  void replace(std::unique_ptr<allocation::ClusterState> state) { state_ = std::move(state); }

  [[nodiscard]] allocation::ClusterState& state() { return *state_; }

private:
  bool put(const Pod& pod);
  /// Of those pods, as if none had been known before.
  void learn(std::vector<Item<Pod>> pods);
  [[nodiscard]] bool is_managed(const Pod& pod) const;
  [[nodiscard]] std::int32_t priority_of(const api::AllocationRequest& request) const;

  const kube::Store<Namespace>& namespaces_;
  const kube::Store<PriorityClass>& priorities_;
  Assumptions& assumptions_;
  api::FindTimeZone find_zone_;
  std::map<NodeName, allocation::NodeUse> measured_;
  RunLearner runs_;
  bool is_listed_ = false;
  std::unique_ptr<allocation::ClusterState> state_;
};

} // namespace berth::cluster
