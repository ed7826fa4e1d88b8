#include "analyzer/model/series.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>

#include "analyzer/model/quantile.hpp"
#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

/// Sources answer faster than asked at times; more samples than this in one window are not kept.
constexpr std::size_t kSamplesPerIntervalMax = 4;

/// A sample that comes this late after the one before is not a hole yet.
constexpr double kOnTimeIntervals = 1.5;

/// Room is made for so many samples at a time: doubling would waste a third of all memory.
constexpr std::size_t kSamplesGrow = 8;

/// Times of samples are kept from a base that moves on before this.
constexpr Duration kFromBaseMax = std::chrono::days{30};

constexpr std::uint64_t SampleCounts::* kCounts[] = {
    &SampleCounts::added,           &SampleCounts::duplicates,  &SampleCounts::out_of_order,
    &SampleCounts::from_the_future, &SampleCounts::not_numbers, &SampleCounts::negative,
    &SampleCounts::missing};

TimePoint step_start(TimePoint time, Duration step) {
  const Duration since_epoch = time.time_since_epoch();
  return TimePoint{since_epoch - since_epoch % step};
}

} // namespace

Series::Series(SeriesOptions options) : options_(options), aggregates_(options.step) {
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
  keep(sample);
  drop_old();
  return fate;
}

std::optional<Sample> Series::latest() const {
  return samples_.empty() ? std::nullopt : std::optional(unpacked(samples_.back()));
}

std::vector<Sample> Series::samples() const {
  std::vector<Sample> found;
  found.reserve(samples_.size());
  for (const Packed packed : samples_)
    found.push_back(unpacked(packed));
  return found;
}

std::vector<Aggregate> Series::aggregates(TimePoint from) const {
  return aggregates_.since(std::max(from, newest_step_ - options_.aggregates_kept + options_.step));
}

void Series::restore(const std::vector<Aggregate>& steps, const std::vector<Sample>& samples) {
  ensure(samples_.empty() && aggregates_.empty(), "only an empty series is restored");
  for (const Aggregate& step : steps) {
    const bool is_next = step.start > newest_step_ && step.samples > 0 &&
                         step.start == step_start(step.start, options_.step);
    if (!is_next)
      continue;
    aggregates_.push(step);
    newest_step_ = step.start;
  }
  if (samples.empty() || step_start(samples.back().at, options_.step) <= newest_step_)
    return; // they belong to the steps that are finished, or to none
  for (const Sample& sample : samples) {
    const auto before = latest();
    const bool is_next =
        std::isfinite(sample.value) && sample.value >= 0 && (!before || sample.at > before->at);
    if (!is_next)
      continue;
    keep(sample);
    drop_old();
  }
}

void Series::keep_aggregates(Duration kept) {
  options_.aggregates_kept = kept;
  aggregates_.drop_before(newest_step_ - kept);
}

std::size_t Series::bytes() const {
  return sizeof(Series) + samples_.capacity() * sizeof(Packed) + aggregates_.heap_bytes();
}

std::vector<Sample> Series::since(Duration span, TimePoint now) const {
  std::vector<Sample> found;
  for (const Packed packed : samples_)
    if (const Sample sample = unpacked(packed); sample.at > now - span && sample.at <= now)
      found.push_back(sample);
  return found;
}

double Series::coverage(Duration span, TimePoint now) const {
  ensure(span >= options_.interval, "coverage of less than an interval");
  Duration covered{0};
  TimePoint covered_until = now - span;
  for (const Packed packed : samples_) {
    const Sample sample = unpacked(packed);
    if (sample.at <= covered_until || sample.at > now)
      continue;
    const Duration since_last = sample.at - covered_until;
    covered += since_last <= kOnTimeIntervals * options_.interval ? since_last : options_.interval;
    covered_until = sample.at;
  }
  return static_cast<double>(covered.count()) / static_cast<double>(span.count());
}

bool Series::is_stale(TimePoint now) const {
  return samples_.empty() || now - latest()->at > kStaleIntervals * options_.interval;
}

SampleFate Series::fate_of(const Sample& sample, TimePoint now) const {
  if (!std::isfinite(sample.value))
    return SampleFate::NotANumber;
  if (sample.value < 0)
    return SampleFate::Negative;
  if (sample.at > now + options_.interval)
    return SampleFate::FromTheFuture;
  const auto before = latest();
  if (before && sample.at == before->at)
    return SampleFate::Duplicate;
  // What was restored may be newer than what a source says first.
  const TimePoint after =
      before ? before->at
             : newest_step_ + (aggregates_.empty() ? Duration{0} : options_.step - 1ms);
  return sample.at > after ? SampleFate::Added : SampleFate::OutOfOrder;
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

Sample Series::unpacked(Packed packed) const {
  return {base_ + Duration{packed.after_base_ms}, packed.value};
}

void Series::keep(const Sample& sample) {
  if (samples_.empty()) {
    base_ = sample.at;
  } else if (sample.at - base_ > kFromBaseMax) {
    // All that is kept is of one window; samples of before it go now and not a line later.
    const TimePoint first = std::max(unpacked(samples_.front()).at, sample.at - options_.window);
    std::erase_if(samples_, [&](Packed packed) { return unpacked(packed).at < first; });
    for (Packed& packed : samples_)
      packed.after_base_ms -= static_cast<std::uint32_t>((first - base_).count());
    base_ = first;
  }
  if (samples_.size() == samples_.capacity())
    samples_.reserve(samples_.size() + kSamplesGrow);
  samples_.push_back(
      {static_cast<std::uint32_t>((sample.at - base_).count()), static_cast<float>(sample.value)});
}

void Series::finish_step(TimePoint start) {
  std::vector<double> values;
  double sum = 0;
  for (const auto& packed : std::views::reverse(samples_)) {
    const Sample sample = unpacked(packed);
    if (sample.at < start)
      break;
    values.push_back(sample.value);
    sum += sample.value;
  }
  std::ranges::sort(values);
  Aggregate aggregate;
  aggregate.start = start;
  aggregate.min = values.front();
  aggregate.mean = sum / static_cast<double>(values.size());
  aggregate.max = values.back();
  aggregate.p95 = quantile(values, 0.95);
  aggregate.samples = values.size();
  aggregates_.push(aggregate);
  aggregates_.drop_before(start - options_.aggregates_kept);
  newest_step_ = start;
}

void Series::drop_old() {
  const TimePoint newest = unpacked(samples_.back()).at;
  const auto samples_max =
      kSamplesPerIntervalMax * static_cast<std::size_t>(options_.window / options_.interval);
  std::size_t old = samples_.size() > samples_max ? samples_.size() - samples_max : 0;
  while (newest - unpacked(samples_[old]).at >= options_.window)
    ++old;
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(old));
}

SampleCounts& SampleCounts::operator+=(const SampleCounts& more) {
  for (const auto count : kCounts)
    this->*count += more.*count;
  return *this;
}

SampleCounts SampleCounts::since(const SampleCounts& before) const {
  SampleCounts more;
  for (const auto count : kCounts)
    more.*count = this->*count - before.*count;
  return more;
}

} // namespace berth::analyzer
