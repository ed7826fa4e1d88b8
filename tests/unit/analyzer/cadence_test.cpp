#include "analyzer/model/cadence.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

void answer(Cadence& cadence, Duration spacing, int times = 1) {
  const std::array<Duration, 3> nodes{spacing, spacing, spacing};
  for (int i = 0; i < times; ++i)
    cadence.add(nodes);
}

} // namespace

TEST_CASE("until something is known the source is taken for a metrics-server") {
  CHECK(Cadence(10s).interval() == 60s);
  CHECK(Cadence(60s).interval() == 60s);
  CHECK(Cadence(10min).interval() == 10min);
}

TEST_CASE("the beat of a source that is slower than it is asked is learned") {
  Cadence cadence(10s);
  answer(cadence, 30s);
  CHECK(cadence.interval() == 30s);
}

TEST_CASE("a source is never taken to be faster than it is asked") {
  Cadence cadence(60s);
  answer(cadence, 15s, 9);
  CHECK(cadence.interval() == 60s);
}

TEST_CASE("one outage does not change the beat") {
  Cadence cadence(10s);
  answer(cadence, 15s, 8);
  answer(cadence, 2h);
  CHECK(cadence.interval() == 15s);
}

TEST_CASE("a source that changes its beat is followed, up to a limit") {
  Cadence cadence(10s);
  answer(cadence, 15s, 9);
  answer(cadence, 2min, 5);
  CHECK(cadence.interval() == 2min);
  answer(cadence, 2h, 9);
  CHECK(cadence.interval() == 10min);
}

TEST_CASE("one odd node does not count, and an answer with nothing new is none") {
  Cadence cadence(10s);
  const std::vector<Duration> nodes{15s, 3h, 15s};
  cadence.add(nodes);
  cadence.add({});
  CHECK(cadence.interval() == 15s);
}

} // namespace berth::analyzer
