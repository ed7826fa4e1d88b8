#pragma once
// What is left of a call's time.

#include <algorithm>
#include <chrono>

#include "lib/base/clock.hpp"

namespace berth::http {

using SteadyClock = std::chrono::steady_clock;

/// 0 once the deadline has passed.
[[nodiscard]] inline Duration time_until(SteadyClock::time_point deadline) {
  return std::max(Duration{0}, std::chrono::duration_cast<Duration>(deadline - SteadyClock::now()));
}

} // namespace berth::http
