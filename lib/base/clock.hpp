#pragma once
// The two clocks of the product, always injected. Wall time is for people and for calendars
// (reservations, annotations); steady time is for leases, deadlines and measuring, as it never
// jumps. Pure code takes a TimePoint instead of a Clock.

#include <chrono>

namespace berth {

using Duration = std::chrono::milliseconds;
/// Wall time in UTC, to the millisecond.
using TimePoint = std::chrono::sys_time<Duration>;
/// Time since an unspecified start; only differences mean something.
using SteadyPoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

class Clock {
public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual SteadyPoint steady_now() const = 0;
};

/// The machine's clocks; made by main() only.
class SystemClock final : public Clock {
public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] SteadyPoint steady_now() const override;
};

} // namespace berth
