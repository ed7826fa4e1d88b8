#include "lib/allocation/pressure.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

PressureLevel level_of(std::int32_t measured, std::int32_t threshold) {
  const std::int32_t above = measured - threshold;
  const std::int32_t most = 100 - threshold;
  if (above <= 0)
    return PressureLevel::None;
  if (above * 4 >= most * 3)
    return PressureLevel::Emergency;
  return above * 2 >= most ? PressureLevel::Critical : PressureLevel::Warning;
}

} // namespace

PressureLevel pressure_level(const Throttle& throttle, const MeasuredUse& measured) {
  return std::max(level_of(measured.cpu_percent, throttle.cpu_percent),
                  level_of(measured.memory_percent, throttle.memory_percent));
}

} // namespace berth::allocation
