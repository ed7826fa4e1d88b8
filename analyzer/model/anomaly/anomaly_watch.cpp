#include "analyzer/model/anomaly/anomaly_watch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace berth::analyzer {

void AnomalyWatch::begin_cycle() {
  without_room_ = 0;
  steps_left_ = limits_.steps_learned_max;
  for (auto& [name, entry] : entries_)
    entry.is_looked_at = false;
}

void AnomalyWatch::end_cycle() {
  std::erase_if(entries_, [](const auto& one) { return !one.second.is_looked_at; });
}

std::optional<Anomaly> AnomalyWatch::look(const std::string& name, const Series& series,
                                          double capacity) {
  const Duration length = series.options().step;
  const auto found = entries_.find(name);
  const bool is_new = found == entries_.end();
  if (is_new && entries_.size() >= limits_.series_max) {
    ++without_room_;
    return std::nullopt;
  }
  if (is_new && steps_left_ == 0)
    return std::nullopt; // its turn comes
  const auto latest = series.latest();
  Entry& entry = is_new ? entries_[name] : found->second;
  entry.is_looked_at = true;
  // The step of the newest sample is not finished.
  if (!is_new && (!latest || latest->at < entry.next + length))
    return std::nullopt;
  const TimePoint first =
      is_new && latest ? latest->at - length * static_cast<int>(NoveltyDetector::kMemorySteps)
                       : entry.next;
  const auto steps = series.aggregates(first);
  std::optional<Anomaly> anomaly;
  for (const Aggregate& step : steps) {
    auto one = take(entry, step, length, capacity);
    if (one && !is_new && !anomaly)
      anomaly = one;
  }
  if (is_new)
    steps_left_ -= std::min(steps_left_, steps.size());
  return anomaly;
}

std::unique_ptr<AnomalyDetector> AnomalyWatch::make_detector() const {
  if (options_.detector == AnomalyDetectorKind::ZScore)
    return std::make_unique<ZScoreDetector>(options_.z_score_threshold);
  return std::make_unique<NoveltyDetector>(NoveltyDetector::kMemorySteps, kNoveltyLevel);
}

/// What was not measured is taken to have gone on as before, so that a day stays a day; that this
/// was not so is no event. Of a gap longer than what is remembered nothing is left to compare with.
void AnomalyWatch::bridge(Entry& entry, TimePoint until, Duration length) const {
  const bool begins = !entry.detector ||
                      until - entry.next > length * static_cast<int>(NoveltyDetector::kMemorySteps);
  if (begins) {
    entry.detector = make_detector();
    entry.steps = 0;
    entry.quiet = 0;
    return;
  }
  std::size_t gap = 0;
  for (TimePoint at = entry.next; at < until; at += length) {
    entry.detector->add(entry.last);
    ++entry.steps;
    ++gap;
  }
  entry.quiet = std::max(entry.quiet - std::min(entry.quiet, gap), std::min(gap, kSameEventSteps));
}

std::optional<Anomaly> AnomalyWatch::take(Entry& entry, const Aggregate& step, Duration length,
                                          double capacity) const {
  bridge(entry, step.start, length);
  const AnomalyVerdict verdict = entry.detector->add(step.mean);
  entry.next = step.start + length;
  entry.last = step.mean;
  ++entry.steps;
  if (entry.quiet > 0)
    --entry.quiet;
  const double difference_min = std::max(kDifferenceOfUsualMin * std::abs(verdict.usual),
                                         kDifferenceOfCapacityMin * capacity);
  const bool is_told = verdict.alarm && entry.quiet == 0 && entry.steps > kStepsMin &&
                       verdict.difference >= difference_min;
  if (!is_told)
    return std::nullopt;
  entry.quiet = kSameEventSteps;
  return Anomaly{*verdict.alarm, step.start, step.mean, verdict.usual, verdict.score};
}

} // namespace berth::analyzer
