#pragma once
// What the analyzer published of the pool "p" and advises about it, as tests ask for it.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {

/// A pool of so many nodes.
struct PoolWorld : AnalyzerWorld {
  explicit PoolWorld(int nodes) { add_pool(nodes); }
};

/// The same, and the analyzer has begun to look at it.
struct WatchedPool : PoolWorld {
  explicit WatchedPool(int nodes) : PoolWorld(nodes) {}

  SimulatedAnalyzer analyzer{*this};
};

inline std::optional<resources::Amount> used_cpu(AnalyzerWorld& world) {
  for (const auto& resource : world.pool().status.resources)
    if (resource.name == resources::ResourceName::cpu())
      return resource.used;
  return std::nullopt;
}

/// The condition Valid, which must be there.
inline const api::Condition& valid_of(const api::ScalingRecommendation& recommendation) {
  const auto* valid = api::find_condition(recommendation.status.conditions, "Valid");
  REQUIRE(valid != nullptr);
  return *valid;
}

/// Those that stand.
inline std::vector<api::ScalingRecommendation> standing_in(AnalyzerWorld& world) {
  auto all = world.recommendations();
  std::erase_if(all,
                [](const auto& one) { return valid_of(one).status != api::ConditionStatus::True; });
  return all;
}

} // namespace berth::analyzer
