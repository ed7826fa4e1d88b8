// The burst of a pool: for a while more may be promised on its nodes, and then by itself no more.

#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

PoolSpec bursting(Duration starts, Duration ends, std::int32_t factor = 120) {
  PoolSpec spec = pool("p");
  spec.burst = PoolBurst{{kNow + starts, kNow + ends}, factor, {ResourceName::cpu()}};
  return spec;
}

/// One node of 10 cores, whose pool is in a burst until 13:00, and two teams that may have it all.
World bursting_world() {
  World world;
  world.add_all(bursting(-1min, 1h), node("n1", 10), quota("a").of("team-a").pool("p").cpu(100),
                quota("b").of("team-b").pool("p").cpu(100));
  return world;
}

std::int64_t cpu_of_n1(World& world) {
  const auto snapshot = world.snapshot();
  return snapshot->nodes->capacity(0)[*snapshot->nodes->column(ResourceName::cpu())];
}

PodView of_b(const std::string& name, std::int64_t cores) {
  return pod(name).in("team-b").cpu(cores);
}

} // namespace

TEST_CASE("a burst raises what may be promised between its start and its end, and no memory") {
  World world = bursting_world();
  world.add(bursting(10min, 1h));
  const auto before = world.snapshot();
  CHECK(cpu_of_n1(world) == 10'000);
  CHECK(before->right_until == kNow + 10min);
  world.now = kNow + 10min;
  CHECK(cpu_of_n1(world) == 12'000);
  const auto during = world.snapshot();
  CHECK(during != before);
  CHECK(during->right_until == kNow + 1h);
  CHECK(during->nodes->node(0).promisable.get(ResourceName::memory()) ==
        before->nodes->node(0).promisable.get(ResourceName::memory()));
  world.now = kNow + 1h - Duration{1};
  CHECK(world.snapshot() == during);
  world.now = kNow + 1h;
  CHECK(cpu_of_n1(world) == 10'000);
  CHECK(world.snapshot()->right_until == TimePoint::max());
}

TEST_CASE("two bursts one after the other do not compound") {
  World world = bursting_world();
  CHECK(cpu_of_n1(world) == 12'000);
  world.now = kNow + 25h;
  CHECK(cpu_of_n1(world) == 10'000);
  world.add(bursting(25h, 26h));
  CHECK(cpu_of_n1(world) == 12'000);
  world.add(bursting(25h, 26h, 150)); // adjusted while it is on
  CHECK(cpu_of_n1(world) == 15'000);
}

TEST_CASE("L2: a burst comes on top of the oversubscription of the pool") {
  World world = bursting_world();
  PoolSpec generous = bursting(0min, 1h);
  generous.oversubscription_percent = {{ResourceName::cpu(), 150}};
  world.add(generous);
  CHECK(cpu_of_n1(world) == 18'000);
}

TEST_CASE(
    "L2: what a burst admitted stays when it ends, and nothing is added until it fits again") {
  World world = bursting_world();
  world.policy.preemption.enabled = true;
  world.add_all(pod("x").cpu(10), pod("y").cpu(2));
  CHECK(admitted_names(world.step()).size() == 2);
  world.add(pod("z").cpu(1));
  world.now = kNow + 1h;
  const Plan after = world.step();
  CHECK(after.admissions.empty());
  CHECK(after.preemption.empty());
  REQUIRE(why_waiting(after, "z") != nullptr);
  world.state.remove_pod(PodUid{"uid-y"});
  CHECK(world.step().admissions.empty()); // as much as there is
  world.state.remove_pod(PodUid{"uid-x"});
  CHECK(admitted_names(world.step()) == std::vector<std::string>{"z"});
}

TEST_CASE("R1: a window after the burst is not accepted for the burst's room, one within it is") {
  for (const auto& [start, length, is_accepted] :
       {std::tuple{Duration{2h}, Duration{1h}, false},
        std::tuple{Duration{30min}, Duration{1h}, false},
        std::tuple{Duration{10min}, Duration{30min}, true}}) {
    World world = bursting_world();
    ReservationSpec spec = reservation("r", 11);
    spec.accepted = false;
    spec.window = SingleWindow{kNow + start, length};
    world.add(spec);
    const Plan plan = world.plan();
    REQUIRE(plan.reservations.size() == 1);
    CHECK(plan.reservations[0].accepted == is_accepted);
  }
}

TEST_CASE("R3: work that stays does not take a burst's room where a window comes after it") {
  World world = bursting_world();
  ReservationSpec spec = reservation("r", 8);
  spec.window = SingleWindow{kNow + 2h, 1h};
  world.add(spec);
  world.step();
  world.add(of_b("long", 4)); // 2 of the 10 are left for it beside the window
  CHECK(world.step().admissions.empty());
  world.add(pod("short").in("team-b").cpu(4).lasts(90min));
  CHECK(admitted_names(world.step()) == std::vector<std::string>{"short"});
}

TEST_CASE("R4: an open window keeps what it holds when the burst ends before it") {
  World world = bursting_world();
  world.add(of_b("there", 6));
  world.step();
  ReservationSpec spec = reservation("r", 4);
  spec.window = SingleWindow{kNow, 2h};
  world.add(spec);
  world.step();
  world.add(of_b("long", 2));
  CHECK(world.step().admissions.empty());
  world.add(pod("short").in("team-b").cpu(2).lasts(30min));
  CHECK(admitted_names(world.step()) == std::vector<std::string>{"short"});
  world.state.remove_pod(PodUid{"uid-short"});
  world.now = kNow + 1h;
  const auto after = world.snapshot();
  REQUIRE(after->holds->open.size() == 1);
  CHECK(after->holds->open[0].missing.empty());
}
