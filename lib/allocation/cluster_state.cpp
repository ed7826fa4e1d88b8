#include "lib/allocation/cluster_state.hpp"

#include "lib/allocation/cluster_state_impl.hpp"

namespace berth::allocation {

ClusterState::ClusterState(Generation last) : impl_(std::make_unique<Impl>(last)) {}
ClusterState::~ClusterState() = default;
ClusterState::ClusterState(ClusterState&&) noexcept = default;
ClusterState& ClusterState::operator=(ClusterState&&) noexcept = default;

bool ClusterState::upsert_pod(PodView pod) {
  return impl_->upsert_pod(std::move(pod));
}
bool ClusterState::remove_pod(const PodUid& uid) {
  return impl_->remove_pod(uid);
}
bool ClusterState::upsert_node(NodeView node) {
  return impl_->upsert_node(std::move(node));
}
bool ClusterState::remove_node(const NodeName& name) {
  return impl_->remove_node(name);
}
bool ClusterState::upsert_pool(PoolSpec pool) {
  return impl_->upsert_pool(std::move(pool));
}
bool ClusterState::remove_pool(const PoolName& name) {
  return impl_->remove_pool(name);
}
bool ClusterState::upsert_quota(QuotaSpec quota) {
  return impl_->upsert_quota(std::move(quota));
}
bool ClusterState::remove_quota(const QuotaName& name) {
  return impl_->remove_quota(name);
}
bool ClusterState::upsert_namespace(NamespaceView name_space) {
  return impl_->upsert_namespace(std::move(name_space));
}
bool ClusterState::remove_namespace(const std::string& name) {
  return impl_->remove_namespace(name);
}
bool ClusterState::upsert_reservation(ReservationSpec reservation) {
  return impl_->upsert_reservation(std::move(reservation));
}
bool ClusterState::remove_reservation(const ReservationName& name) {
  return impl_->remove_reservation(name);
}
bool ClusterState::upsert_policy(PolicySpec policy) {
  return impl_->upsert_policy(std::move(policy));
}
bool ClusterState::remove_policy(const std::string& name) {
  return impl_->remove_policy(name);
}
bool ClusterState::upsert_namespace_quota(NamespaceQuota quota) {
  return impl_->upsert_namespace_quota(std::move(quota));
}
bool ClusterState::remove_namespace_quota(const std::string& name_space, const std::string& name) {
  return impl_->remove_namespace_quota(name_space, name);
}
std::shared_ptr<const ClusterSnapshot> ClusterState::publish(TimePoint now) {
  return impl_->publish(now);
}

bool ClusterState::Impl::upsert_pod(PodView pod) {
  const auto* known = pods_.find(pod.uid);
  if (known != nullptr) // its rules are looked at when the workload is settled
    pod.shape = same_but_for_rules(*pod.shape, *(*known)->shape)
                    ? (*known)->shape
                    : with_rules(pod.shape, (*known)->shape->constraints.rules);
  if (known != nullptr) // so is this
    pod.plans_by_learned = (*known)->plans_by_learned;
  pod.shape = shapes_.take(pod.shape);
  if (known != nullptr) {
    const bool is_same = **known == pod;
    shapes_.give_back((*known)->shape);
    if (is_same)
      return false;
    leave_gang(**known);
    if ((*known)->managed)
      census_.remove((*known)->shape);
  }
  if (pod.managed)
    census_.add(pod.shape);
  touch(pod);
  remember(std::make_shared<const PodView>(std::move(pod)));
  return true;
}

void ClusterState::Impl::remember(std::shared_ptr<const PodView> pod) {
  const PodUid& uid = pod->uid;
  if (pod->nomination && !pod->terminal)
    nominated_.set(uid, pod);
  else
    nominated_.erase(uid);
  // What is lent stays a guest until it is gone: nobody may slip in beside it meanwhile (P3, R4).
  if (pod->revocable_after && !pod->terminal && (!pod->terminating || is_lent(*pod)))
    noticed_.set(uid, pod);
  else
    noticed_.erase(uid);
  pods_.set(uid, pod);
}

bool ClusterState::Impl::remove_pod(const PodUid& uid) {
  const auto* known = pods_.find(uid);
  if (known == nullptr)
    return false;
  const auto pod = *known;
  leave_gang(*pod);
  put_on_node(uid, {});
  ledger_.release(uid);
  homeless_.erase(uid);
  nominated_.erase(uid);
  noticed_.erase(uid);
  pods_.erase(uid);
  if (pod->managed)
    census_.remove(pod->shape);
  shapes_.give_back(pod->shape);
  return true;
}

void ClusterState::Impl::touch(const PodView& pod) {
  const WorkloadId id = workload_id(pod);
  if (pod.gang)
    gangs_[id].insert(pod.uid);
  touched_workloads_.insert(id);
  changed_ = true;
}

/// The pod goes, or may belong to another workload from now on.
void ClusterState::Impl::leave_gang(const PodView& pod) {
  touch(pod);
  if (!pod.gang)
    return;
  const auto gang = gangs_.find(workload_id(pod));
  gang->second.erase(pod.uid);
  if (gang->second.empty())
    gangs_.erase(gang);
}

bool ClusterState::Impl::upsert_node(NodeView node) {
  const NodeName name = node.name;
  if (!replace_shared(nodes_, name, std::move(node)))
    return false;
  touched_nodes_.insert(name);
  return changed_ = true;
}

bool ClusterState::Impl::remove_node(const NodeName& name) {
  if (nodes_.erase(name) == 0)
    return false;
  touched_nodes_.insert(name);
  return changed_ = true;
}

bool ClusterState::Impl::upsert_pool(PoolSpec pool) {
  const PoolName name = pool.name;
  if (!replace_shared(pools_, name, std::move(pool)))
    return false;
  return changed_ = pools_changed_ = true;
}

bool ClusterState::Impl::remove_pool(const PoolName& name) {
  if (pools_.erase(name) == 0)
    return false;
  return changed_ = pools_changed_ = true;
}

bool ClusterState::Impl::upsert_quota(QuotaSpec quota) {
  const QuotaName name = quota.name;
  const auto known = quotas_.find(name);
  const bool same_subjects = known != quotas_.end() && known->second->subjects == quota.subjects;
  if (!replace_shared(quotas_, name, std::move(quota)))
    return false;
  subjects_changed_ = subjects_changed_ || !same_subjects;
  return changed_ = quotas_changed_ = true;
}

bool ClusterState::Impl::remove_quota(const QuotaName& name) {
  if (quotas_.erase(name) == 0)
    return false;
  return changed_ = quotas_changed_ = subjects_changed_ = true;
}

bool ClusterState::Impl::upsert_namespace(NamespaceView name_space) {
  const auto known = namespaces_.find(name_space.name);
  if (known != namespaces_.end() && known->second == name_space)
    return false;
  const std::string name = name_space.name;
  namespaces_[name] = std::move(name_space);
  return changed_ = namespaces_changed_ = true;
}

bool ClusterState::Impl::remove_namespace(const std::string& name) {
  if (namespaces_.erase(name) == 0)
    return false;
  return changed_ = namespaces_changed_ = true;
}

bool ClusterState::Impl::upsert_reservation(ReservationSpec reservation) {
  const ReservationName name = reservation.name;
  if (!replace_shared(reservations_, name, std::move(reservation)))
    return false;
  return changed_ = reservations_changed_ = true;
}

bool ClusterState::Impl::remove_reservation(const ReservationName& name) {
  if (reservations_.erase(name) == 0)
    return false;
  return changed_ = reservations_changed_ = true;
}

bool ClusterState::Impl::upsert_policy(PolicySpec policy) {
  const std::string name = policy.name;
  if (!replace_shared(policies_, name, std::move(policy)))
    return false;
  return changed_ = rules_changed_ = true;
}

bool ClusterState::Impl::remove_policy(const std::string& name) {
  if (policies_.erase(name) == 0)
    return false;
  return changed_ = rules_changed_ = true;
}

bool ClusterState::Impl::upsert_namespace_quota(NamespaceQuota quota) {
  auto& known = namespace_quotas_[{quota.namespace_name, quota.name}];
  if (known == quota)
    return false;
  known = std::move(quota);
  return changed_ = namespace_quotas_changed_ = true;
}

bool ClusterState::Impl::remove_namespace_quota(const std::string& name_space,
                                                const std::string& name) {
  if (namespace_quotas_.erase({name_space, name}) == 0)
    return false;
  return changed_ = namespace_quotas_changed_ = true;
}

} // namespace berth::allocation
