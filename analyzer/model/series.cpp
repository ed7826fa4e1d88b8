#include "analyzer/model/series.hpp"

#include <algorithm>
#include <cmath>

#include "analyzer/model/quantile.hpp"
#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

/// Sources answer faster than asked at times; more samples than this in one window are not kept.
constexpr std::size_t kSamplesPerIntervalMax = 4;

/// A sample that comes this late after the one before is not a hole yet.
constexpr double kOnTimeIntervals = 1.5;

TimePoint step_start(TimePoint time, Duration step) {
  const Duration since_epoch = time.time_since_epoch();
  return TimePoint{since_epoch - since_epoch % step};
}

} // namespace

Series::Series(SeriesOptions options) : options_(options) {
  ensure(options_.interval > Duration::zero() && options_.step > Duration::zero(),
         "a series needs an interval and a step");
  ensure(options_.window >= options_.step && options_.window >= options_.interval,
         "the window of a series holds at least one step and one interval");
}

void Series::expect_every(Duration interval) {
  ensure(interval > Duration::zero() && interval <= options_.window,
         "samples are expected within the window");
  options_.interval = interval;
}

SampleFate Series::add(Sample sample, TimePoint now) {
  const SampleFate fate = fate_of(sample, now);
  count(fate);
  if (fate != SampleFate::Added)
    return fate;
  if (const auto before = latest()) {
    const auto passed = static_cast<double>((sample.at - before->at).count());
    const auto intervals = std::llround(passed / static_cast<double>(options_.interval.count()));
    counts_.missing += static_cast<std::uint64_t>(std::max(intervals - 1, 0LL));
    const TimePoint step = step_start(before->at, options_.step);
    if (step != step_start(sample.at, options_.step))
      finish_step(step);
  }
  samples_.push_back(sample);
  drop_old();
  return fate;
}

std::optional<Sample> Series::latest() const {
  return samples_.empty() ? std::nullopt : std::optional(samples_.back());
}

std::vector<Sample> Series::since(Duration span, TimePoint now) const {
  std::vector<Sample> found;
  for (const auto& sample : samples_)
    if (sample.at > now - span && sample.at <= now)
      found.push_back(sample);
  return found;
}

double Series::coverage(Duration span, TimePoint now) const {
  ensure(span >= options_.interval, "coverage of less than an interval");
  Duration covered{0};
  TimePoint covered_until = now - span;
  for (const auto& sample : samples_) {
    if (sample.at <= covered_until || sample.at > now)
      continue;
    const Duration since_last = sample.at - covered_until;
    covered += since_last <= kOnTimeIntervals * options_.interval ? since_last : options_.interval;
    covered_until = sample.at;
  }
  return static_cast<double>(covered.count()) / static_cast<double>(span.count());
}

bool Series::is_stale(TimePoint now) const {
  return samples_.empty() || now - samples_.back().at > kStaleIntervals * options_.interval;
}

SampleFate Series::fate_of(const Sample& sample, TimePoint now) const {
  if (!std::isfinite(sample.value))
    return SampleFate::NotANumber;
  if (sample.value < 0)
    return SampleFate::Negative;
  if (sample.at > now + options_.interval)
    return SampleFate::FromTheFuture;
  if (samples_.empty() || sample.at > samples_.back().at)
    return SampleFate::Added;
  return sample.at == samples_.back().at ? SampleFate::Duplicate : SampleFate::OutOfOrder;
}

void Series::count(SampleFate fate) {
  switch (fate) {
  case SampleFate::Added: ++counts_.added; break;
  case SampleFate::Duplicate: ++counts_.duplicates; break;
  case SampleFate::OutOfOrder: ++counts_.out_of_order; break;
  case SampleFate::FromTheFuture: ++counts_.from_the_future; break;
  case SampleFate::NotANumber: ++counts_.not_numbers; break;
  case SampleFate::Negative: ++counts_.negative; break;
  }
}

void Series::finish_step(TimePoint start) {
  std::vector<double> values;
  double sum = 0;
  for (auto sample = samples_.rbegin(); sample != samples_.rend() && sample->at >= start;
       ++sample) {
    values.push_back(sample->value);
    sum += sample->value;
  }
  std::ranges::sort(values);
  Aggregate aggregate;
  aggregate.start = start;
  aggregate.min = values.front();
  aggregate.mean = sum / static_cast<double>(values.size());
  aggregate.max = values.back();
  aggregate.p95 = quantile(values, 0.95);
  aggregate.samples = values.size();
  aggregates_.push_back(aggregate);
  const Duration kept = options_.step * static_cast<std::int64_t>(options_.aggregates_max);
  while (start - aggregates_.front().start >= kept)
    aggregates_.pop_front();
}

void Series::drop_old() {
  const TimePoint newest = samples_.back().at;
  const auto samples_max =
      kSamplesPerIntervalMax * static_cast<std::size_t>(options_.window / options_.interval);
  while (newest - samples_.front().at >= options_.window || samples_.size() > samples_max)
    samples_.pop_front();
}

} // namespace berth::analyzer
