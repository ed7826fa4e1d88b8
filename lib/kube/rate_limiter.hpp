#pragma once
// RateLimiter: a token bucket on an injected steady clock. Who takes a token is told how long to
// wait, so waiters are served in order and nothing has to be woken. Used for the client's requests,
// for events and for retries of the work queue.

#include <cstddef>
#include <optional>

#include "lib/base/clock.hpp"

namespace berth::kube {

class RateLimiter {
public:
  /// `per_second` > 0; the bucket starts full with `burst` >= 1 tokens. The clock must outlive it.
  RateLimiter(const Clock& clock, double per_second, std::size_t burst);

  /// Takes one token and answers how long to wait before using it. Nothing, and no token taken,
  /// when that would be longer than `wait_max`.
  [[nodiscard]] std::optional<Duration> reserve(Duration wait_max);

private:
  void refill();

  const Clock& clock_;
  double per_second_;
  double burst_;
  double tokens_; ///< negative: tokens promised to those who wait
  SteadyPoint refilled_;
};

} // namespace berth::kube
