#pragma once
// Promises: what pods that Berth does not manage keep off: dedicated pools, what open reservations
// hold, and the places of admitted or nominated pods that are not bound yet. Such a pod is refused
// a node only where it would fit but for the promises. Where it would not fit anyway the scheduler
// knows better than this snapshot, which may be older: nothing of Berth's holds the pod up.

#include <cstdint>
#include <memory>
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

/// What a snapshot's promises lie on, remembered until the next snapshot; and buffers that a thread
/// uses again from call to call.
struct PromiseScratch {
  struct Kept {
    bool is_promised = false;
    bool is_dedicated = false;
  };
  struct Expected {
    allocation::NodeIndex node;
    const allocation::PodView* pod;
  };
  /// Every snapshot has holds of its own: as long as these are the same the rest is right.
  std::shared_ptr<const allocation::Holds> holds;
  std::vector<Kept> kept;         ///< by node
  std::vector<Expected> expected; ///< sorted by node
  bool has_promised = false;      ///< some node
  bool has_dedicated = false;

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
  [[nodiscard]] bool none() const { return !minds_promised_ && !minds_dedicated_; }
  /// NodeNotInPool for a dedicated pool's node, NodeReserved for one whose promises leave no room;
  /// nothing where the pod may go, or for kNoNode.
  [[nodiscard]] std::optional<Reason> refuse(allocation::NodeIndex node);

private:
  void find_promises();
  [[nodiscard]] bool counts(const allocation::PodView& expected) const;
  [[nodiscard]] std::span<const PromiseScratch::Expected>
  expected_on(allocation::NodeIndex node) const;
  [[nodiscard]] bool would_fit_but_for_promises(allocation::NodeIndex node);

  const allocation::ClusterSnapshot& snapshot_;
  const cluster::Pod& pod_;
  PromiseScratch& scratch_;
  allocation::ColumnRequest request_;
  bool minds_promised_ = false;
  bool minds_dedicated_ = false;
};

} // namespace berth::extender
