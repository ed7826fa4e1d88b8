#pragma once
// What the operator's statuses say there is for more replicas: how many the quota of a workload's
// pods would still admit (Q1, Q2, borrowing included), how many the nodes of their pool have free
// now, and when the work that waits there is planned to start. Pure.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/advise/view.hpp"
#include "lib/allocation/quota_tree.hpp"

namespace berth::analyzer {

/// In replicas more than are admitted now. What is absent is not known.
struct ReplicaRoom {
  PodAdmission of{};
  std::int32_t admitted = 0; ///< replicas that are charged already
  std::optional<std::int32_t> by_quota{};
  std::optional<std::int32_t> by_pool{};
  /// Nodes can be added to the pool when pods wait for them.
  bool can_pool_grow = false;
  /// When the first workload that waits in the quota is planned to start, if one waits.
  std::optional<TimePoint> planned_start{};

  friend bool operator==(const ReplicaRoom&, const ReplicaRoom&) = default;
};

/// What running pods could ask for more, of cpu and memory. What is not known is no room: a resize
/// has no gate to wait at, and its node gives it whatever is free there.
struct GrowthRoom {
  resources::ResourceVector quota{}; ///< that would still be admitted (Q1, Q2)
  resources::ResourceVector pool{};  ///< neither allocated nor held for a reservation (R3)
  resources::ResourceVector block{}; ///< in one piece on some node

  friend bool operator==(const GrowthRoom&, const GrowthRoom&) = default;
};

/// What one replica asks for, as the pod template has it.
[[nodiscard]] resources::ResourceVector replica_request(const Workload& workload);
/// The same of so many replicas.
[[nodiscard]] resources::ResourceVector replica_request(const Workload& workload,
                                                        std::int32_t replicas);

/// "quota web has room for 3 more replicas, pool p has room for 1 now".
[[nodiscard]] std::string describe(const ReplicaRoom& room);

/// What is asked for and not admitted yet is no room for anybody else.
class RoomBook {
public:
  /// Reads the quotas only once a question is asked. The view must outlive the book.
  explicit RoomBook(const ClusterView& view) : view_(view) {}
  RoomBook(const RoomBook&) = delete; // the balance points at the forest
  RoomBook& operator=(const RoomBook&) = delete;

  /// Nothing for a workload of which Berth admits no pods.
  [[nodiscard]] std::optional<ReplicaRoom> room_for(const WorkloadView& workload);

  [[nodiscard]] GrowthRoom growth_room(const PodAdmission& of);
  /// The statuses do not tell of it yet.
  void take(const PodAdmission& of, const resources::ResourceVector& amounts);

private:
  /// How often the quota would still admit `request`; nothing where that is not known.
  [[nodiscard]] std::optional<std::int32_t> by_quota(const PodAdmission& of,
                                                     const resources::ResourceVector& request);
  /// Why a quota admits nothing is said elsewhere.
  enum class Standing { Unknown, Stopped, Open };
  [[nodiscard]] Standing standing_of(const QuotaName& quota) const;
  void read_quotas();

  const ClusterView& view_;
  bool is_read_ = false;
  /// Of the quotas, by their names, those that say what they hold.
  std::map<std::string, const api::Quota*> quotas_;
  allocation::QuotaForest forest_;
  allocation::QuotaBalance balance_;
  std::map<PoolName, resources::ResourceVector> taken_; ///< of pools
};

} // namespace berth::analyzer
