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
  MeasuredUse& measured = world.policy.measured[PoolName{"p"}];
  measured = measured_use(81, 10);
  const Plan plan = world.step();
  CHECK(plan.admissions.size() == 500);
  CHECK(plan.waiting.front().why->reason == Reason::Throttled);
  CHECK(plan.waiting.front().why->message ==
        "pool p is under pressure (Warning: measured cpu is at 81 %, above 80 %); it takes 30000 "
        "workloads a minute; it may go on at 2026-11-21T12:00:00Z");
  world.now = kNow + 1s;
  measured = measured_use(80, 85, world.now);
  const Plan calm = world.step();
  CHECK(calm.admissions.size() == 100);
  CHECK(calm.memory.pool_paces.at(PoolName{"p"}).per_minute() ==
        AdmissionPace::kPerMinuteMax / 2 + AdmissionPace::kStepPerSecond);
}

TEST_CASE("T1: a measurement slows admissions down once, and nothing recovers while it stands") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(1000));
  const auto pace = [&] { return world.step().memory.pool_paces.at(PoolName{"p"}).per_minute(); };
  MeasuredUse& measured = world.policy.measured[PoolName{"p"}];
  measured = measured_use(85, 0);
  CHECK(pace() == AdmissionPace::kPerMinuteMax / 2);
  world.now = kNow + 60s;
  CHECK(pace() == AdmissionPace::kPerMinuteMax / 2);
  measured.at = world.now;
  CHECK(pace() == AdmissionPace::kPerMinuteMax / 4);
  world.now += 60s;
  CHECK(pace() == AdmissionPace::kPerMinuteMax / 4);
}

TEST_CASE("T1: what was measured too long ago is no pressure, nor is what was not measured") {
  World world = world_with(quota("a").of("team-a").pool("p").cpu(1000));
  add_jobs(world, 600);
  MeasuredUse& measured = world.policy.measured[PoolName{"p"}];
  measured = measured_use(99, 99, kNow - kMeasurementAgeMax - 1ms);
  CHECK(world.plan().admissions.size() == 600);
  measured.at = kNow + kMeasurementAgeMax + 1ms; // a clock that is wrong
  CHECK(world.plan().admissions.size() == 600);
  measured = {kNow, {}, {}};
  CHECK(world.plan().admissions.size() == 600);
  measured = {kNow, {{"cpu", 1000}}, {}}; // of nothing
  CHECK(world.plan().admissions.size() == 600);
  measured = measured_use(99, 99, kNow - kMeasurementAgeMax);
  CHECK(world.plan().admissions.size() == 500);
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
