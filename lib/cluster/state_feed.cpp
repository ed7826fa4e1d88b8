#include "lib/cluster/state_feed.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/cluster/request_units.hpp"
#include "lib/cluster/run_family.hpp"

namespace berth::cluster {

bool opts_in(const allocation::NamespaceView& name_space) {
  const std::string* label = name_space.labels.find(api::label::kManaged);
  return label != nullptr && *label == "true";
}

StateFeed::StateFeed(const kube::Store<Namespace>& namespaces,
                     const kube::Store<PriorityClass>& priorities, Assumptions& assumptions,
                     api::FindTimeZone find_zone)
    : namespaces_(namespaces), priorities_(priorities), assumptions_(assumptions),
      find_zone_(std::move(find_zone)), state_(std::make_unique<allocation::ClusterState>()) {}

bool StateFeed::is_managed(const Pod& pod) const {
  if (pod.view.managed)
    return true;
  const auto found = namespaces_.find({"", pod.view.namespace_name});
  return found && opts_in(found->view);
}

bool StateFeed::pod(const Item<Pod>& before, const Item<Pod>& after) {
  if (!after) {
    assumptions_.forget(before->view.uid);
    runs_.forget(*before);
    return state_->remove_pod(before->view.uid);
  }
  if (is_listed_ && is_managed(*after))
    runs_.note(before, after);
  return put(*after);
}

bool StateFeed::put(const Pod& pod) {
  allocation::PodView view = assumptions_.apply(pod.view);
  view.managed = is_managed(pod);
  view.learned_duration = runs_.planned_with(view.uid);
  return state_->upsert_pod(std::move(view));
}

bool StateFeed::listed(const kube::Store<Pod>& pods) {
  is_listed_ = true;
  std::vector<Item<Pod>> all;
  for (const auto& [key, item] : pods.items())
    all.push_back(item);
  learn(all);
  bool changed = false;
  for (const auto& item : all)
    if (runs_.planned_with(item->view.uid))
      changed = put(*item) || changed;
  return changed;
}

void StateFeed::learn(std::vector<Item<Pod>> pods) {
  std::erase_if(pods, [&](const Item<Pod>& pod) { return !is_managed(*pod); });
  runs_.note_all(std::move(pods));
}

bool StateFeed::node(const Item<Node>& before, const Item<Node>& after) {
  if (!after)
    return state_->remove_node(before->view.name);
  const auto measured = measured_.find(after->view.name);
  if (measured == measured_.end())
    return state_->upsert_node(after->view);
  allocation::NodeView view = after->view;
  view.measured = measured->second;
  return state_->upsert_node(std::move(view));
}

bool StateFeed::measured(std::map<NodeName, allocation::NodeUse> measured,
                         const kube::Store<Node>& nodes) {
  const auto before = std::exchange(measured_, std::move(measured));
  bool changed = false;
  for (const auto& [key, item] : nodes.items()) {
    const auto was = before.find(item->view.name);
    const auto is = measured_.find(item->view.name);
    const bool is_same = was == before.end() ? is == measured_.end()
                                             : is != measured_.end() && was->second == is->second;
    changed = (!is_same && node(item, item)) || changed;
  }
  return changed;
}

bool StateFeed::name_space(const Item<Namespace>& before, const Item<Namespace>& after,
                           const kube::Store<Pod>& pods) {
  const std::string& name = (after ? after : before)->view.name;
  bool changed = after ? state_->upsert_namespace(after->view) : state_->remove_namespace(name);
  if ((before && opts_in(before->view)) == (after && opts_in(after->view)))
    return changed;
  std::vector<Item<Pod>> there;
  const auto& items = pods.items();
  for (auto at = items.lower_bound({name, ""}); at != items.end() && at->first.ns == name; ++at)
    there.push_back(at->second);
  for (const auto& item : there)
    runs_.forget(*item);
  if (is_listed_)
    learn(there);
  for (const auto& item : there)
    changed = put(*item) || changed;
  return changed;
}

bool StateFeed::pool(const Item<api::ResourcePool>& before, const Item<api::ResourcePool>& after) {
  return after ? state_->upsert_pool(api::to_allocation(*after))
               : state_->remove_pool(PoolName{before->meta.name});
}

bool StateFeed::quota(const Item<api::Quota>& before, const Item<api::Quota>& after) {
  return after ? state_->upsert_quota(api::to_allocation(*after))
               : state_->remove_quota(QuotaName{before->meta.name});
}

bool StateFeed::reservation(const Item<api::Reservation>& before,
                            const Item<api::Reservation>& after) {
  const ReservationName name{(after ? after : before)->meta.name};
  if (!after)
    return state_->remove_reservation(name);
  auto spec = api::to_allocation(*after, find_zone_);
  return spec ? state_->upsert_reservation(std::move(*spec)) : state_->remove_reservation(name);
}

bool StateFeed::request(const Item<api::AllocationRequest>& before,
                        const Item<api::AllocationRequest>& after) {
  bool changed = false;
  std::vector<allocation::PodView> units;
  if (after)
    units = units_of(*after, priority_of(*after));
  // There may be fewer units than before: some were not given, or it has ended, or the name came
  // back with another request.
  const bool is_same = before && after && before->meta.uid == after->meta.uid;
  if (before)
    for (std::size_t number = is_same ? units.size() : 0; std::cmp_less(number, before->spec.count);
         ++number) {
      const PodUid uid = allocation::unit_uid(before->meta.uid, number);
      assumptions_.forget(uid);
      changed = state_->remove_pod(uid) || changed;
    }
  for (auto& unit : units)
    changed = state_->upsert_pod(assumptions_.apply(std::move(unit))) || changed;
  return changed;
}

bool StateFeed::unit(const api::AllocationRequest& request, std::size_t number) {
  auto unit = unit_of(request, priority_of(request), number);
  return unit && state_->upsert_pod(assumptions_.apply(*std::move(unit)));
}

/// Zero for a class that does not exist, as for work without one where none is the default.
std::int32_t StateFeed::priority_of(const api::AllocationRequest& request) const {
  if (!request.spec.priority_class_name.empty()) {
    const auto named = priorities_.find({"", request.spec.priority_class_name});
    return named ? named->value : 0;
  }
  for (const auto& [key, priority_class] : priorities_.items())
    if (priority_class->is_default)
      return priority_class->value;
  return 0;
}

bool StateFeed::policy(const Item<api::AllocationPolicy>& before,
                       const Item<api::AllocationPolicy>& after) {
  return after ? state_->upsert_policy(api::to_allocation(*after))
               : state_->remove_policy(before->meta.name);
}

bool StateFeed::namespace_quota(const Item<ResourceQuota>& before,
                                const Item<ResourceQuota>& after) {
  return after ? state_->upsert_namespace_quota(after->view)
               : state_->remove_namespace_quota(before->view.namespace_name, before->view.name);
}

std::unique_ptr<allocation::ClusterState> StateFeed::rebuilt(const Stores& stores,
                                                             allocation::Generation last) {
  auto kept = std::exchange(state_, std::make_unique<allocation::ClusterState>(last));
  for (const auto& [key, item] : namespaces_.items())
    state_->upsert_namespace(item->view);
  for (const auto& [key, item] : stores.pools.items())
    pool(nullptr, item);
  for (const auto& [key, item] : stores.quotas.items())
    quota(nullptr, item);
  for (const auto& [key, item] : stores.reservations.items())
    reservation(nullptr, item);
  for (const auto& [key, item] : stores.requests.items())
    request(nullptr, item);
  for (const auto& [key, item] : stores.policies.items())
    policy(nullptr, item);
  for (const auto& [key, item] : stores.namespace_quotas.items())
    namespace_quota(nullptr, item);
  for (const auto& [key, item] : stores.nodes.items())
    node(nullptr, item);
  for (const auto& [key, item] : stores.pods.items())
    put(*item);
  return std::exchange(state_, std::move(kept));
}

} // namespace berth::cluster
