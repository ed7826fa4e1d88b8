#pragma once
// Ledger: who holds what: one charge per pod, keyed by UID (L1), and the totals by quota, node,
// reservation and pool that follow from them. Posting the same charge twice changes nothing;
// releasing what is not there changes nothing; totals never drift from the charges. Which charge a
// pod deserves is ClusterState's to say; audit() compares two ledgers (L3).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/device.hpp"
#include "lib/allocation/ordered_map.hpp"
#include "lib/allocation/pod.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_sum.hpp"

namespace berth::allocation {

using resources::ResourceSum;

/// What one pod holds. An empty name means: none of that kind.
struct Charge {
  QuotaName quota{};             ///< who pays; empty for unmanaged pods
  PoolName pool{};               ///< the pool it is charged in
  NodeName node{};               ///< where it runs, or is planned to until it is bound
  ReservationName reservation{}; ///< inside which promise
  bool is_burst = false;         ///< admitted into a burst (Q6)
  ShapePtr shape{};              ///< how much: shape->requests
  DeviceList devices{};          ///< which of the node's devices it was given; empty: not known

  [[nodiscard]] bool is_nothing() const {
    return quota.empty() && node.empty() && reservation.empty();
  }
  friend bool operator==(const Charge&, const Charge&) = default;
};

/// Totals of one quota, by pool.
struct QuotaUse {
  std::map<PoolName, ResourceSum> by_pool{};
  /// The part of it that was admitted into a burst (Q6).
  std::map<PoolName, ResourceSum> burst_by_pool{};
  std::size_t pods = 0;

  [[nodiscard]] ResourceVector burst_in(const PoolName& pool) const;

  friend bool operator==(const QuotaUse&, const QuotaUse&) = default;
};

/// What the holders of one reservation have of it, and where.
struct ReservationUse {
  struct OnNode {
    ResourceSum amounts{};
    std::size_t pods = 0;

    friend bool operator==(const OnNode&, const OnNode&) = default;
  };
  ResourceSum total{};
  std::map<NodeName, OnNode> on_nodes{};

  /// Nothing where no holder is.
  [[nodiscard]] ResourceVector on(const NodeName& node) const;

  friend bool operator==(const ReservationUse&, const ReservationUse&) = default;
};

using ChargeView = OrderedView<PodUid, std::shared_ptr<const Charge>>;
using QuotaUseView = OrderedView<QuotaName, std::shared_ptr<const QuotaUse>>;

class Ledger {
public:
  /// Replaces the pod's charge; false if it was the same already.
  bool post(const PodUid& pod, Charge charge);
  /// False if the pod held nothing.
  bool release(const PodUid& pod);

  /// nullptr if it holds nothing.
  [[nodiscard]] const Charge* charge_of(const PodUid& pod) const;
  /// Every pod that is charged to the node, bound or planned.
  [[nodiscard]] const ResourceSum& on_node(const NodeName& node) const;
  /// What lies on each of the node's devices, in thousandths, if it has so many (L2).
  [[nodiscard]] std::vector<std::int64_t> on_devices(const NodeName& node,
                                                     std::size_t devices) const;

  [[nodiscard]] ChargeView charges() { return charges_.snapshot(); }
  [[nodiscard]] QuotaUseView quota_use() { return quota_use_.snapshot(); }
  /// What managed pods hold of each pool, wherever they run: for its pool-level resources.
  [[nodiscard]] const std::map<PoolName, ResourceSum>& pool_use() const { return pools_; }
  [[nodiscard]] const std::map<ReservationName, ReservationUse>& reservation_use() const {
    return reservations_;
  }
  /// The nodes whose totals changed since the last call, sorted.
  [[nodiscard]] std::vector<NodeName> take_touched_nodes();

private:
  void book(const PodUid& pod, const Charge& charge, bool is_added);
  void book_devices(const PodUid& pod, const Charge& charge, bool is_added);
  void book_quota(const Charge& charge, bool is_added);
  void book_reservation(const Charge& charge, bool is_added);

  OrderedMap<PodUid, std::shared_ptr<const Charge>> charges_;
  OrderedMap<QuotaName, std::shared_ptr<const QuotaUse>> quota_use_;
  std::map<NodeName, ResourceSum> nodes_;
  std::map<NodeName, std::map<PodUid, DeviceCharge>> devices_; ///< of pods that ask for some
  std::map<PoolName, ResourceSum> pools_;
  std::map<ReservationName, ReservationUse> reservations_;
  std::vector<NodeName> touched_nodes_;
};

/// A difference between what the ledger says and what it should say.
struct Drift {
  QuotaName quota{};
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount held{};   ///< by the ledger that was kept up to date
  Amount actual{}; ///< by the one rebuilt from a full list

  friend bool operator==(const Drift&, const Drift&) = default;
};

/// Every quota, pool and resource on which the two disagree, sorted by their names.
[[nodiscard]] std::vector<Drift> audit(const QuotaUseView& held, const QuotaUseView& actual);

} // namespace berth::allocation
