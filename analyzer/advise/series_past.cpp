#include "analyzer/advise/series_past.hpp"

#include <algorithm>

namespace berth::analyzer {

double highest_of(const Series& series) {
  double highest = 0;
  for (const Aggregate& step : series.aggregates())
    highest = std::max(highest, step.max);
  for (const Sample& sample : series.samples())
    highest = std::max(highest, sample.value);
  return highest;
}

Duration known_for(const Series& series, TimePoint now) {
  const auto steps = series.aggregates();
  if (!steps.empty())
    return now - steps.front().start;
  const auto samples = series.samples();
  return samples.empty() ? Duration{0} : now - samples.front().at;
}

} // namespace berth::analyzer
