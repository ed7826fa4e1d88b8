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

/// "quota web has room for 3 more replicas, pool p has room for 1 now".
[[nodiscard]] std::string describe(const ReplicaRoom& room);

class RoomBook {
public:
  /// Reads the quotas only once a question is asked. The view must outlive the book.
  explicit RoomBook(const ClusterView& view) : view_(view) {}
  RoomBook(const RoomBook&) = delete; // the balance points at the forest
  RoomBook& operator=(const RoomBook&) = delete;

  /// Nothing for a workload of which Berth admits no pods.
  [[nodiscard]] std::optional<ReplicaRoom> room_for(const WorkloadView& workload);

  /// How often the quota would still admit `request`; nothing where that is not known.
  [[nodiscard]] std::optional<std::int32_t> by_quota(const PodAdmission& of,
                                                     const resources::ResourceVector& request);

private:
  void read_quotas();

  const ClusterView& view_;
  bool is_read_ = false;
  /// Of the quotas, by their names, those that say what they hold.
  std::map<std::string, const api::Quota*> quotas_;
  allocation::QuotaForest forest_;
  allocation::QuotaBalance balance_;
};

} // namespace berth::analyzer
