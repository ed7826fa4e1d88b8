#include "analyzer/advise/pool_course.hpp"

#include <algorithm>

namespace berth::analyzer {
namespace {

using resources::ResourceName;

/// With a long interval an hour has too few samples to say anything.
constexpr int kWindowIntervalsMin = 20;

SeriesOptions series_options(Duration interval) {
  SeriesOptions options;
  options.interval = interval;
  options.window = std::max(options.window, interval * kWindowIntervalsMin);
  return options;
}

void add(Series& series, const PoolUsage& usage, const ResourceName& resource, TimePoint now) {
  if (!usage.estimated.contains(resource))
    return;
  Sample sample;
  sample.at = *usage.newest_fresh;
  sample.value = static_cast<double>(usage.estimated.get(resource).value());
  static_cast<void>(series.add(sample, now));
}

} // namespace

PoolCourse::PoolCourse(const AdvisorOptions& options)
    : coverage_percent_min_(options.coverage_percent_min), cpu_(series_options(options.interval)),
      memory_(series_options(options.interval)) {}

void PoolCourse::record(const PoolUsage& usage, Duration interval, TimePoint now) {
  cpu_.expect_every(interval);
  memory_.expect_every(interval);
  if (!usage.newest_fresh || usage.coverage_percent() < coverage_percent_min_)
    return;
  add(cpu_, usage, ResourceName::cpu(), now);
  add(memory_, usage, ResourceName::memory(), now);
}

} // namespace berth::analyzer
