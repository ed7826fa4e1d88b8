// The exact replay behind the strategy Adaptive: what arms cost, when the player switches, and how
// much it regrets.

#include "analyzer/model/replay.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>

namespace berth::analyzer {
namespace {

constexpr ReplayQuestion kQuestion{24, 1}; // hours

std::vector<double> hours(int days, double (*value)(int hour)) {
  std::vector<double> values;
  for (int hour = 0; hour < 24 * days; ++hour)
    values.push_back(value(hour));
  return values;
}

} // namespace

TEST_CASE("less than two days, or no use at all, is nothing to learn from") {
  CHECK_FALSE(replay(hours(1, [](int) { return 5.0; }), kQuestion));
  CHECK_FALSE(replay(hours(5, [](int) { return 0.0; }), kQuestion));
  CHECK(replay(hours(2, [](int) { return 5.0; }), kQuestion));
}

TEST_CASE("steady use wants the smallest buffer, and costs exactly that") {
  const auto report = replay(hours(10, [](int) { return 100.0; }), kQuestion);
  REQUIRE(report);
  CHECK(report->best == ProvisionArm{ProvisionRule::Latest, 20});
  CHECK(report->best_cost == Approx(0.2));
  CHECK(report->chosen.buffer_percent == 20);
  // From 30 % to 20 % saves a tenth of the mean use a step: the switch pays after 60 steps, and
  // costs 6 more. The regret is both, over 216 steps.
  CHECK(report->switches == 1);
  CHECK(report->regret() == Approx((61 * 0.1 + 6) / 216).epsilon(0.02));
  CHECK(report->expected_peak == 100);
}

TEST_CASE("a day with a cliff in the morning is provided for by yesterday") {
  const auto report =
      replay(hours(14, [](int hour) { return hour % 24 == 8 ? 1000.0 : 100.0; }), kQuestion);
  REQUIRE(report);
  CHECK(report->best.rule == ProvisionRule::Yesterday);
  CHECK(report->chosen.rule == ProvisionRule::Yesterday);
}

TEST_CASE("use that jumps about wants a larger buffer") {
  const auto jumpy = [](int hour) { return hour % 2 == 0 ? 100.0 : 155.0; };
  const auto report = replay(hours(14, jumpy), {23, 1}); // no day that repeats
  REQUIRE(report);
  CHECK(report->chosen.buffer_percent >= 50);
}

TEST_CASE("whatever the past, every step is played and the outcome is said") {
  CHECK(rc::check([] {
    const auto values = *rc::gen::container<std::vector<double>>(
        96, rc::gen::map(rc::gen::inRange(1, 1000), [](int v) { return static_cast<double>(v); }));
    const auto report = replay(values, kQuestion);
    RC_ASSERT(report.has_value());
    RC_ASSERT(report->best_cost >= 0);
    RC_ASSERT(report->steps == 72U);
    RC_ASSERT(describe(*report).find("in hindsight") != std::string::npos);
    RC_ASSERT(report->cost >= 0);
  }));
}

TEST_CASE("the same past gives the same choice") {
  const auto values = hours(7, [](int hour) { return 100 + 50 * std::sin(hour / 3.8); });
  const auto first = replay(values, kQuestion);
  const auto second = replay(values, kQuestion);
  REQUIRE(first);
  CHECK(first->chosen == second->chosen);
  CHECK(first->cost == second->cost);
}

} // namespace berth::analyzer
