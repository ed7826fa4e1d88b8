#include <catch2/catch.hpp>

#include "lib/resources/amount.hpp"

using berth::resources::Amount;
using berth::resources::compare_ratios;
using berth::resources::scaled;

namespace {

const Amount kMost{INT64_MAX}; // the greatest finite amount
const Amount kLeast{INT64_MIN};

} // namespace

TEST_CASE("an amount stays at the end of its range instead of wrapping") {
  CHECK(kMost + Amount{1} == kMost);
  CHECK(kLeast - Amount{1} == kLeast);
  CHECK(Amount{5} - Amount{7} == Amount{-2});
  CHECK(-kLeast == kMost);
  CHECK_FALSE(kMost.is_unlimited());
}

TEST_CASE("unlimited is above every amount and nothing finite changes it") {
  const Amount unlimited = Amount::unlimited();
  CHECK(kMost < unlimited);
  CHECK(unlimited + Amount{-5} == unlimited);
  CHECK(unlimited - kMost == unlimited);
  CHECK(Amount{3} + unlimited == unlimited);
  CHECK(Amount{3} - unlimited == kLeast);
  CHECK(-unlimited == kLeast);
  CHECK(to_string(unlimited) == "unlimited");
}

TEST_CASE("scaling rounds towards zero, saturates and leaves unlimited alone") {
  CHECK(scaled(Amount{10}, 150, 100) == Amount{15});
  CHECK(scaled(Amount{7}, 1, 2) == Amount{3});
  CHECK(scaled(kMost, 3, 1) == kMost);
  CHECK(scaled(Amount::unlimited(), 1, 2).is_unlimited());
}

TEST_CASE("ratios are compared without overflow or rounding") {
  CHECK((compare_ratios(Amount{1}, Amount{3}, Amount{2}, Amount{6}) == 0));
  CHECK((compare_ratios(kMost, Amount{INT64_MAX - 3}, kMost, Amount{INT64_MAX - 4}) < 0));
  CHECK((compare_ratios(Amount{-1}, Amount{2}, Amount{0}, Amount{9}) < 0));
}
