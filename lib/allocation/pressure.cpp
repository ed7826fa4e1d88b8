#include "lib/allocation/pressure.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

PressureLevel level_of(std::int32_t measured, std::int32_t threshold) {
  const std::int32_t above = measured - threshold;
  const std::int32_t most = 100 - threshold;
  if (above <= 0)
    return PressureLevel::None;
  if ((threshold < kEmergencyPercent && measured >= kEmergencyPercent) || above * 4 >= most * 3)
    return PressureLevel::Emergency;
  const bool is_critical = threshold < kCriticalPercent && measured >= kCriticalPercent;
  return is_critical || above * 2 >= most ? PressureLevel::Critical : PressureLevel::Warning;
}

std::int32_t threshold_of(const Throttle& throttle, const ResourceName& resource) {
  return resource == ResourceName::cpu() ? throttle.cpu_percent : throttle.memory_percent;
}

void add_use(std::string& text, const ResourceName& resource, const MeasuredUse& measured,
             std::string_view related, std::int32_t percent) {
  text += (text.empty() ? "measured " : " and ") + std::string(resource.str()) + " is at " +
          std::to_string(*measured.percent(resource)) + " %, " + std::string(related) + " " +
          std::to_string(percent) + " %";
}

} // namespace

std::optional<std::int32_t> MeasuredUse::percent(const ResourceName& resource) const {
  const Amount whole = capacity.get(resource);
  if (!used.contains(resource) || whole <= Amount{})
    return std::nullopt;
  const Amount percent = resources::scaled(used.get(resource), 100, whole.value());
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(percent.value(), 0, 100));
}

bool MeasuredUse::is_of(const NodeName& node) const {
  return !std::binary_search(unmeasured.begin(), unmeasured.end(), node);
}

const std::array<ResourceName, 2>& pressed_resources() {
  static const std::array<ResourceName, 2> kResources{ResourceName::cpu(), ResourceName::memory()};
  return kResources;
}

bool is_fresh(const MeasuredUse& measured, TimePoint now) {
  return measured.at >= now - kMeasurementAgeMax && measured.at <= now + kMeasurementAgeMax;
}

PressureLevel pressure_level(const Throttle& throttle, const MeasuredUse& measured,
                             const ResourceName& resource) {
  const auto& pressed = pressed_resources();
  const auto percent = measured.percent(resource);
  return percent && std::find(pressed.begin(), pressed.end(), resource) != pressed.end()
             ? level_of(*percent, threshold_of(throttle, resource))
             : PressureLevel::None;
}

PressureLevel pressure_level(const Throttle& throttle, const MeasuredUse& measured) {
  PressureLevel worst = PressureLevel::None;
  for (const ResourceName& resource : pressed_resources())
    worst = std::max(worst, pressure_level(throttle, measured, resource));
  return worst;
}

std::string describe_pressure(const Throttle& throttle, const MeasuredUse& measured) {
  std::string text;
  for (const ResourceName& resource : pressed_resources())
    if (pressure_level(throttle, measured, resource) != PressureLevel::None)
      add_use(text, resource, measured, "above", threshold_of(throttle, resource));
  return text;
}

std::string describe_degradation(const MeasuredUse& measured) {
  std::string text;
  for (const UseLimit& limit : measured.degradation.limits)
    if (const auto percent = measured.percent(limit.resource); percent && *percent >= limit.percent)
      add_use(text, limit.resource, measured, "to fall below", limit.percent);
  return text;
}

} // namespace berth::allocation
