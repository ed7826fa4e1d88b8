#pragma once
// Observer::Impl: the stores, what fills them, and the state that they feed. For Observer only.

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/cluster/assumptions.hpp"
#include "lib/cluster/namespace_quota_codec.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/cluster/state_feed.hpp"
#include "lib/cluster/time_zones.hpp"

namespace berth::cluster {

/// A store and what fills it.
template <class T>
struct Reflected {
  Reflected(kube::Client& client, async::Executor& executor, Rng rng,
            const kube::ResourceType& type, kube::Codec<T> codec,
            const kube::ListWatchOptions& options)
      : reflector(client, executor, rng, type, std::move(codec), store, options) {}

  kube::Store<T> store;
  kube::Reflector<T> reflector;
};

struct Observer::Impl {
  Impl(Observer& owner, kube::Client& client, async::Executor& used, Rng rng,
       const ObserverOptions& given);

  void listen();
  template <class Item>
  void note_key(const Item& before, const Item& after);
  [[nodiscard]] bool reprioritize_requests();
  [[nodiscard]] bool all_synced() const;
  void changed();
  void publish_soon();
  void publish();
  void feed_again(const PodUid& uid);
  [[nodiscard]] async::Task<void> expire_assumptions(std::stop_token stop);
  [[nodiscard]] async::Task<void> audit_ledger(std::stop_token stop);

  Observer& observer;
  async::Executor& executor;
  ObserverOptions options;
  Reflected<Pod> pods;
  Reflected<Node> nodes;
  Reflected<Namespace> namespaces;
  Reflected<api::ResourcePool> pools;
  Reflected<api::Quota> quotas;
  Reflected<api::Reservation> reservations;
  Reflected<api::AllocationRequest> requests;
  Reflected<PriorityClass> priorities;
  Reflected<api::AllocationPolicy> policies;
  Reflected<ResourceQuota> namespace_quotas;
  Assumptions assumptions;
  TimeZones time_zones;
  StateFeed feed;
  std::unordered_map<std::string, kube::ObjectKey> key_of_uid; ///< of pods and requests
  std::vector<std::function<void(const Snapshot&)>> publish_listeners;
  std::vector<std::function<void(const allocation::Drift&)>> drift_listeners;
  std::vector<std::function<void(const std::vector<allocation::Drift>&)>> audit_listeners;
  bool dirty = false;
  std::optional<async::TimerId> publish_timer; ///< set while a publication is due
};

} // namespace berth::cluster
