#pragma once
// Backoff: growing pauses between failures, with jitter so that many clients of one server do not
// come back together. It forgets by itself when nothing has failed for a while.

#include "lib/base/clock.hpp"
#include "lib/base/rng.hpp"

namespace berth::kube {

struct BackoffOptions {
  Duration initial{800};
  Duration max = std::chrono::seconds{30};
  /// A failure this long after the last one counts as the first.
  Duration reset_after = std::chrono::seconds{120};
  /// Each pause is stretched by a random part of itself, at most this one.
  double jitter = 0.5;
};

class Backoff {
public:
  Backoff(Rng rng, BackoffOptions options) : rng_(rng), options_(options) {}

  /// The pause after a failure at `now`; the next one is twice as long.
  [[nodiscard]] Duration next(SteadyPoint now);
  void reset() { failures_ = 0; }

private:
  Rng rng_;
  BackoffOptions options_;
  unsigned failures_ = 0;
  SteadyPoint last_failure_{};
};

/// initial x 2^doublings, at most max.
[[nodiscard]] Duration exponential_delay(Duration initial, Duration max, unsigned doublings);

} // namespace berth::kube
