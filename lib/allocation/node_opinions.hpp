#pragma once
// NodeOpinions: what pods of one kind make of every node, remembered from snapshot to snapshot, as
// most pods come in numbers. Only nodes are judged again that changed since: by what is charged or
// held there; all of them where the nodes themselves, the pool or, for FragmentationAware, the
// workload changed. What did not change is known by its address, since snapshots share it and the
// opinions keep it alive.

#include <memory>
#include <span>
#include <vector>

#include "lib/allocation/node_judge.hpp"

namespace berth::allocation {

class NodeOpinions {
public:
  /// For pods that ask as `query` does, but for their plans and what is charged for them: on its
  /// own node a pod has to be judged apart.
  explicit NodeOpinions(PlacementQuery query);
  [[nodiscard]] bool is_for(const PlacementQuery& query) const;

  /// Lets go of opinions on other nodes than the table's: they are of no more use, and would keep a
  /// table that is gone.
  void forget_unless_on(const std::shared_ptr<const NodeTable>& nodes);

  /// Brings the opinions on these nodes up to the snapshot; kNoNode among them is passed over.
  /// `eligible` is for the query's pool and constraints and right for the snapshot.
  void update(const ClusterSnapshot& snapshot, const EligibleNodes& eligible,
              std::span<const NodeIndex> nodes);
  /// Of the last update(), on a node that it was asked for.
  [[nodiscard]] const NodeOpinion& operator[](NodeIndex node) const { return opinions_[node]; }

private:
  /// What all opinions rest on.
  struct Ground {
    std::shared_ptr<const NodeTable> nodes{};
    std::shared_ptr<const PoolSpec> pool{};
    std::shared_ptr<const FragmentationModel> fragmentation{}; ///< if the strategy looks at it

    friend bool operator==(const Ground&, const Ground&) = default;
  };
  [[nodiscard]] Ground ground_of(const ClusterSnapshot& snapshot) const;
  void forget_outdated(const ClusterSnapshot& snapshot);
  void forget_changed_holds(const Holds& now);

  PlacementQuery query_;
  Ground ground_;
  NodeLoads loads_;
  std::shared_ptr<const Holds> holds_;
  std::vector<NodeOpinion> opinions_;
  std::vector<bool> is_judged_; ///< by chunk of NodeLoads
};

} // namespace berth::allocation
