#pragma once
// How long AllocationLoop rests between two cycles: so that however often the cluster changes, and
// however much waits, cycles take a bounded part of a core. What changes meanwhile is decided on
// together. Pure.

#include <algorithm>
#include <chrono>

#include "lib/base/clock.hpp"

namespace berth::op {

/// Cycles take one part in so many of the time, at most ...
inline constexpr int kCyclePart = 20;
/// ... as long as that makes nobody wait longer than this.
inline constexpr Duration kRestMax = std::chrono::milliseconds{500};

/// `took`: the last cycle, by the clock: on a machine that is busy with others it rests for longer.
[[nodiscard]] constexpr Duration rest_after(Duration took) {
  return std::min(took * (kCyclePart - 1), kRestMax);
}

} // namespace berth::op
