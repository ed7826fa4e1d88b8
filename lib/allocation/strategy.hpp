#pragma once
// Placement strategies (N2): which of the nodes that have room is best. One named function each, in
// a file of its own; the table in strategy.cpp lists them in the order of the API documentation.
// A strategy sees one node as it would be after the placement, and what NodeScorer found out about
// it; it asks nobody and remembers nothing.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace berth::allocation {

enum class Strategy {
  FirstFit,           ///< the first node by name: cheapest to reason about
  BestFit,            ///< where least is left over: leaves large nodes free
  FirstFitDecreasing, ///< FirstFit, the largest member of a workload first
  WorstFit,           ///< the emptiest node: spreads load
  LeastLoaded,        ///< another name of WorstFit
  MostCapacity,       ///< the node used up most of what it has: packs, as MostAllocated
  Balanced,           ///< the node whose resources end most evenly used: strands nothing
  FragmentationAware, ///< where the least device capacity becomes useless for the workload (FGD)
  PriorityBased,      ///< important work apart, the rest packed
  FairShare,          ///< work within its quota's nominal apart, borrowed work packed
  CostAware,          ///< the cheapest node
  LoadAware,          ///< the node with the least measured use
};

/// Nothing for a word that is not an enumerator's name.
[[nodiscard]] std::optional<Strategy> strategy_from(std::string_view name);
[[nodiscard]] std::string_view to_string(Strategy strategy);
/// In the order above.
[[nodiscard]] std::span<const Strategy> all_strategies();

/// One resource of one node, as it would be after the placement. capacity > 0, 0 <= used <=
/// capacity; all below 2^32 (scaled down together if need be).
struct ResourceRoom {
  std::int64_t used = 0;
  std::int64_t capacity = 1;
  std::int64_t largest = 0;   ///< the largest capacity that a node of the pool has; 0: as this one
  std::int64_t weight = 1;    ///< strategyParams.resourceWeights; 0 to 100
  std::int64_t measured = -1; ///< measured use with the pod's request on top; -1: not known
};

/// How much device capacity the workload's pods could not use (fragmentation.hpp).
struct Fragments {
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t weight = 1; ///< both are sums over so many pods; > 0
};

/// One node in the pool's range of prices of a node hour; absent: not known.
struct PriceOutlook {
  std::optional<std::int64_t> price{};
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
};

struct NodeOutlook {
  /// What the pod asks for, apart from the pod count, and the node's devices if it has any.
  std::span<const ResourceRoom> resources{};
  /// PriorityBased, FairShare: whether the pod deserves room to itself.
  bool is_favoured = false;
  Fragments fragments{};
  PriceOutlook price{};
  std::int32_t load_limit_percent = 85;
};

/// Higher is better, 0 to kPointsMax; ties go to the first node by name.
using Points = std::int64_t;
inline constexpr Points kPointsMax = Points{1} << 30U;

using ScoreNode = Points (*)(const NodeOutlook& node);

[[nodiscard]] Points score_first_fit(const NodeOutlook& node);
[[nodiscard]] Points score_best_fit(const NodeOutlook& node);
[[nodiscard]] Points score_first_fit_decreasing(const NodeOutlook& node);
[[nodiscard]] Points score_worst_fit(const NodeOutlook& node);
[[nodiscard]] Points score_most_capacity(const NodeOutlook& node);
[[nodiscard]] Points score_balanced(const NodeOutlook& node);
[[nodiscard]] Points score_fragmentation_aware(const NodeOutlook& node);
[[nodiscard]] Points score_priority_based(const NodeOutlook& node);
[[nodiscard]] Points score_fair_share(const NodeOutlook& node);
[[nodiscard]] Points score_cost_aware(const NodeOutlook& node);
[[nodiscard]] Points score_load_aware(const NodeOutlook& node);

[[nodiscard]] ScoreNode scorer_of(Strategy strategy);

/// `fine` decides where `coarse` leaves a tie of less than a thousandth; both 0 to kPointsMax.
[[nodiscard]] constexpr Points first_then(Points coarse, Points fine) {
  constexpr unsigned kFineBits = 10;
  return ((coarse >> kFineBits) << kFineBits) | (fine >> 20U >= 1024 ? 1023 : fine >> 20U);
}

} // namespace berth::allocation
