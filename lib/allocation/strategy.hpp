#pragma once
// Placement strategies (N2): which of the nodes that have room is best. One named function each, in
// a file of its own; the table in strategy.cpp lists them in the order of the API documentation.
// A strategy sees one node as it would be after the placement and nothing else.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace berth::allocation {

enum class Strategy {
  FirstFit,    ///< the first node by name: cheapest to reason about
  BestFit,     ///< the fullest node (MostAllocated): packs, leaves whole nodes free
  WorstFit,    ///< the emptiest node: spreads load
  LeastLoaded, ///< another name of WorstFit
  Balanced,    ///< the node whose resources end most evenly used: strands nothing
};

/// Nothing for a word that is not an enumerator's name.
[[nodiscard]] std::optional<Strategy> strategy_from(std::string_view name);
[[nodiscard]] std::string_view to_string(Strategy strategy);

/// One resource of one node, as it would be after the placement. capacity > 0, 0 <= used <=
/// capacity, both below 2^52 (scaled down together if need be).
struct ResourceRoom {
  std::int64_t used = 0;
  std::int64_t capacity = 1;
};

/// Higher is better, 0 to kPointsMax; ties go to the first node by name.
using Points = std::int64_t;
inline constexpr Points kPointsMax = 1024;

/// `room` has the resources that the pod asks for, apart from the pod count.
using ScoreNode = Points (*)(std::span<const ResourceRoom> room);

[[nodiscard]] Points score_first_fit(std::span<const ResourceRoom> room);
[[nodiscard]] Points score_best_fit(std::span<const ResourceRoom> room);
[[nodiscard]] Points score_worst_fit(std::span<const ResourceRoom> room);
[[nodiscard]] Points score_balanced(std::span<const ResourceRoom> room);

[[nodiscard]] ScoreNode scorer_of(Strategy strategy);

} // namespace berth::allocation
