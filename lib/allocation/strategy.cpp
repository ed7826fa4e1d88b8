#include "lib/allocation/strategy.hpp"

#include <algorithm>
#include <array>

namespace berth::allocation {
namespace {

struct Row {
  Strategy strategy;
  std::string_view name;
  ScoreNode score;
};

constexpr std::array kRows{
    Row{Strategy::FirstFit, "FirstFit", score_first_fit},
    Row{Strategy::BestFit, "BestFit", score_best_fit},
    Row{Strategy::FirstFitDecreasing, "FirstFitDecreasing", score_first_fit_decreasing},
    Row{Strategy::WorstFit, "WorstFit", score_worst_fit},
    Row{Strategy::LeastLoaded, "LeastLoaded", score_worst_fit},
    Row{Strategy::MostCapacity, "MostCapacity", score_most_capacity},
    Row{Strategy::Balanced, "Balanced", score_balanced},
    Row{Strategy::FragmentationAware, "FragmentationAware", score_fragmentation_aware},
    Row{Strategy::PriorityBased, "PriorityBased", score_priority_based},
    Row{Strategy::FairShare, "FairShare", score_fair_share},
    Row{Strategy::CostAware, "CostAware", score_cost_aware},
    Row{Strategy::LoadAware, "LoadAware", score_load_aware},
};

constexpr auto kStrategies = [] {
  std::array<Strategy, kRows.size()> strategies{};
  for (std::size_t i = 0; i < kRows.size(); ++i)
    strategies[i] = kRows[i].strategy;
  return strategies;
}();

const Row& row_of(Strategy strategy) {
  return kRows[static_cast<std::size_t>(strategy)];
}

} // namespace

std::optional<Strategy> strategy_from(std::string_view name) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [&](const Row& candidate) { return candidate.name == name; });
  return row == kRows.end() ? std::nullopt : std::optional{row->strategy};
}

std::string_view to_string(Strategy strategy) {
  return row_of(strategy).name;
}

std::span<const Strategy> all_strategies() {
  return kStrategies;
}

ScoreNode scorer_of(Strategy strategy) {
  return row_of(strategy).score;
}

} // namespace berth::allocation
