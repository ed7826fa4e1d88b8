#include "analyzer/model/pattern/pattern.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "analyzer/model/forecast/decomposition.hpp"
#include "analyzer/model/forecast/periods.hpp"
#include "analyzer/model/quantile.hpp"
#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

/// The median absolute deviation of normal values is this part of their standard deviation.
constexpr double kNormalMad = 0.6745;
/// Values so many spreads above the usual one happen by themselves.
constexpr double kUsualSpreads = 3;
/// What is more often than this is no spike.
constexpr double kSpikeShareMax = 0.05;
/// A spread below this part of the level counts as this part: on a flat line every ripple is high.
constexpr double kSpreadShareMin = 0.01;
/// Growth over the whole series, as a part of its level.
constexpr double kGrowthShareMin = 0.1;
/// Slopes and ranks are taken of so many block means: single values of one block are alike.
constexpr std::size_t kBlocksMax = 48;
constexpr double kImbalanceRatioMin = 1.5;

std::string text_of(const char* format, double first, double second) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), format, first, second);
  return text.data();
}

/// Means of equal stretches, and how long one is.
struct Blocks {
  std::vector<double> means{};
  double steps = 1;
};

Blocks blocks_of(std::span<const double> values) {
  const std::size_t count = std::min(values.size(), kBlocksMax);
  const std::size_t size = values.size() / count;
  Blocks blocks{{}, static_cast<double>(size)};
  const auto newest = values.last(size * count);
  for (std::size_t block = 0; block < count; ++block) {
    double sum = 0;
    for (const double value : newest.subspan(block * size, size))
      sum += value;
    blocks.means.push_back(sum / static_cast<double>(size));
  }
  return blocks;
}

/// The median slope of all pairs (Sen 1968) and Kendall's tau.
TrendView slope_and_tau(const Blocks& blocks) {
  std::vector<double> slopes;
  double concordant = 0;
  for (std::size_t i = 0; i < blocks.means.size(); ++i)
    for (std::size_t j = i + 1; j < blocks.means.size(); ++j) {
      const double rise = blocks.means[j] - blocks.means[i];
      slopes.push_back(rise / (static_cast<double>(j - i) * blocks.steps));
      concordant += rise > 0 ? 1 : rise < 0 ? -1 : 0;
    }
  TrendView view;
  view.tau = concordant / static_cast<double>(slopes.size());
  view.slope = median(std::move(slopes));
  return view;
}

void add_periods(std::vector<Pattern>& patterns, std::span<const double> values) {
  for (const Period& period : find_periods(values)) {
    const double cycles = static_cast<double>(values.size()) / static_cast<double>(period.steps);
    Pattern pattern;
    pattern.kind = PatternKind::Periodic;
    pattern.size = static_cast<double>(period.steps);
    pattern.confidence = std::min(period.correlation, 1.0) * (1 - 0.25 / cycles);
    pattern.message = text_of("repeats after %.0f steps, seen %.1f times", pattern.size, cycles);
    patterns.push_back(std::move(pattern));
  }
}

void add_spike(std::vector<Pattern>& patterns, std::span<const double> values) {
  const double usual = median({values.begin(), values.end()});
  std::vector<double> off;
  for (const double value : values)
    off.push_back(std::abs(value - usual));
  const double spread =
      std::max(median(std::move(off)) / kNormalMad, kSpreadShareMin * std::abs(usual));
  if (spread <= 0)
    return;
  double highest = 0;
  double count = 0;
  for (const double value : values) {
    const double spreads = (value - usual) / spread;
    highest = std::max(highest, spreads);
    count += spreads > kUsualSpreads ? 1 : 0;
  }
  const double share = count / static_cast<double>(values.size());
  if (count == 0 || share > kSpikeShareMax)
    return;
  Pattern pattern;
  pattern.kind = PatternKind::Spike;
  pattern.size = highest;
  // What is twice as high above the usual is a quarter as likely (Chebyshev).
  pattern.confidence = 1 - kUsualSpreads * kUsualSpreads / (highest * highest);
  pattern.message = text_of("spikes up to %.1f spreads above the usual, in %.2f %% of steps",
                            highest, 100 * share);
  patterns.push_back(std::move(pattern));
}

void add_growth(std::vector<Pattern>& patterns, std::span<const double> values) {
  const TrendView trend = view_trend(values, 0);
  const double grown = trend.slope * static_cast<double>(values.size());
  const double before = trend.level - grown;
  if (trend.tau <= 0 || grown < kGrowthShareMin * std::max(std::abs(before), grown))
    return;
  Pattern pattern;
  pattern.kind = PatternKind::Growth;
  pattern.size = trend.slope;
  pattern.confidence = trend.tau;
  pattern.message = text_of("grows by %.3g per step, now at %.4g", trend.slope, trend.level);
  patterns.push_back(std::move(pattern));
}

} // namespace

std::string_view to_string(PatternKind kind) {
  switch (kind) {
  case PatternKind::Periodic: return "Periodic";
  case PatternKind::Spike: return "Spike";
  case PatternKind::Growth: return "Growth";
  case PatternKind::Imbalance: return "Imbalance";
  }
  return "";
}

std::vector<Pattern> find_patterns(std::span<const double> values) {
  std::vector<Pattern> patterns;
  if (values.size() < kPatternValuesMin)
    return patterns;
  add_periods(patterns, values);
  add_spike(patterns, values);
  add_growth(patterns, values);
  std::erase_if(patterns,
                [](const Pattern& one) { return one.confidence < kPatternConfidenceMin; });
  return patterns;
}

TrendView view_trend(std::span<const double> values, std::size_t steps_ahead) {
  ensure(values.size() >= kPatternValuesMin, "a trend needs values");
  const auto parts = decompose(values, find_periods(values));
  const Blocks blocks = blocks_of(parts.rest);
  TrendView view = slope_and_tau(blocks);
  // The line that lies in the middle of all blocks.
  std::vector<double> levels;
  const auto last = static_cast<double>(blocks.means.size()) - 0.5;
  for (std::size_t i = 0; i < blocks.means.size(); ++i)
    levels.push_back(blocks.means[i] + view.slope * blocks.steps * (last - static_cast<double>(i)));
  view.level = median(std::move(levels));
  view.ahead = view.level + view.slope * static_cast<double>(steps_ahead);
  if (*std::ranges::min_element(values) >= 0)
    view.ahead = std::max(view.ahead, 0.0);
  return view;
}

std::vector<Pattern> find_imbalance(std::span<const std::vector<double>> members) {
  if (members.size() < 2 || members.front().empty())
    return {};
  const std::size_t steps = members.front().size();
  std::vector<std::size_t> burdened(
      members.size()); // steps in which a member is far above the mean
  std::vector<double> sums(members.size());
  double total = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    double mean = 0;
    for (const auto& member : members) {
      ensure(member.size() == steps, "members are measured over the same steps");
      mean += member[step] / static_cast<double>(members.size());
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
      sums[i] += members[i][step];
      total += members[i][step];
      burdened[i] += mean > 0 && members[i][step] >= kImbalanceRatioMin * mean ? 1 : 0;
    }
  }
  const auto busiest = static_cast<std::size_t>(std::ranges::max_element(sums) - sums.begin());
  Pattern pattern;
  pattern.kind = PatternKind::Imbalance;
  pattern.member = busiest;
  pattern.size = total > 0 ? sums[busiest] * static_cast<double>(members.size()) / total : 0;
  pattern.confidence = static_cast<double>(burdened[busiest]) / static_cast<double>(steps);
  if (pattern.confidence < kPatternConfidenceMin || pattern.size < kImbalanceRatioMin)
    return {};
  pattern.message = text_of("one of %.0f members uses %.2f times the mean",
                            static_cast<double>(members.size()), pattern.size);
  return {std::move(pattern)};
}

} // namespace berth::analyzer
