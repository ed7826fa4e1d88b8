#include "analyzer/model/thresholds.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::ResourceName;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr double kCapacity = 100'000;
constexpr TargetSize kTenNodes{10, 1};

/// A pool that uses `now_percent` steadily, without a forecast.
Judged steady(double now_percent) {
  Judged judged;
  judged.outlook.resource = ResourceName::cpu();
  judged.outlook.metrics = Reason::MetricsAvailable;
  judged.outlook.capacity = kCapacity;
  judged.outlook.use_now = kCapacity * now_percent / 100;
  judged.outlook.peak_p95 = judged.outlook.use_now;
  judged.outlook.coverage = 1;
  judged.outlook.completeness = 1;
  judged.outlook.samples = 60;
  return judged;
}

/// The same with a forecast for in an hour.
Judged heading(double now_percent, double p10, double p50, double p90) {
  Judged judged = steady(now_percent);
  const double unit = kCapacity / 100;
  judged.outlook.foresight.soon = {Forecast{kNow + 1h, p10 * unit, p50 * unit, p90 * unit}};
  return judged;
}

SizeAdvice advise_one(const Judged& judged, const AdviceState& state = {},
                      TargetSize size = kTenNodes, AdviceOptions options = {}) {
  return advise({&judged, 1}, size, state, options, kNow);
}

AdviceState standing(Advice advice, Duration ago) {
  return AdviceState{advice, kNow - ago};
}

} // namespace

TEST_CASE("what steady use is advised, from idle to full") {
  const auto row = GENERATE(table<double, Advice, std::int32_t>({
      {0, Advice::Shrink, 8},
      {20, Advice::Shrink, 8},
      {40, Advice::Shrink, 8},
      {40.1, Advice::None, 0},
      {65, Advice::None, 0},
      {84.9, Advice::None, 0},
      {85, Advice::Grow, 14},
      {90, Advice::Grow, 14},
      {100, Advice::Grow, 16},
      {130, Advice::Grow, 20},
  }));
  CAPTURE(std::get<0>(row));
  const SizeAdvice advice = advise_one(steady(std::get<0>(row)));
  CHECK(advice.known);
  CHECK(advice.state.advice == std::get<1>(row));
  CHECK(advice.units == std::get<2>(row));
}

TEST_CASE("a pool grows ahead of a likely peak, and not for an unlikely one") {
  CHECK(advise_one(heading(60, 70, 90, 110)).state.advice == Advice::Grow);
  CHECK(advise_one(heading(60, 60, 80, 110)).state.advice == Advice::None);
}

TEST_CASE("a pool that leaves its thresholds by itself is not advised to grow") {
  CHECK(advise_one(heading(90, 40, 50, 60)).state.advice == Advice::None);
  CHECK(advise_one(heading(99, 40, 50, 60)).state.advice == Advice::None);
  CHECK(advise_one(heading(90, 65, 75, 80)).state.advice == Advice::Grow);
  CHECK(advise_one(heading(75, 40, 50, 60), standing(Advice::Grow, 1h)).state.advice ==
        Advice::None);
}

TEST_CASE("a pool does not shrink before a peak that must be reckoned with") {
  CHECK(advise_one(heading(20, 15, 20, 30)).state.advice == Advice::Shrink);
  CHECK(advise_one(heading(20, 15, 25, 60)).state.advice == Advice::None);
  Judged had_a_peak = steady(20);
  had_a_peak.outlook.peak_p95 = kCapacity * 0.6;
  CHECK(advise_one(had_a_peak).state.advice == Advice::None);
  Judged busy_at_noon = steady(20);
  busy_at_noon.outlook.day_peak = kCapacity * 0.6;
  CHECK(advise_one(busy_at_noon).state.advice == Advice::None);
}

TEST_CASE("a pool does not shrink on a window with holes") {
  Judged judged = steady(10);
  judged.outlook.coverage = 0.79;
  CHECK(advise_one(judged).state.advice == Advice::None);
  judged.outlook.coverage = 0.8;
  CHECK(advise_one(judged).state.advice == Advice::Shrink);
}

TEST_CASE("an advice to grow stands until use is below the warning") {
  const auto state = standing(Advice::Grow, 1h);
  CHECK(advise_one(steady(84), state).state == state);
  CHECK(advise_one(steady(70), state).state == state);
  CHECK(advise_one(steady(69.9), state).state == AdviceState{Advice::None, kNow});
}

TEST_CASE("an advice to shrink stands until use is clear of the threshold") {
  const auto state = standing(Advice::Shrink, 1h);
  CHECK(advise_one(steady(45), state).state == state);
  CHECK(advise_one(steady(50), state).state == state);
  CHECK(advise_one(steady(50.1), state).state == AdviceState{Advice::None, kNow});
}

TEST_CASE("a change of mind waits for the cooldown") {
  const auto fresh = standing(Advice::Grow, 4min + 59s);
  CHECK(advise_one(steady(10), fresh).state == fresh);
  CHECK(advise_one(steady(10), standing(Advice::Grow, 5min)).state ==
        AdviceState{Advice::Shrink, kNow});
  const auto old = standing(Advice::Shrink, 5min);
  CHECK(advise_one(steady(90), old).state == AdviceState{Advice::Grow, kNow});
  const auto ended = standing(Advice::None, 1min);
  CHECK(advise_one(steady(90), ended).state == ended);
}

TEST_CASE("a pool that is nearly full does not wait for the cooldown") {
  const auto ended = standing(Advice::None, 1s);
  CHECK(advise_one(steady(94), ended).state == ended);
  CHECK(advise_one(steady(95), ended).state == AdviceState{Advice::Grow, kNow});
}

TEST_CASE("advice to shrink that use does not allow any more is over at once, and growth waits") {
  const auto fresh = standing(Advice::Shrink, 1s);
  CHECK(advise_one(steady(90), fresh).state == AdviceState{Advice::None, kNow});
  CHECK(advise_one(steady(95), fresh).state == AdviceState{Advice::Grow, kNow});
}

TEST_CASE("what one unit fewer would leave too busy is not told to shrink") {
  CHECK(advise_one(steady(40), {}, {2, 1}).state.advice == Advice::None);
  CHECK(advise_one(steady(30), {}, {2, 1}).state.advice == Advice::Shrink);
}

TEST_CASE("one resource is enough to grow, and all are needed to shrink") {
  Judged memory = steady(90);
  memory.outlook.resource = ResourceName::memory();
  const std::vector<Judged> mixed{steady(10), memory};
  const SizeAdvice grows = advise(mixed, kTenNodes, {}, {}, kNow);
  CHECK(grows.state.advice == Advice::Grow);
  CHECK(grows.resource == 1);
  CHECK(grows.peak_percent == Approx(90));

  memory.outlook = steady(50).outlook;
  CHECK(advise(std::vector{steady(10), memory}, kTenNodes, {}, {}, kNow).state.advice ==
        Advice::None);
  memory.outlook = steady(39).outlook;
  const SizeAdvice shrinks = advise(std::vector{steady(10), memory}, kTenNodes, {}, {}, kNow);
  CHECK(shrinks.state.advice == Advice::Shrink);
  CHECK(shrinks.resource == 1);
}

TEST_CASE("a pool shrinks by a fifth at most, and never below its smallest size") {
  CHECK(advise_one(steady(1), {}, {100, 1}).units == 80);
  CHECK(advise_one(steady(1), {}, {4, 1}).units == 3);
  CHECK(advise_one(steady(1), {}, {2, 1}).units == 1);
  CHECK(advise_one(steady(1), {}, {100, 95}).units == 95);
  CHECK(advise_one(steady(1), {}, {1, 1}).state.advice == Advice::None);
  CHECK(advise_one(steady(1), {}, {5, 5}).state.advice == Advice::None);
}

TEST_CASE("without fresh measurements nothing is decided and the state stays") {
  const auto state = standing(Advice::Grow, 1h);
  for (const Reason reason : {Reason::MetricsMissing, Reason::MetricsStale}) {
    Judged judged = steady(0);
    judged.outlook.metrics = reason;
    const SizeAdvice advice = advise(std::vector{steady(10), judged}, kTenNodes, state, {}, kNow);
    CHECK_FALSE(advice.known);
    CHECK(advice.state == state);
    CHECK(advice.reason == reason);
  }
  CHECK_FALSE(advise_one(steady(10), {}, {0, 1}).known);
  CHECK(advise_one(steady(10), {}, {0, 1}).reason == Reason::NoNodes);
  CHECK_FALSE(advise({}, kTenNodes, {}, {}, kNow).known);
}

TEST_CASE("confidence follows the forecast and falls with missing measurements") {
  const auto sure = advise_one(heading(90, 88, 92, 96)).confidence_percent;
  const auto unsure = advise_one(heading(60, 40, 86, 130)).confidence_percent;
  CHECK(sure == 95);
  CHECK(unsure < sure);
  CHECK(unsure > 50);
  Judged with_holes = heading(90, 88, 92, 96);
  with_holes.outlook.completeness = 0.6;
  CHECK(advise_one(with_holes).confidence_percent == 57);
  Judged of_few = steady(90);
  of_few.outlook.samples = 5;
  CHECK(advise_one(of_few).confidence_percent == 86);
}

TEST_CASE("an advice to grow is at least as likely right as wrong, as far as was measured") {
  CHECK(rc::check([] {
    const int now = *rc::gen::inRange(0, 140);
    const int p10 = *rc::gen::inRange(0, 140);
    const int p50 = p10 + *rc::gen::inRange(0, 60);
    const int p90 = p50 + *rc::gen::inRange(0, 60);
    const bool stands = *rc::gen::arbitrary<bool>();
    const auto state = stands ? standing(Advice::Grow, 1h) : AdviceState{};
    const SizeAdvice advice = advise_one(heading(now, p10, p50, p90), state);
    if (advice.state.advice == Advice::Grow)
      RC_ASSERT(advice.confidence_percent >= 50);
  }));
}

TEST_CASE("following an advice ends it: the pool of the new size asks for nothing more") {
  CHECK(rc::check([] {
    const double percent = *rc::gen::inRange(0, 300);
    const std::int32_t nodes = *rc::gen::inRange(1, 500);
    const Judged before = steady(percent);
    const SizeAdvice advice = advise_one(before, {}, {nodes, 1});
    if (advice.state.advice == Advice::None)
      return;
    Judged after = before;
    after.outlook.capacity = kCapacity * advice.units / nodes;
    const AdviceState state{advice.state.advice, kNow - 1h};
    const SizeAdvice next = advise_one(after, state, {advice.units, 1});
    RC_ASSERT(next.state.advice != Advice::Grow);
    if (advice.state.advice == Advice::Grow) // a pool shrinks in steps and grows in one
      RC_ASSERT(next.state.advice == Advice::None);
  }));
}

TEST_CASE("more use never asks for fewer nodes") {
  CHECK(rc::check([] {
    const int percent = *rc::gen::inRange(0, 200);
    const int more = percent + *rc::gen::inRange(0, 100);
    const auto nodes_after = [](int use) {
      const SizeAdvice advice = advise_one(steady(use));
      return advice.state.advice == Advice::None ? kTenNodes.units : advice.units;
    };
    RC_ASSERT(nodes_after(percent) <= nodes_after(more));
  }));
}

TEST_CASE("until every unit works nothing shrinks, not even in the cooldown of advice to") {
  TargetSize unsettled = kTenNodes;
  unsettled.is_settled = false;
  CHECK(advise_one(steady(10), {}, unsettled).state.advice == Advice::None);
  CHECK(advise_one(steady(10), {}, unsettled).reason == Reason::PodsPending);
  const auto fresh = standing(Advice::Shrink, 1s);
  CHECK(advise_one(steady(10), fresh, unsettled).state == AdviceState{Advice::None, kNow});
  CHECK(advise_one(steady(90), {}, unsettled).state.advice == Advice::Grow);
}

TEST_CASE("units that are still to come count against growing, and not in what is used") {
  Judged judged = steady(90); // of the four that work
  judged.units = 4;
  TargetSize size{6, 1};
  size.is_settled = false;
  CHECK(advise_one(judged, {}, size).state.advice == Advice::None);
  judged.outlook.use_now = kCapacity * 1.3;
  const SizeAdvice grows = advise_one(judged, {}, size);
  CHECK(grows.state.advice == Advice::Grow);
  CHECK(grows.units == 8);
  CHECK(grows.peak_percent == Approx(130));
}

TEST_CASE("what is known is enough to grow by, and what is not forbids to shrink") {
  Judged unknown = steady(10);
  unknown.outlook.metrics = Reason::MetricsStale;
  const SizeAdvice grows = advise(std::vector{unknown, steady(90)}, kTenNodes, {}, {}, kNow);
  CHECK(grows.known);
  CHECK(grows.state.advice == Advice::Grow);
  CHECK(grows.resource == 1);
  const SizeAdvice silent = advise(std::vector{unknown, steady(10)}, kTenNodes, {}, {}, kNow);
  CHECK_FALSE(silent.known);
  CHECK(silent.reason == Reason::MetricsStale);
  // What was asked for by the one that is not known any more is not replaced by what the others
  // ask.
  const auto fresh = standing(Advice::Grow, 1min);
  CHECK_FALSE(advise(std::vector{unknown, steady(50)}, kTenNodes, fresh, {}, kNow).known);
}

TEST_CASE("advice that the bounds leave no room for is over at once") {
  const auto fresh = standing(Advice::Grow, 1s);
  CHECK(advise_one(steady(90), fresh, {10, 1, 10}).state == AdviceState{Advice::None, kNow});
  const auto shrinks = standing(Advice::Shrink, 1s);
  CHECK(advise_one(steady(10), shrinks, {10, 10}).state == AdviceState{Advice::None, kNow});
}

} // namespace berth::analyzer
