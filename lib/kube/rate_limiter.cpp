#include "lib/kube/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

#include "lib/base/ensure.hpp"

namespace berth::kube {

RateLimiter::RateLimiter(const Clock& clock, double per_second, std::size_t burst)
    : clock_(clock), per_second_(per_second), burst_(static_cast<double>(burst)), tokens_(burst_),
      refilled_(clock.steady_now()) {
  ensure(per_second > 0 && burst >= 1, "a rate limiter needs a rate and a burst");
}

std::optional<Duration> RateLimiter::reserve(Duration wait_max) {
  refill();
  const double missing = std::max(0.0, 1.0 - tokens_);
  const double wait_ms = std::ceil(missing / per_second_ * 1000.0);
  if (wait_ms > static_cast<double>(wait_max.count()))
    return std::nullopt;
  tokens_ -= 1.0;
  return Duration{static_cast<Duration::rep>(wait_ms)};
}

void RateLimiter::refill() {
  const SteadyPoint now = clock_.steady_now();
  const std::chrono::duration<double> passed = now - refilled_;
  refilled_ = now;
  tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
}

} // namespace berth::kube
