#include <catch2/catch.hpp>

#include "lib/allocation/run_times.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace std::chrono_literals;

TEST_CASE("B2: before there are three runs nothing is known of a family") {
  RunTimes times;
  times.record("a", 60s);
  times.record("a", 70s);
  times.record("b", 80s);
  CHECK_FALSE(times.expected("a"));
  CHECK_FALSE(times.expected("nobody"));
  times.record("a", 50s);
  CHECK(times.expected("a") == 70s);
}

TEST_CASE("B2: what is expected is what nine of ten runs took at most") {
  RunTimes times;
  for (int minutes = 1; minutes <= 20; ++minutes)
    times.record("a", std::chrono::minutes{minutes});
  CHECK(times.expected("a") == 18min);
}

TEST_CASE("B2: old runs are forgotten, as work changes") {
  RunTimes times;
  for (std::size_t i = 0; i < RunTimes::kRunsMax; ++i)
    times.record("a", 10h);
  for (std::size_t i = 0; i < RunTimes::kRunsMax; ++i)
    times.record("a", 10min);
  CHECK(times.expected("a") == 10min);
}

TEST_CASE("B2: parts of seconds count up, and what did not run does not count") {
  RunTimes times;
  for (int i = 0; i < 3; ++i)
    times.record("a", 1500ms);
  CHECK(times.expected("a") == 2s);
  for (int i = 0; i < 3; ++i) {
    times.record("b", 0s);
    times.record("b", -5s);
    times.record("", 5s);
  }
  CHECK_FALSE(times.expected("b"));
  CHECK_FALSE(times.expected(""));
}

TEST_CASE("of too many families the one of which nothing ended for the longest time goes") {
  RunTimes times(2);
  for (int i = 0; i < 3; ++i) {
    times.record("a", 10s);
    times.record("b", 10s);
  }
  times.record("a", 10s);
  times.record("c", 10s);
  CHECK(times.families() == 2);
  CHECK(times.expected("a"));
  CHECK_FALSE(times.expected("b"));
}
