#pragma once
// Promises: what pods that Berth does not manage keep off: dedicated pools, what open reservations
// hold, and the places of admitted or nominated pods that are not bound yet. Such a pod is refused
// a node only where it would fit but for the promises. Where it would not fit anyway the scheduler
// knows better than this snapshot, which may be older: nothing of Berth's holds the pod up.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/base/reason.hpp"
#include "lib/cluster/pod.hpp"

namespace berth::extender {

/// A pod of at least this priority keeps the cluster alive (system-cluster-critical and
/// system-node-critical): no promise stands above it.
inline constexpr std::int32_t kSystemCriticalPriority = 2'000'000'000;

/// Buffers that a thread uses again from call to call.
struct PromiseScratch {
  enum class Kept : std::uint8_t { Free, Promised, Dedicated };
  struct Expected {
    allocation::NodeIndex node;
    const allocation::PodView* pod;
  };
  std::vector<Kept> kept;         ///< by node
  std::vector<Expected> expected; ///< sorted by node
  std::vector<std::int64_t> running;
  std::vector<std::int64_t> promised;
};

/// The promises that count against one unmanaged pod.
class Promises {
public:
  /// All three must outlive it.
  Promises(const allocation::ClusterSnapshot& snapshot, const cluster::Pod& pod,
           PromiseScratch& scratch);

  /// Nothing needs to be asked: no node is kept from the pod.
  [[nodiscard]] bool none() const { return none_; }
  /// NodeNotInPool for a dedicated pool's node, NodeReserved for one whose promises leave no room;
  /// nothing where the pod may go, or for kNoNode.
  [[nodiscard]] std::optional<Reason> refuse(allocation::NodeIndex node);

private:
  void keep_dedicated();
  void keep_promised();
  [[nodiscard]] bool counts(const allocation::PodView& expected) const;
  [[nodiscard]] std::span<const PromiseScratch::Expected>
  expected_on(allocation::NodeIndex node) const;
  /// What runs on the node, without what is only expected there.
  [[nodiscard]] std::span<const std::int64_t> running(allocation::NodeIndex node);
  /// What reservations hold there and what expected pods that count will take.
  [[nodiscard]] std::span<const std::int64_t> promised(allocation::NodeIndex node);

  const allocation::ClusterSnapshot& snapshot_;
  const cluster::Pod& pod_;
  PromiseScratch& scratch_;
  allocation::ColumnRequest request_;
  bool none_ = true;
};

} // namespace berth::extender
