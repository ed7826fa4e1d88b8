#pragma once
// settle(): what the members of one workload hold, and what of it still waits (L1, L5, G2). A pure
// function of the members and of what is known around them; ClusterState calls it for every
// workload that something changed about and posts the answer to the ledger.

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lib/allocation/ledger.hpp"
#include "lib/allocation/pod.hpp"
#include "lib/allocation/quota.hpp"
#include "lib/allocation/workload.hpp"

namespace berth::allocation {

/// What settling asks about the rest of the cluster.
struct Surroundings {
  /// The quota of a managed pod's subject.
  std::function<QuotaChoice(const PodView&)> quota_of;
  /// The pool of a node (empty: in none); nothing if there is no such node.
  std::function<std::optional<PoolName>(const NodeName&)> pool_of;
};

struct Settlement {
  /// One for each member; is_nothing() where it holds nothing.
  std::vector<std::pair<PodUid, Charge>> charges{};
  /// nullptr if no member waits.
  std::shared_ptr<const Workload> waiting{};
  /// Admitted, bound nowhere, and none of their planned nodes exists.
  std::vector<std::shared_ptr<const PodView>> homeless{};
  /// Nodes on whose existence or pool the answer depends.
  std::vector<NodeName> looked_at{};
};

/// `members`: every known pod of the workload.
[[nodiscard]] Settlement settle(std::vector<std::shared_ptr<const PodView>> members,
                                const Surroundings& around);

} // namespace berth::allocation
