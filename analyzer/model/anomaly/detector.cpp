#include "analyzer/model/anomaly/detector.hpp"

#include <algorithm>
#include <cmath>

namespace berth::analyzer {
namespace {

/// Fewer values or distances than this say nothing of what is normal.
constexpr std::size_t kNormalMin = 60;
/// What is normal is learned from so many steps, then forgets.
constexpr std::size_t kNormalSteps = 4096;
/// A value this many standard deviations from the mean is a spike or a drop in itself.
constexpr double kLevelDeviation = 3;

AnomalyKind kind_of(double level_deviation) {
  if (level_deviation >= kLevelDeviation)
    return AnomalyKind::Spike;
  return level_deviation <= -kLevelDeviation ? AnomalyKind::Drop : AnomalyKind::PatternDeviation;
}

} // namespace

std::string_view to_string(AnomalyKind kind) {
  switch (kind) {
  case AnomalyKind::Spike: return "Spike";
  case AnomalyKind::Drop: return "Drop";
  case AnomalyKind::PatternDeviation: return "PatternDeviation";
  }
  return "";
}

double AlarmGate::pass(double score) {
  if (quiet_left_ > 0)
    --quiet_left_;
  if (score < level_)
    return 0;
  if (quiet_left_ > 0 && score <= kEscalation * last_)
    return 0;
  quiet_left_ = kQuietSteps + 1;
  last_ = score;
  return score;
}

NoveltyDetector::NoveltyDetector(std::size_t memory, double alarm_level)
    : values_(kNormalSteps), gate_(alarm_level) {
  for (const std::size_t window : kWindows)
    scales_.push_back({Novelty(window, memory), Moments(kNormalSteps)});
}

AnomalyVerdict NoveltyDetector::add(double value) {
  AnomalyVerdict verdict;
  double highest = 0;
  for (Scale& scale : scales_) {
    const auto distance = scale.novelty.add(value);
    if (!distance)
      continue;
    const double score =
        scale.distances.count() >= kNormalMin ? scale.distances.deviation(*distance) : 0;
    if (score > highest) {
      highest = score;
      verdict.difference = *distance;
    }
    scale.distances.add(*distance);
  }
  const double level = values_.deviation(value);
  verdict.usual = values_.mean();
  values_.add(value);
  verdict.score = gate_.pass(highest);
  if (verdict.score > 0)
    verdict.alarm = kind_of(level);
  return verdict;
}

ZScoreDetector::ZScoreDetector(double alarm_level) : values_(kNormalSteps), gate_(alarm_level) {}

AnomalyVerdict ZScoreDetector::add(double value) {
  const double deviation = values_.count() >= kNormalMin ? values_.deviation(value) : 0;
  AnomalyVerdict verdict;
  verdict.usual = values_.mean();
  verdict.difference = std::abs(value - verdict.usual);
  values_.add(value);
  verdict.score = gate_.pass(std::abs(deviation));
  if (verdict.score > 0)
    verdict.alarm = deviation > 0 ? AnomalyKind::Spike : AnomalyKind::Drop;
  return verdict;
}

} // namespace berth::analyzer
