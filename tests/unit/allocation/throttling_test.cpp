#include <catch2/catch.hpp>

#include "lib/allocation/pressure.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

World world_with(const QuotaSpec& quota) {
  World world;
  NodeView node = testing::node("n", 1000);
  node.allocatable.set(ResourceName::pods(), Amount{10'000});
  world.add_all(pool("p"), node, quota);
  return world;
}

void add_jobs(World& world, int jobs) {
  for (int i = 0; i < jobs; ++i)
    world.add(pod("j" + std::to_string(1000 + i)).cpu(1));
}

SubjectFailure failure(TimePoint at) {
  return SubjectFailure{"team-a/default", at};
}

} // namespace

TEST_CASE(
    "T1: a quota admits as many as its burst at once, then by its rate, and its parent's too") {
  World world = world_with(quota("a").under("root").of("team-a").pool("p").cpu(500).rate(60, 3));
  world.add(quota("root").pool("p").cpu(500).rate(6, 5));
  add_jobs(world, 10);
  const Plan plan = world.step();
  CHECK(plan.admissions.size() == 3);
  CHECK(plan.waiting.front().why->reason == Reason::RateLimited);
  CHECK(plan.waiting.front().why->message ==
        "quota a admits 60 a minute; it may go on at 2026-11-21T12:00:01Z");
  CHECK(plan.next_look == kNow + 1s);
  world.now = kNow + 5s;
  CHECK(world.step().admissions.size() == 2); // the parent's burst is 5
  world.now = kNow + 10s;
  CHECK(world.step().admissions.size() == 1); // the parent has one every ten seconds
}

TEST_CASE("T1: the API server's 429 halves the pace, and quiet time gives it back step by step") {
  AdmissionPace pace;
  CHECK_FALSE(pace.is_bounded());
  pace.slow_down(kNow, kNow);
  CHECK(pace.per_minute() == AdmissionPace::kPerMinuteMax / 2);
  pace.slow_down(kNow + 4s, kNow + 4s); // the same overload
  CHECK(pace.per_minute() == AdmissionPace::kPerMinuteMax / 2);
  pace.slow_down(kNow + 5s, kNow + 5s);
  CHECK(pace.per_minute() == (AdmissionPace::kPerMinuteMax / 2 + 5 * 300) / 2);
  for (int i = 2; i < 50; ++i)
    pace.slow_down(kNow + i * 5s, kNow + i * 5s);
  const std::int32_t least = pace.per_minute();
  CHECK(least < 2 * 5 * 300);
  pace.recover(kNow + 245s + 10s);
  CHECK(pace.per_minute() == least + 10 * 300);
  pace.recover(kNow + 1h);
  CHECK_FALSE(pace.is_bounded());
  pace.slow_down(kNow, kNow + 1h); // an old sign says nothing
  CHECK_FALSE(pace.is_bounded());
}

TEST_CASE("T1: admissions slow down while the API server asks for it") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(1000));
  add_jobs(world, 600);
  world.policy.server_throttled_at = kNow;
  const Plan plan = world.step();
  CHECK(plan.admissions.size() == 500); // a second's worth of half the pace
  CHECK(plan.waiting.front().why->reason == Reason::Throttled);
  CHECK(plan.next_look > kNow);
  world.now = kNow + 1s;
  CHECK(world.step().admissions.size() == 100);
}

TEST_CASE("T1: admissions to a pool slow down while its measured use is above the threshold") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(1000));
  add_jobs(world, 600);
  world.policy.measured[PoolName{"p"}] = {81, 10};
  const Plan plan = world.step();
  CHECK(plan.admissions.size() == 500);
  CHECK(plan.waiting.front().why->reason == Reason::Throttled);
  world.policy.measured[PoolName{"p"}] = {80, 85};
  world.now = kNow + 1s;
  const Plan calm = world.step();
  CHECK(calm.admissions.size() == 100);
  CHECK(calm.memory.pool_paces.at(PoolName{"p"}).per_minute() ==
        AdmissionPace::kPerMinuteMax / 2 + AdmissionPace::kStepPerSecond);
}

TEST_CASE("T2: failures within the window open the breaker; a probe that lives closes it") {
  const BreakerSpec spec{3, 10min, 5min};
  CircuitBreaker breaker;
  breaker.record_failure(spec, kNow);
  breaker.record_failure(spec, kNow + 1min);
  CHECK(breaker.state() == BreakerState::Closed);
  breaker.record_failure(spec, kNow + 11min); // the first two are too old
  CHECK(breaker.state() == BreakerState::Closed);
  breaker.record_failure(spec, kNow + 12min);
  breaker.record_failure(spec, kNow + 13min);
  CHECK(breaker.state() == BreakerState::Open);
  CHECK_FALSE(breaker.may_admit());
  CHECK(breaker.next_look(spec) == kNow + 18min);
  breaker.settle(spec, kNow + 18min);
  CHECK(breaker.state() == BreakerState::HalfOpen);
  CHECK(breaker.may_admit());
  breaker.admitted(kNow + 18min);
  CHECK_FALSE(breaker.may_admit()); // one probe
  breaker.settle(spec, kNow + 23min);
  CHECK(breaker.state() == BreakerState::Closed);
  CHECK(breaker.is_new());
}

TEST_CASE("T2: a probe that fails opens the breaker again; old work's failures do not count") {
  const BreakerSpec spec{1, 10min, 5min};
  CircuitBreaker breaker;
  breaker.record_failure(spec, kNow);
  breaker.record_failure(spec, kNow + 1min); // while open: of work that ran before
  CHECK(breaker.next_look(spec) == kNow + 5min);
  breaker.settle(spec, kNow + 6min);
  breaker.record_failure(spec, kNow + 6min); // no probe yet
  CHECK(breaker.may_admit());
  breaker.admitted(kNow + 7min);
  breaker.record_failure(spec, kNow + 8min);
  CHECK(breaker.state() == BreakerState::Open);
  CHECK(breaker.next_look(spec) == kNow + 13min);
}

TEST_CASE("T2: nothing of a subject is admitted while its breaker is open, and then one probe") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(100));
  PolicySpec policy;
  policy.breaker = {2, 10min, 5min};
  world.add_all(policy, pod("x1").cpu(1).created(0), pod("x2").cpu(1).created(1),
                pod("other").as("robot").cpu(1));
  world.policy.failures = {failure(kNow - 1min), failure(kNow)};
  const Plan plan = world.step();
  world.policy.failures.clear();
  CHECK(admitted_names(plan) == Names{"other"});
  CHECK(why_waiting(plan, "x1")->reason == Reason::CircuitOpen);
  CHECK(plan.next_look == kNow + 5min);
  world.now = kNow + 5min;
  CHECK(admitted_names(world.step()) == Names{"x1"});
  world.now = kNow + 9min;
  CHECK(world.step().admissions.empty());
  world.now = kNow + 10min;
  CHECK(admitted_names(world.step()) == Names{"x2"});
}

TEST_CASE("T3: the levels of pressure lie between the threshold and everything") {
  const Throttle throttle{80, 85};
  CHECK(pressure_level(throttle, {80, 85}) == PressureLevel::None);
  CHECK(pressure_level(throttle, {81, 0}) == PressureLevel::Warning);
  CHECK(pressure_level(throttle, {90, 0}) == PressureLevel::Critical);
  CHECK(pressure_level(throttle, {95, 0}) == PressureLevel::Emergency);
  CHECK(pressure_level(throttle, {0, 97}) == PressureLevel::Emergency);
  CHECK(pressure_level(Throttle{100, 100}, {100, 100}) == PressureLevel::None);
}

TEST_CASE("T3: bursts give way first, then what is borrowed, never what is within nominal") {
  World world;
  world.add_all(
      pool("p"), node("n", 20), quota("root").pool("p").cpu(4),
      quota("a").under("root").of("a").pool("p").nominal("cpu", 4000, Amount{4000}).bursts({200}));
  world.add_all(pod("own").in("a").cpu(4).priority(1).created(0),
                pod("lent").in("a").cpu(4).priority(5).created(1));
  static_cast<void>(world.step());
  world.add(quota("root").pool("p").cpu(0)); // the loan is called in, and becomes a debt (Q4)
  AdmissionRecord burst = record("a", "p", {"n"});
  burst.is_burst = true;
  world.add_all(pod("extra").in("a").cpu(1).priority(100).admitted(burst).created(2));
  const auto shed = [&](std::int32_t cpu_percent) {
    world.policy.measured[PoolName{"p"}] = {cpu_percent, 0};
    Names names;
    for (const Shedding& shedding : world.plan().sheddings)
      names.push_back(shedding.pod->name);
    return names;
  };
  CHECK(shed(80).empty());
  CHECK(shed(85).empty());
  CHECK(shed(91) == Names{"extra"});
  CHECK(shed(99) == Names{"extra", "own"}); // as much as is borrowed, the lowest priority first
}

TEST_CASE(
    "T3: under critical pressure nothing new is borrowed, and what is within nominal goes on") {
  World world;
  world.add_all(pool("p"), node("n", 20), quota("root").pool("p").cpu(4),
                quota("a").under("root").of("a").pool("p").cpu(4),
                pod("own").in("a").cpu(4).created(0), pod("more").in("a").cpu(1).created(1));
  world.policy.measured[PoolName{"p"}] = {91, 0};
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"own"});
  CHECK(why_waiting(plan, "more")->reason == Reason::PoolUnderPressure);
}
