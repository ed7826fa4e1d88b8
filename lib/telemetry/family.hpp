#pragma once
// Family: all series of one metric over closed label sets, found by enum without a look-up:
//   CounterFamily<ExtenderVerb, CallOutcome> calls{registry, spec};
//   calls(ExtenderVerb::Filter, CallOutcome::Ok).add();

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/telemetry/metrics.hpp"

namespace berth::telemetry {

/// A closed set of label values: specialised for an enum with enumerators 0, 1, 2, ...
///   static constexpr std::string_view kName;   the label
///   static std::string_view value(std::size_t index);
///   static constexpr std::size_t kCount;
template <class E>
struct Label;

template <class Cell, class... Labels>
class Family {
public:
  /// Makes every series. `fixed` labels stand in front of the enumerated ones.
  Family(Registry& registry, const MetricSpec& spec, const LabelPairs& fixed = {}) {
    cells_.reserve(kSeries);
    for (std::size_t series = 0; series < kSeries; ++series) {
      LabelPairs labels = fixed;
      std::size_t stride = kSeries;
      std::size_t rest = series;
      ((stride /= Label<Labels>::kCount,
        labels.emplace_back(Label<Labels>::kName, Label<Labels>::value(rest / stride)),
        rest %= stride),
       ...);
      cells_.push_back(&make(registry, spec, std::move(labels)));
    }
  }

  [[nodiscard]] Cell& operator()(Labels... values) const {
    std::size_t index = 0;
    ((index = index * Label<Labels>::kCount + static_cast<std::size_t>(values)), ...);
    return *cells_[index];
  }

private:
  static constexpr std::size_t kSeries = (std::size_t{1} * ... * Label<Labels>::kCount);

  static Cell& make(Registry& registry, const MetricSpec& spec, LabelPairs labels) {
    if constexpr (std::is_same_v<Cell, Counter>)
      return registry.counter(spec, std::move(labels));
    else if constexpr (std::is_same_v<Cell, Gauge>)
      return registry.gauge(spec, std::move(labels));
    else
      return registry.histogram(spec, std::move(labels));
  }

  std::vector<Cell*> cells_;
};

template <class... Labels>
using CounterFamily = Family<Counter, Labels...>;
template <class... Labels>
using GaugeFamily = Family<Gauge, Labels...>;
template <class... Labels>
using HistogramFamily = Family<Histogram, Labels...>;

} // namespace berth::telemetry
