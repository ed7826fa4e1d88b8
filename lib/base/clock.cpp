#include "lib/base/clock.hpp"

namespace berth {

TimePoint SystemClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

SteadyPoint SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

} // namespace berth
