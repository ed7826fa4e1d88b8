#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"
#include "lib/kube/backoff.hpp"
#include "lib/kube/rate_limiter.hpp"

using namespace berth;
using namespace berth::kube;
using namespace std::chrono_literals;

TEST_CASE("RateLimiter lets a burst through, then one in each interval, in order") {
  async::SimulatedExecutor clock{TimePoint{}};
  RateLimiter limiter(clock, 10, 3);
  for (int i = 0; i < 3; ++i)
    CHECK(limiter.reserve(1h) == Duration{0});
  CHECK(limiter.reserve(1h) == Duration{100});
  CHECK(limiter.reserve(1h) == Duration{200});
  clock.run_for(200ms);
  CHECK(limiter.reserve(1h) == Duration{100});
  clock.run_for(1h);
  for (int i = 0; i < 3; ++i)
    CHECK(limiter.reserve(Duration{0}) == Duration{0});
  CHECK(limiter.reserve(Duration{0}) == std::nullopt);
}

TEST_CASE("RateLimiter takes no token from who will not wait") {
  async::SimulatedExecutor clock{TimePoint{}};
  RateLimiter limiter(clock, 1, 1);
  CHECK(limiter.reserve(Duration{0}) == Duration{0});
  for (int i = 0; i < 10; ++i)
    CHECK(limiter.reserve(500ms) == std::nullopt);
  CHECK(limiter.reserve(1s) == Duration{1000});
}

TEST_CASE("RateLimiter does not notice when the wall clock jumps (F19)") {
  async::SimulatedExecutor clock{TimePoint{}};
  RateLimiter limiter(clock, 1, 1);
  CHECK(limiter.reserve(1h) == Duration{0});
  clock.jump_wall_clock(24h);
  CHECK(limiter.reserve(1h) == Duration{1000});
}

TEST_CASE("Delays double up to their limit without overflow") {
  CHECK(exponential_delay(5ms, 1000s, 0) == 5ms);
  CHECK(exponential_delay(5ms, 1000s, 3) == 40ms);
  CHECK(exponential_delay(5ms, 1000s, 63) == 1000s);
  CHECK(exponential_delay(5ms, 1000s, 4'000'000'000U) == 1000s);
}

TEST_CASE("Backoff grows with each failure and is forgotten when nothing fails for a while") {
  Backoff backoff(Rng{1}, {100ms, 1s, 10s, 0.5});
  SteadyPoint now{};
  for (const auto base : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const Duration pause = backoff.next(now);
    CHECK(pause >= base);
    CHECK(pause < base * 3 / 2 + 1ms);
    now += pause;
  }
  now += 11s;
  CHECK(backoff.next(now) < 150ms);
}
