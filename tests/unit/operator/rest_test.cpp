// How long the loop rests between two cycles.

#include <catch2/catch.hpp>

#include "operator/cycle/rest.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;

TEST_CASE("A short cycle is followed by the next as soon as anything changes") {
  CHECK(rest_after(0ms) == 0ms);
  CHECK(rest_after(1ms) < 20ms); // which pass between two snapshots anyway
}

TEST_CASE("Cycles take a twentieth of a core at most while that makes nobody wait for long") {
  for (const Duration took : {2ms, 10ms, 26ms})
    CHECK(took * 20 == took + rest_after(took));
}

TEST_CASE("Nobody waits longer for a cycle than half a second, and the cycle before") {
  CHECK(rest_after(27ms) == 500ms);
  CHECK(rest_after(10min) == 500ms);
}
