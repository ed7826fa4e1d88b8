// Who may be taken from, and for whom (P1, P2).

#include <catch2/catch.hpp>

#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("P2a: in its own quota a workload takes from strictly lower priority alone") {
  World world = preempting_world({8});
  world.add_all(
      quota("root").pool("p").cpu(0), team("a", 8), running("equal", "a", "n1").cpu(4).priority(5),
      running("low", "a", "n1").cpu(4).priority(1), waiting("high", "a").cpu(4).priority(5));
  const Plan plan = world.plan();
  CHECK(victims_of(world, plan) == Names{"low"});
  world.add(waiting("high", "a").cpu(4).priority(1));
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("P2b: a quota under nominal takes back what was borrowed, the newest first") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(4).priority(-100));
  const Plan plan = world.plan();
  CHECK(victims_of(world, plan) == Names{"b2"});
  REQUIRE(plan.preemption.nominations.size() == 1);
  CHECK(plan.preemption.nominations[0].reclaimed ==
        std::vector{std::pair{QuotaName{"b"}, PoolName{"p"}}});
}

TEST_CASE("P2b: who would borrow takes nothing from other quotas") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(5).priority(100));
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("P2b: nobody is pushed below nominal, even by a part") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 3), team("b", 5),
                running("b1", "b", "n1").cpu(7), waiting("a1", "a").cpu(3));
  const Plan plan = world.plan();
  CHECK(plan.preemption.empty());
  CHECK(why_waiting(plan, "a1")->reason == Reason::InsufficientQuota);
}

TEST_CASE("P2b: a borrower inside a team that keeps to its nominal is left alone by other teams") {
  World world = preempting_world({16});
  world.add_all(quota("root").pool("p").cpu(0), quota("x").under("root").pool("p").cpu(4),
                quota("y").under("root").pool("p").cpu(4),
                quota("z").under("root").pool("p").cpu(4),
                quota("x1").under("x").of("ns-x1").pool("p").cpu(0),
                quota("y1").under("y").of("ns-y1").pool("p").cpu(0),
                quota("z1").under("z").of("ns-z1").pool("p").cpu(0),
                running("y-borrows-in-y", "y1", "n1").cpu(4).created(50),
                running("z-fits", "z1", "n1").cpu(4), running("z-borrows", "z1", "n1").cpu(4),
                waiting("x-work", "x1").cpu(4));
  CHECK(victims_of(world, world.plan()).size() == 1);
  CHECK(victims_of(world, world.plan()).front().starts_with("z"));
}

TEST_CASE("P2: opportunistic work goes first, then the lowest priority, then the newest") {
  World world = preempting_world({12});
  world.add_all(quota("root").pool("p").cpu(4), team("a", 6), team("b", 2),
                running("own-low", "a", "n1").cpu(2).priority(-9),
                running("lent-high", "b", "n1").cpu(2).priority(7).created(1),
                running("lent-old", "b", "n1").cpu(2).priority(3).created(2),
                running("lent-new", "b", "n1").cpu(2).priority(3).created(3),
                running("lent-other", "b", "n1").cpu(4).priority(9).created(0));
  world.add(waiting("a1", "a").cpu(2).priority(1));
  CHECK(victims_of(world, world.plan()) == Names{"lent-new"});
  world.add(waiting("a1", "a").cpu(4).priority(1));
  CHECK(victims_of(world, world.plan()) == Names{"lent-new", "lent-old"});
}

TEST_CASE("P2: work that says it must not be evicted, and work of others, is left alone") {
  World world = borrowed_world();
  PodView kept = running("b2", "b", "n1").cpu(4).created(10);
  kept.preemptible = false;
  world.add_all(kept, waiting("a1", "a").cpu(4));
  CHECK(victims_of(world, world.plan()) == Names{"b1"});
  world.state.remove_pod(PodUid{"uid-b1"});
  world.add(pod("stranger").cpu(4).unmanaged().bound("n1"));
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("P2c: at its start a reservation takes back what was promised to it") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 4),
                running("b1", "b", "n1").cpu(2).created(0),
                running("b2", "b", "n1").cpu(4).created(10), reservation("nightly", 5));
  const Plan first = play(world);
  CHECK(names_due(first, EvictionStep::Evict) == Names{"b2"});
  CHECK(first.preemption.evictions.front().reservation == ReservationName{"nightly"});
  CHECK(first.preemption.nominations.empty());
  CHECK(play(world).preemption.evictions.empty()); // b2 goes; nobody else must
  remove_terminating(world);
  CHECK(play(world).preemption.empty());
  world.add(waiting("late", "b").cpu(3));
  CHECK(why_waiting(play(world), "late")->reason == Reason::ReservedCapacity);
}

TEST_CASE("P2d: critical work takes from anybody below it, within its own quota's room") {
  World world = preempting_world({4});
  world.add_all(quota("one").of("ns-one").pool("p").cpu(4),
                quota("two").of("ns-two").pool("p").cpu(4),
                running("busy", "two", "n1").cpu(4).priority(10),
                waiting("alarm", "one").cpu(4).priority(2000));
  CHECK(world.plan().preemption.empty());
  world.policy.preemption.critical_priority = 1000;
  world.policy.preemption.notice = 600s;
  CHECK(victims_of(world, play(world)) == Names{"busy"});
  CHECK(names_due(world.plan(), EvictionStep::Evict) == Names{"busy"}); // without notice
}

TEST_CASE("P1, P2: what may be taken only once others are gone is taken then") {
  // a1 and a2 give way to "new", and with them gone a is within nominal, and may reclaim b1.
  World world = preempting_world({4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("a1", "a", "n1").cpu(1).created(0),
                running("a2", "a", "n1").cpu(1).created(1),
                running("high", "a", "n1").cpu(1).priority(1).created(2),
                running("b1", "b", "n1").cpu(1).created(3), waiting("new", "a").cpu(3).priority(1));
  CHECK(victims_of(world, world.plan()) == Names{"a1", "a2", "b1"});
}

TEST_CASE("P1: a gang's room is made whole or not at all, and only where it is needed") {
  World world = preempting_world({4, 4, 4, 4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 8), team("b", 8));
  for (const std::string name : {"1", "2", "3", "4"})
    world.add(running("b" + name, "b", "n" + name).cpu(4).priority(std::stoi(name)));
  for (const std::string name : {"g1", "g2"})
    world.add(waiting(name, "a").gang("g", 2).cpu(4));
  const Plan plan = world.plan();
  CHECK(victims_of(world, plan) == Names{"b1", "b2"});
  REQUIRE(plan.preemption.nominations.size() == 1);
  CHECK(plan.preemption.nominations[0].members[0].record.node !=
        plan.preemption.nominations[0].members[1].record.node);
  world.add(waiting("g3", "a").gang("h", 3).cpu(4)); // two of its members are not there
  CHECK(victims_of(world, world.plan()) == Names{"b1", "b2"});
}

TEST_CASE("P1, P2: a gang is evicted whole, and not at all if its quota fell below nominal") {
  World world = preempting_world({4, 4, 4});
  world.add_all(quota("root").pool("p").cpu(4), team("a", 4), team("b", 4),
                running("g1", "b", "n1").gang("g", 2).cpu(4).created(9),
                running("g2", "b", "n2").gang("g", 2).cpu(4).created(9),
                running("alone", "b", "n3").cpu(4), waiting("a1", "a").cpu(4));
  CHECK(victims_of(world, world.plan()) == Names{"g1", "g2"}); // the newest
  world.state.remove_pod(PodUid{"uid-alone"});
  world.state.remove_node(NodeName{"n3"});
  CHECK(victims_of(world, world.plan()).empty()); // b would fall below its nominal
  world.add(team("b", 0));
  CHECK(victims_of(world, world.plan()) == Names{"g1", "g2"});
}

TEST_CASE("P1: what is being deleted already is waited for before anybody is evicted") {
  World world = borrowed_world();
  world.add_all(running("b1", "b", "n1").cpu(4).terminating(), waiting("a1", "a").cpu(4));
  const Plan plan = world.plan();
  CHECK(plan.preemption.empty());
  CHECK_THAT(why_waiting(plan, "a1")->message,
             Catch::EndsWith("what is being deleted leaves room enough"));
}
