#include "lib/cluster/observer_impl.hpp"

#include <utility>

#include "lib/api/codec.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/cluster/node_codec.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "lib/cluster/request_units.hpp"
#include "lib/kube/codec_json.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cluster {
namespace {

template <class T>
kube::Codec<T> make_resource_codec(const kube::ResourceType& type) {
  return kube::make_json_codec<T>(type, [](const api::Json& json) { return api::decode<T>(json); });
}

constexpr Duration kExpiryCheckInterval = std::chrono::seconds{1};

} // namespace

Observer::Impl::Impl(Observer& owner, kube::Client& client, async::Executor& used, Rng rng,
                     const ObserverOptions& given)
    : observer(owner), executor(used), options(given),
      pods(client, used, Rng{rng.next()}, kube::types::pod(), make_pod_codec(), given.list_watch),
      nodes(client, used, Rng{rng.next()}, kube::types::node(), make_node_codec(),
            given.list_watch),
      namespaces(client, used, Rng{rng.next()}, kube::types::namespace_(), make_namespace_codec(),
                 given.list_watch),
      pools(client, used, Rng{rng.next()}, kube::types::resource_pool(),
            make_resource_codec<api::ResourcePool>(kube::types::resource_pool()), given.list_watch),
      quotas(client, used, Rng{rng.next()}, kube::types::quota(),
             make_resource_codec<api::Quota>(kube::types::quota()), given.list_watch),
      reservations(client, used, Rng{rng.next()}, kube::types::reservation(),
                   make_resource_codec<api::Reservation>(kube::types::reservation()),
                   given.list_watch),
      requests(client, used, Rng{rng.next()}, kube::types::allocation_request(),
               make_resource_codec<api::AllocationRequest>(kube::types::allocation_request()),
               given.list_watch),
      priorities(client, used, Rng{rng.next()}, kube::types::priority_class(),
                 make_priority_class_codec(), given.list_watch),
      policies(client, used, Rng{rng.next()}, kube::types::allocation_policy(),
               make_resource_codec<api::AllocationPolicy>(kube::types::allocation_policy()),
               given.list_watch),
      namespace_quotas(client, used, Rng{rng.next()}, kube::types::resource_quota(),
                       make_resource_quota_codec(), given.list_watch),
      assumptions(given.assumption_timeout),
      feed(namespaces.store, priorities.store, assumptions,
           [this](std::string_view name) { return time_zones.find(name); }) {
  listen();
}

/// What a store's listener gets is turned into calls of the feed; each says whether it mattered.
void Observer::Impl::listen() {
  const auto relay = [this](auto& reflected, auto to_feed) {
    reflected.store.listen([this, to_feed](const auto& before, const auto& after) {
      if (to_feed(before, after))
        changed();
    });
    reflected.store.on_sync([this] { changed(); });
  };
  relay(pods, [this](const auto& before, const auto& after) {
    note_key(before, after);
    const bool mattered = feed.pod(before, after);
    for (const PodUid& answered : feed.take_answered())
      feed_again(answered);
    return mattered;
  });
  pods.store.on_sync([this] {
    if (feed.listed(pods.store))
      changed();
  });
  relay(nodes, [this](const auto& before, const auto& after) { return feed.node(before, after); });
  relay(namespaces, [this](const auto& before, const auto& after) {
    return feed.name_space(before, after, pods.store);
  });
  relay(pools, [this](const auto& before, const auto& after) { return feed.pool(before, after); });
  relay(quotas,
        [this](const auto& before, const auto& after) { return feed.quota(before, after); });
  relay(reservations,
        [this](const auto& before, const auto& after) { return feed.reservation(before, after); });
  relay(requests, [this](const auto& before, const auto& after) {
    note_key(before, after);
    return feed.request(before, after);
  });
  relay(priorities, [this](const auto& before, const auto& after) {
    return !(before && after && *before == *after) && reprioritize_requests();
  });
  relay(policies,
        [this](const auto& before, const auto& after) { return feed.policy(before, after); });
  relay(namespace_quotas, [this](const auto& before, const auto& after) {
    return feed.namespace_quota(before, after);
  });
}

/// Objects of one name may follow each other with other UIDs.
template <class Item>
void Observer::Impl::note_key(const Item& before, const Item& after) {
  if (before && after && before->meta.uid == after->meta.uid)
    return;
  if (before)
    key_of_uid.erase(before->meta.uid);
  if (after)
    key_of_uid[after->meta.uid] = after->meta.key();
}

bool Observer::Impl::reprioritize_requests() {
  bool mattered = false;
  for (const auto& [key, request] : requests.store.items())
    mattered = feed.request(request, request) || mattered;
  return mattered;
}

bool Observer::Impl::all_synced() const {
  return pods.store.has_synced() && nodes.store.has_synced() && namespaces.store.has_synced() &&
         pools.store.has_synced() && quotas.store.has_synced() && reservations.store.has_synced() &&
         requests.store.has_synced() && policies.store.has_synced() &&
         (!options.decides ||
          (namespace_quotas.store.has_synced() && priorities.store.has_synced()));
}

void Observer::Impl::changed() {
  dirty = true;
  publish_soon();
}

void Observer::Impl::publish_soon() {
  if (publish_timer || !all_synced())
    return;
  publish_timer = executor.post_after(options.publish_interval, [this] {
    publish_timer.reset();
    if (dirty)
      publish();
  });
}

void Observer::Impl::publish() {
  dirty = false;
  const Snapshot snapshot = feed.state().publish(executor.clock().now());
  std::atomic_store(&observer.snapshot_, snapshot);
  observer.synced_.store(true, std::memory_order_release);
  for (const auto& listener : publish_listeners)
    listener(snapshot);
}

/// What is assumed of the pod, or of the unit of a request, is another thing now.
void Observer::Impl::feed_again(const PodUid& uid) {
  bool mattered = false;
  if (const auto pod = observer.find_pod(uid))
    mattered = feed.pod(pod, pod);
  else if (const auto request = observer.find_request(uid))
    mattered = feed.unit(*request, unit_number(uid).value_or(0));
  if (mattered)
    changed();
}

async::Task<void> Observer::Impl::expire_assumptions(std::stop_token stop) {
  for (;;) {
    const bool due = co_await async::sleep_for(executor, kExpiryCheckInterval, stop);
    if (!due)
      co_return;
    for (const PodUid& uid : assumptions.take_expired(executor.clock().steady_now()))
      feed_again(uid);
  }
}

/// L3: the ledger that events kept up to date against one made anew from what the stores hold.
async::Task<void> Observer::Impl::audit_ledger(std::stop_token stop) {
  for (;;) {
    const bool due = co_await async::sleep_for(executor, options.ledger_audit_interval, stop);
    if (!due)
      co_return;
    if (!observer.has_synced())
      continue;
    const TimePoint now = executor.clock().now();
    const auto held = feed.state().publish(now);
    auto rebuilt =
        feed.rebuilt({pods.store, nodes.store, pools.store, quotas.store, reservations.store,
                      requests.store, policies.store, namespace_quotas.store},
                     held->generation);
    const auto actual = rebuilt->publish(now);
    const auto drifts = allocation::audit(held->quota_use, actual->quota_use);
    for (const auto& listener : audit_listeners)
      listener(drifts);
    if (drifts.empty())
      continue;
    feed.replace(std::move(rebuilt));
    for (const auto& drift : drifts)
      for (const auto& listener : drift_listeners)
        listener(drift);
    changed();
  }
}

} // namespace berth::cluster
