#include "lib/kube/backoff.hpp"

#include <algorithm>

namespace berth::kube {

Duration Backoff::next(SteadyPoint now) {
  if (failures_ > 0 && now - last_failure_ > options_.reset_after)
    failures_ = 0;
  last_failure_ = now;
  const Duration base = exponential_delay(options_.initial, options_.max, failures_++);
  const double stretched = static_cast<double>(base.count()) * (1 + options_.jitter * rng_.unit());
  return Duration{static_cast<Duration::rep>(stretched)};
}

Duration exponential_delay(Duration initial, Duration max, unsigned doublings) {
  Duration delay = initial;
  while (doublings-- > 0 && delay < max)
    delay *= 2;
  return std::min(delay, max);
}

} // namespace berth::kube
