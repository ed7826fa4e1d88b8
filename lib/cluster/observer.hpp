#pragma once
// Observer: the observe part of the operator and of the extender. It reflects pods, nodes,
// namespaces and Berth's own objects, feeds them to the one mutable ClusterState, and publishes
// immutable snapshots. It decides nothing and writes nothing. All of it runs on one executor,
// except snapshot(), which any thread may call.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/allocation/cluster_state.hpp"
#include "lib/api/allocation_policy.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/async/executor.hpp"
#include "lib/base/rng.hpp"
#include "lib/cluster/node.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/reflector.hpp"
#include "lib/kube/store.hpp"

namespace berth::cluster {

struct ObserverOptions {
  /// Events that come within this time of each other make one snapshot.
  Duration publish_interval = std::chrono::milliseconds{20};
  /// How long a binding or an eviction of our own that the watch does not show is believed.
  Duration assumption_timeout = std::chrono::seconds{60};
  /// How often the ledger is compared with one rebuilt from the stores (L3).
  Duration ledger_audit_interval = std::chrono::minutes{5};
  kube::ListWatchOptions list_watch{};
  /// Whether somebody decides on the snapshots: priority classes and ResourceQuotas are reflected
  /// too.
  bool decides = true;
};

/// One kind of object as it is reflected.
struct ObservedResource {
  std::string plural;
  kube::ReflectorStats stats;
  std::size_t objects = 0;
  bool synced = false;
};

class Observer {
public:
  using Snapshot = std::shared_ptr<const allocation::ClusterSnapshot>;

  Observer(kube::Client& client, async::Executor& executor, Rng rng, ObserverOptions options);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Reflects until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);

  /// Whether every cache has been filled once. Nothing may be decided before.
  [[nodiscard]] bool has_synced() const { return synced_.load(std::memory_order_acquire); }
  /// The newest snapshot; null until has_synced().
  [[nodiscard]] Snapshot snapshot() const { return std::atomic_load(&snapshot_); }
  /// Called on the executor for each snapshot that is published.
  void on_publish(std::function<void(const Snapshot&)> listener);
  /// Called for each difference that a ledger audit found and healed.
  void on_drift(std::function<void(const allocation::Drift&)> listener);
  /// Called after each ledger audit with all differences.
  void on_audit(std::function<void(const std::vector<allocation::Drift>&)> listener);
  /// Told of lists and watches that failed, and of objects that cannot be read; for logs.
  void on_failure(const std::function<void(const Error&)>& listener);

  [[nodiscard]] const kube::Store<Pod>& pods() const;
  [[nodiscard]] const kube::Store<Node>& nodes() const;
  /// Not const, so that others can listen to them.
  [[nodiscard]] kube::Store<Pod>& pods();
  [[nodiscard]] kube::Store<api::ResourcePool>& pools();
  [[nodiscard]] kube::Store<api::Quota>& quotas();
  [[nodiscard]] kube::Store<api::Reservation>& reservations();
  [[nodiscard]] kube::Store<api::AllocationRequest>& requests();
  [[nodiscard]] kube::Store<api::AllocationPolicy>& policies();
  /// The request that the unit is of, if it is known.
  [[nodiscard]] kube::Store<api::AllocationRequest>::Item find_request(const PodUid& unit) const;
  /// The pod of that UID, if it is known.
  [[nodiscard]] kube::Store<Pod>::Item find_pod(const PodUid& uid) const;
  /// What is reflected, and how that goes; for metrics and health.
  [[nodiscard]] std::vector<ObservedResource> resources() const;

  /// What nodes use, for strategies that place by it; those left out count as not measured.
  void measured(std::map<NodeName, allocation::NodeUse> measured);

  /// See Assumptions. The next snapshot counts it.
  void assume_admitted(const PodUid& pod, allocation::AdmissionRecord record);
  void assume_bound(const PodUid& pod, NodeName node);
  void assume_evicted(const PodUid& pod);
  void forget(const PodUid& pod);
  /// The write behind an assumption may have failed: the watch has to show it within `time`.
  void confirm_within(const PodUid& pod, Duration time);
  /// Publishes without waiting for an event (a window opens, an assumption was made) and returns
  /// the new snapshot.
  Snapshot publish_now();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::atomic<bool> synced_{false};
  Snapshot snapshot_;
};

} // namespace berth::cluster
