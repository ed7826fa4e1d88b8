#include <catch2/catch.hpp>

#include <array>

#include "lib/base/rng.hpp"

using berth::Rng;

TEST_CASE("a seed gives the published SplitMix64 sequence, everywhere") {
  Rng rng(1234567); // the reference vector of the algorithm's C version
  for (const std::uint64_t expected :
       {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
        4593380528125082431ULL, 16408922859458223821ULL})
    CHECK(rng.next() == expected);
}

TEST_CASE("numbers below a bound stay below it and use all of it") {
  Rng rng(7);
  std::array<int, 5> seen{};
  for (int i = 0; i < 5000; ++i)
    ++seen.at(rng.below(5));
  for (const int count : seen)
    CHECK((count > 850 && count < 1150));
  CHECK(rng.below(1) == 0);
}

TEST_CASE("the unit interval is half open") {
  Rng rng(9);
  for (int i = 0; i < 1000; ++i) {
    const double number = rng.unit();
    CHECK((number >= 0.0 && number < 1.0));
  }
}
