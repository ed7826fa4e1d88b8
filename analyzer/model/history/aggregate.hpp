#pragma once
// Aggregate: what a step of time amounted to. A step without samples has none.

#include <cstddef>

#include "lib/base/clock.hpp"

namespace berth::analyzer {

struct Aggregate {
  TimePoint start{};
  double min = 0;
  double mean = 0;
  double max = 0;
  double p95 = 0;
  std::size_t samples = 0;

  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

} // namespace berth::analyzer
