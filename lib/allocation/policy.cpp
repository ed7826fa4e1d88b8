#include "lib/allocation/policy.hpp"

#include <algorithm>

#include "lib/resources/int128.hpp"

namespace berth::allocation {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

} // namespace

std::int64_t ageing_points(const Ageing& ageing, TimePoint created, TimePoint now) {
  if (ageing.points_per_hour <= 0 || now <= created)
    return 0;
  const auto points = resources::Int128{(now - created).count()} * ageing.points_per_hour / kHourMs;
  return static_cast<std::int64_t>(std::min<resources::Int128>(points, ageing.points_max));
}

std::optional<Duration> ageing_bound(const Ageing& ageing, std::int64_t gap) {
  if (gap <= 0)
    return Duration{0};
  if (ageing.points_per_hour <= 0 || gap > ageing.points_max)
    return std::nullopt;
  const auto waited =
      (resources::Int128{gap} * kHourMs + ageing.points_per_hour - 1) / ageing.points_per_hour;
  return Duration{static_cast<std::int64_t>(waited)};
}

} // namespace berth::allocation
