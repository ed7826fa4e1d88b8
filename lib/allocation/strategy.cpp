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

constexpr std::array kStrategies{
    Row{Strategy::FirstFit, "FirstFit", score_first_fit},
    Row{Strategy::BestFit, "BestFit", score_best_fit},
    Row{Strategy::WorstFit, "WorstFit", score_worst_fit},
    Row{Strategy::LeastLoaded, "LeastLoaded", score_worst_fit},
    Row{Strategy::Balanced, "Balanced", score_balanced},
};

const Row& row_of(Strategy strategy) {
  return kStrategies[static_cast<std::size_t>(strategy)];
}

} // namespace

std::optional<Strategy> strategy_from(std::string_view name) {
  const auto* row = std::find_if(kStrategies.begin(), kStrategies.end(),
                                 [&](const Row& candidate) { return candidate.name == name; });
  return row == kStrategies.end() ? std::nullopt : std::optional{row->strategy};
}

std::string_view to_string(Strategy strategy) {
  return row_of(strategy).name;
}

ScoreNode scorer_of(Strategy strategy) {
  return row_of(strategy).score;
}

} // namespace berth::allocation
