// T3: what gives way in a pool whose measured use is too high, when, and what never does.

#include <catch2/catch.hpp>

#include "lib/allocation/pressure.hpp"
#include "tests/unit/allocation/lending_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

MeasuredUse& measurement(World& world) {
  return world.policy.measured[PoolName{"p"}];
}

void measure(World& world, std::int64_t cpu_percent) {
  world.policy.measured[PoolName{"p"}] = measured_use(cpu_percent, 0, world.now, 20);
}

/// Two of six were shed for 95 %, and are gone.
World shed_world() {
  World world = lending_world();
  world.policy.preemption.notice = 0s;
  world.add(running("own", "a", "n1").cpu(4).priority(9));
  for (int i = 0; i < 6; ++i)
    world.add(running("j" + std::to_string(i), "a", "n1").cpu(1).priority(i));
  measure(world, 95);
  static_cast<void>(play(world));
  static_cast<void>(play(world));
  static_cast<void>(remove_terminating(world));
  static_cast<void>(play(world)); // it is seen that they are gone
  return world;
}

} // namespace

TEST_CASE("T3: the levels of pressure lie between the threshold and everything") {
  const auto level = [](const Throttle& throttle, std::int64_t cpu, std::int64_t memory) {
    return pressure_level(throttle, measured_use(cpu, memory));
  };
  const Throttle standard{80, 85};
  CHECK(level(standard, 80, 85) == PressureLevel::None);
  CHECK(level(standard, 81, 0) == PressureLevel::Warning);
  CHECK(level(standard, 89, 89) == PressureLevel::Warning);
  CHECK(level(standard, 90, 0) == PressureLevel::Critical);
  CHECK(level(standard, 0, 90) == PressureLevel::Critical);
  CHECK(level(standard, 95, 0) == PressureLevel::Emergency);
  CHECK(level(standard, 0, 95) == PressureLevel::Emergency);
  CHECK(level({60, 85}, 80, 0) == PressureLevel::Critical);
  CHECK(level({60, 85}, 90, 0) == PressureLevel::Emergency);
  CHECK(level({93, 85}, 93, 0) == PressureLevel::None);
  CHECK(level({93, 85}, 94, 0) == PressureLevel::Warning);
  CHECK(level({100, 100}, 100, 100) == PressureLevel::None);
  CHECK(level({100, 100}, 140, 140) == PressureLevel::None); // more than all counts as all
}

TEST_CASE("T3: from Warning on nothing is borrowed, and what is within nominal goes on") {
  World world = lending_world();
  world.add_all(pod("own").in("ns-a").cpu(4).created(0), pod("more").in("ns-a").cpu(1).created(1));
  measure(world, 80);
  CHECK(admitted_names(world.plan()) == Names{"own", "more"});
  measure(world, 81);
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"own"});
  CHECK(why_waiting(plan, "more")->reason == Reason::PoolUnderPressure);
  CHECK(why_waiting(plan, "more")->message ==
        "needs to borrow, and pool p is under pressure (Warning: measured cpu is at 81 %, above "
        "80 %)");
  CHECK(plan.sheddings.empty());
}

TEST_CASE("T3: bursts give way first, then what is borrowed or lent, as far as it takes") {
  World world = preempting_world({20});
  world.add_all(quota("root").pool("p").cpu(4), team("a", 4).bursts({200}), team("b", 0),
                running("own", "a", "n1").cpu(4).priority(-9), burst("extra").cpu(1).priority(100),
                running("first", "b", "n1").cpu(1).priority(1).created(1),
                running("second", "b", "n1").cpu(1).priority(1).created(0),
                running("third", "b", "n1").cpu(2).priority(2).created(2));
  const auto shed = [&](std::int64_t cpu_percent) {
    measure(world, cpu_percent);
    return shed_names(world.plan());
  };
  CHECK(shed(89).empty());
  CHECK(shed(94) == Names{"extra"});
  CHECK(shed(96) == Names{"extra", "first"});
  CHECK(shed(100) == Names{"extra", "first", "second"});
}

TEST_CASE("T3: what is within nominal never gives way, nor does part of it") {
  World world = lending_world();
  world.add_all(running("own", "a", "n1").cpu(3).priority(-9),
                running("half", "a", "n1").cpu(2).priority(-5));
  measure(world, 99);
  // The quota borrows one core: it would be left with less than its own.
  CHECK(world.plan().sheddings.empty());
  world.add(running("small", "a", "n1").cpu(1));
  CHECK(shed_names(world.plan()) == Names{"half"});
}

TEST_CASE("T3: at Critical there is notice first; in an emergency there is none") {
  World world = lending_world();
  world.add_all(running("own", "a", "n1").cpu(4), running("one", "a", "n1").cpu(1).priority(-2),
                running("two", "a", "n1").cpu(2).priority(-1));
  measure(world, 90);
  const Plan critical = world.plan();
  CHECK(names_due(critical, EvictionStep::Notice) == Names{"one"});
  REQUIRE(critical.preemption.evictions.size() == 1);
  const Eviction& eviction = critical.preemption.evictions.front();
  CHECK(eviction.revocable_after == kNow + 60s);
  CHECK(eviction.reason == Reason::PoolUnderPressure);
  CHECK(eviction.message.find("measured cpu is at 90 %, above 80 %") != std::string::npos);

  measure(world, 96);
  const Plan emergency = world.plan(); // one core takes it below 95 %, two more below 90 %
  CHECK(names_due(emergency, EvictionStep::Evict) == Names{"one"});
  CHECK(names_due(emergency, EvictionStep::Notice) == Names{"two"});
}

TEST_CASE("T3: where evictions are switched off nobody is shed, however high the use is") {
  World world = lending_world();
  world.policy.preemption.enabled = false;
  world.add_all(running("own", "a", "n1").cpu(4), running("one", "a", "n1").cpu(1));
  measure(world, 96);
  CHECK(world.plan().preemption.evictions.empty());
}

TEST_CASE("T3: a notice that runs is cut short by an emergency, and withdrawn by calm") {
  World world = lending_world();
  world.add_all(running("own", "a", "n1").cpu(4), running("one", "a", "n1").cpu(1));
  measure(world, 90);
  static_cast<void>(play(world));
  REQUIRE(known_pod(world, PodUid{"uid-one"}).revocable_after == kNow + 60s);
  measure(world, 95);
  const Plan emergency = world.plan();
  CHECK(names_due(emergency, EvictionStep::Evict) == Names{"one"});
  CHECK(emergency.preemption.evictions.front().revocable_after == TimePoint{});
  measure(world, 85);
  static_cast<void>(play(world));
  CHECK_FALSE(known_pod(world, PodUid{"uid-one"}).revocable_after);
}

TEST_CASE("T3: work that cannot go gives no relief and stops nobody behind it") {
  World world = lending_world();
  world.add_all(running("own", "a", "n1").cpu(4), running("kept", "a", "n1").cpu(2).priority(-9),
                running("young", "a", "n1").cpu(2).priority(-8),
                running("refused", "a", "n1").cpu(2).priority(-7),
                running("goes", "a", "n1").cpu(2).priority(-1));
  change(world, PodUid{"uid-kept"}, [](PodView& pod) { pod.preemptible = false; });
  change(world, PodUid{"uid-young"}, [](PodView& pod) { pod.started = kNow; });
  world.policy.evictions.note_refusal(PodUid{"uid-refused"}, kNow);
  measure(world, 92);
  CHECK(shed_names(world.plan()) == Names{"goes"});
}

TEST_CASE("T3: those that turn out not to be needed stay") {
  World world = lending_world();
  world.add_all(running("own", "a", "n1").cpu(4), running("small", "a", "n1").cpu(1).priority(-2),
                running("large", "a", "n1").cpu(3).priority(-1));
  measure(world, 99); // 19.8 cores: below 95 % takes 1, below 90 % two
  const Plan plan = world.plan();
  CHECK(names_due(plan, EvictionStep::Evict) == Names{"small"});
  CHECK(names_due(plan, EvictionStep::Notice) == Names{"large"});
  world.add(PolicySpec{.throttle = {70, 85}}); // Critical from 85 %
  measure(world, 91);                          // 18.2: one core is not enough, three are
  CHECK(shed_names(world.plan()) == Names{"large"});
}

TEST_CASE("T3: one measurement is answered once, until what went is measured to be gone") {
  World world = lending_world();
  world.policy.preemption.notice = 0s;
  world.add(running("own", "a", "n1").cpu(4).priority(9));
  for (int i = 0; i < 6; ++i)
    world.add(running("j" + std::to_string(i), "a", "n1").cpu(1).priority(i));
  measure(world, 95);
  CHECK(shed_names(play(world)) == Names{"j0", "j1"}); // the second one with notice
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"j1"});
  CHECK(shed_names(play(world)).empty());
  static_cast<void>(remove_terminating(world));
  CHECK(shed_names(play(world)).empty());
  world.now += 20s;
  measure(world, 95); // it may show what has just gone
  CHECK(shed_names(play(world)).empty());
  world.now += PoolRelief::kSampleWindow;
  measure(world, 95);
  CHECK(shed_names(play(world)) == Names{"j2", "j3"});
}

TEST_CASE("T3, P4: a gang of which some was evicted goes whole, however seldom it may be evicted") {
  World world = lending_world();
  world.policy.preemption.max_evictions_per_hour = 1;
  world.add_all(running("own", "a", "n1").cpu(4), running("other", "a", "n1").cpu(1).priority(1),
                running("g-0", "a", "n1").cpu(1).gang("g", 2),
                running("g-1", "a", "n1").cpu(1).gang("g", 2));
  const PodView first = known_pod(world, PodUid{"uid-g-0"});
  world.policy.evictions.note_eviction(QuotaName{"b"}, eviction_key(first), world.now);
  change(world, first.uid, [](PodView& pod) { pod.terminating = true; });
  measure(world, 97); // 92 % once the first is gone
  CHECK(shed_names(world.plan()) == Names{"g-1"});
}

TEST_CASE("T3: a measurement answers a shedding only if every sample of it came after") {
  World world = shed_world();
  const TimePoint gone = world.now;
  world.now += 2min;
  measure(world, 95);
  measurement(world).oldest_at = gone + PoolRelief::kSampleWindow; // a node that lags
  CHECK(shed_names(play(world)).empty());
  measurement(world).oldest_at = gone + PoolRelief::kSampleWindow + 1ms;
  CHECK(shed_names(play(world)) == Names{"j2", "j3"});
}

TEST_CASE("T3: the clock of a node that is ahead does not let one measurement be answered twice") {
  World world = shed_world();
  measurement(world).at = world.now + 4min; // it says so, and was read now
  CHECK(shed_names(play(world)).empty());
  world.now += PoolRelief::kSampleWindow + 1s;
  CHECK(shed_names(play(world)).empty()); // the same still stands
  measurement(world).at = world.now + 4min;
  CHECK(shed_names(play(world)) == Names{"j2", "j3"});
}

TEST_CASE("T3: a measurement that is missing for a while does not make what went forgotten") {
  World world = shed_world();
  const MeasuredUse old = measurement(world);
  world.policy.measured.clear();
  static_cast<void>(play(world));
  measurement(world) = old;
  CHECK(shed_names(play(world)).empty());
  world.now += PoolRelief::kLeavingMax + 1s; // for ever would be too long
  measure(world, 95);
  measurement(world).oldest_at = old.at;
  CHECK(shed_names(play(world)) == Names{"j2", "j3"});
}

TEST_CASE("T3: work on a node that was not measured relieves nothing that was") {
  World world = lending_world();
  world.add_all(testing::node("n2", 20), running("own", "a", "n1").cpu(4),
                running("elsewhere", "a", "n2").cpu(2).priority(-2),
                running("here", "a", "n1").cpu(2).priority(-1));
  measure(world, 92);
  CHECK(shed_names(world.plan()) == Names{"elsewhere"});
  measurement(world).unmeasured = {NodeName{"n2"}};
  CHECK(shed_names(world.plan()) == Names{"here"});

  change(world, PodUid{"uid-elsewhere"}, [](PodView& pod) { pod.terminating = true; });
  CHECK(shed_names(world.plan()) == Names{"here"}); // nor when it goes anyway
  measurement(world).unmeasured.clear();
  CHECK(shed_names(world.plan()).empty());
}

TEST_CASE("T3: what is shed waits as after a reclaim before its quota borrows again") {
  World world = lending_world();
  world.policy.preemption.notice = 0s;
  world.add_all(running("own", "a", "n1").cpu(4), running("one", "a", "n1").cpu(1));
  measure(world, 96);
  static_cast<void>(play(world));
  static_cast<void>(remove_terminating(world));
  world.add(pod("again").in("ns-a").cpu(1));
  measure(world, 50);
  const Plan calm = world.plan();
  CHECK(why_waiting(calm, "again")->reason == Reason::BorrowingBackOff);
  world.now += EvictionHistory::kBackOffFirst;
  CHECK(admitted_names(world.plan()) == Names{"again"});
}

TEST_CASE("T3: a leader sheds nothing for what was measured before it led") {
  World world = lending_world();
  world.add_all(running("own", "a", "n1").cpu(4), running("one", "a", "n1").cpu(1));
  AllocationMemory memory;
  memory.sheds_from = kNow;
  world.policy.memory = std::make_shared<const AllocationMemory>(memory);
  measure(world, 96);
  measurement(world).oldest_at = kNow - 1s; // a part of it
  CHECK(world.step().sheddings.empty());
  measurement(world).oldest_at = kNow;
  CHECK(shed_names(world.step()) == Names{"one"});
}
