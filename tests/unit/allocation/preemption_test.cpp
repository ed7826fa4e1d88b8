#include <catch2/catch.hpp>

#include "tests/support/allocation/carry_out.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Two teams of four cores each on one node; b holds all eight.
World borrowed_world() {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 4),
                running("b1", "b", "n1").cpu(4).created(0),
                running("b2", "b", "n1").cpu(4).created(10));
  return world;
}

PodBuilder waiting(const std::string& name, const std::string& quota) {
  return pod(name).in("ns-" + quota);
}

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

TEST_CASE("P3: a victim counts until it is gone, and nobody slips into its room") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(4));
  play(world); // nominates
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"b2"});
  world.add_all(waiting("b3", "b").cpu(4).created(-9), waiting("b4", "b").cpu(1));
  CHECK(play(world).admissions.empty()); // b2 still terminates
  SECTION("while the leader lives") {
    remove_terminating(world);
    CHECK(admitted_names(play(world)) == Names{"a1"});
  }
  SECTION("after a restart, and when the victim goes before the preemptor's turn") {
    World leader = restarted(world);
    CHECK(leader.plan().preemption.empty());
    remove_terminating(leader);
    const Plan plan = play(leader);
    CHECK(admitted_names(plan) == Names{"a1"});
    const Plan next = play(leader);
    REQUIRE(next.preemption.ended.size() == 1);
    CHECK(next.preemption.ended[0].is_fulfilled);
    CHECK(play(leader).preemption.empty()); // quiet
  }
}

TEST_CASE("P3: charges and nominations together stay within node and quota at every step") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 6), team("b", 2));
  for (int i = 0; i < 4; ++i)
    world.add(running("b" + std::to_string(i), "b", "n1").cpu(2).created(i));
  world.add(waiting("a1", "a").cpu(6));
  play(world);
  play(world);
  for (const PodView& gone : pods_that(world, [](const PodView& pod) { return pod.terminating; })) {
    const auto snapshot = world.snapshot();
    const auto cpu = *snapshot->nodes->column(ResourceName::cpu());
    std::int64_t held = snapshot->loads.row(0)[cpu];
    for (const NodeHold& hold : snapshot->holds->on_node(0))
      held += hold.amounts[cpu];
    CHECK(held == 8000);
    world.add(waiting("thief", "b").cpu(1).priority(99));
    CHECK(world.plan().admissions.empty());
    world.state.remove_pod(gone.uid);
  }
  CHECK(admitted_names(world.plan()) == Names{"a1"});
}

TEST_CASE("P4: young work is protected, and so is work that was evicted often in the last hour") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(4));
  PodView young = running("b2", "b", "n1").cpu(4);
  young.started = kNow - 299s;
  world.add(young);
  CHECK(victims_of(world, world.plan()) == Names{"b1"});
  world.now += 1s;
  CHECK(victims_of(world, world.plan()) == Names{"b2"});
  world.policy.evictions.note_eviction(EvictionKey{"uid-b2"}, world.now);
  world.policy.evictions.note_eviction(EvictionKey{"uid-b2"}, world.now);
  CHECK(victims_of(world, world.plan()) == Names{"b1"});
  world.now += 1h;
  CHECK(victims_of(world, world.plan()) == Names{"b2"});
}

TEST_CASE("P4: no more is evicted than the ratio allows for what is asked") {
  World world = preempting_world({9});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 3), team("b", 0),
                running("b1", "b", "n1").cpu(7), waiting("a1", "a").cpu(3));
  const Plan plan = world.plan();
  CHECK(plan.preemption.empty());
  CHECK_THAT(why_waiting(plan, "a1")->message,
             Catch::EndsWith("it would have to evict more than 200 % of what it asks for"));
  world.policy.preemption.max_eviction_ratio_percent = 300;
  CHECK(victims_of(world, world.plan()) == Names{"b1"});
}

TEST_CASE("P4: what was taken back from a quota is borrowed again only after the back-off") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(4));
  for (int i = 0; i < 3; ++i) {
    play(world);
    remove_terminating(world);
  }
  world.state.remove_pod(PodUid{"uid-a1"}); // it ends at once
  world.add_all(waiting("b9", "b").cpu(4));
  CHECK(why_waiting(world.plan(), "b9")->reason == Reason::BorrowingBackOff);
  world.state.remove_pod(PodUid{"uid-b1"});
  CHECK(admitted_names(world.plan()) == Names{"b9"}); // within nominal nobody waits
  world.add(running("b1", "b", "n1").cpu(4));
  world.now += 60s;
  CHECK(admitted_names(world.plan()) == Names{"b9"});
}

TEST_CASE("P5: a refused eviction ends the plan, frees the room, and other victims are found") {
  World world = borrowed_world();
  world.add_all(quota("root").pool("p").cpu(4), team("b", 0)); // both of b's are borrowed now
  world.add(waiting("a1", "a").cpu(4));
  play(world);
  play(world, {"b2"});
  const Plan plan = play(world);
  REQUIRE(plan.preemption.ended.size() == 1);
  CHECK_FALSE(plan.preemption.ended[0].is_fulfilled);
  CHECK(world.snapshot()->holds->nominations.empty());
  CHECK(victims_of(world, play(world)) == Names{"b1"});
}

TEST_CASE("P6: victims are told before they go, and not told twice") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  world.add(waiting("a1", "a").cpu(4));
  const Plan first = play(world);
  CHECK(names_due(first, EvictionStep::Notice) == Names{"b2"});
  CHECK(first.preemption.evictions[0].revocable_after == kNow + 60s);
  world.now += 59s;
  CHECK(play(world).preemption.evictions.empty());
  world.now += 1s;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"b2"});
}

TEST_CASE(
    "P1, P6: if room appears during the notice nobody is evicted, and the notice is withdrawn") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  world.add(waiting("a1", "a").cpu(4));
  play(world);
  world.add(running("b1", "b", "n1").cpu(4).terminal()); // it ends by itself
  world.now += 60s;
  const Plan plan = play(world);
  CHECK(admitted_names(plan) == Names{"a1"});
  CHECK(plan.preemption.evictions.empty());
  play(world);
  CHECK_FALSE(known_pod(world, PodUid{"uid-b2"}).revocable_after);
  CHECK_FALSE(known_pod(world, PodUid{"uid-a1"}).nomination);
  CHECK(play(world).preemption.empty());
}

TEST_CASE("P7: a plan that is not right any more when its notice has passed is given up") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  world.add(waiting("a1", "a").cpu(4));
  play(world);
  world.add(team("b", 8)); // what it holds is its own now
  world.now += 60s;
  const Plan plan = play(world);
  CHECK(plan.preemption.evictions.empty());
  REQUIRE(plan.preemption.ended.size() == 1);
  CHECK(plan.preemption.ended[0].spared.size() == 1);
}

TEST_CASE("P3: a preemptor that is gone takes no further victim") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  world.add(waiting("a1", "a").cpu(4));
  play(world);
  world.state.remove_pod(PodUid{"uid-a1"});
  world.now += 60s;
  CHECK(play(world).preemption.evictions.empty());
}

TEST_CASE("P6: a notice of a preemptor that is gone is withdrawn, and is no notice for the next") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  world.add(waiting("a1", "a").cpu(4));
  play(world);
  REQUIRE(known_pod(world, PodUid{"uid-b2"}).revocable_after);
  CHECK(world.plan().preemption.next_due == world.now + 60s);
  world.state.remove_pod(PodUid{"uid-a1"});
  const Plan plan = play(world);
  REQUIRE(plan.preemption.pardons.size() == 1);
  CHECK(plan.preemption.pardons[0]->name == "b2");
  CHECK_FALSE(known_pod(world, PodUid{"uid-b2"}).revocable_after);
  CHECK(play(world).preemption.empty());
  world.now += 120s;
  world.add(waiting("a2", "a").cpu(4));
  CHECK(names_due(play(world), EvictionStep::Notice) == Names{"b2"});
}

TEST_CASE("P3: no victim goes while a crash has left the nomination on part of the gang") {
  World world = borrowed_world();
  world.add(waiting("g1", "a").cpu(2).gang("g", 2));
  world.add(waiting("g2", "a").cpu(2).gang("g", 2));
  const Plan plan = world.plan();
  REQUIRE(plan.preemption.nominations.size() == 1);
  const auto& first = plan.preemption.nominations[0].members[0];
  change(world, first.pod->uid, [&](PodView& pod) { pod.nomination = first.record; });
  const Plan next = play(world);
  CHECK(names_due(next, EvictionStep::Evict).empty());
  REQUIRE(next.preemption.nominations.size() == 1); // on all of them, as it was
  CHECK(next.preemption.nominations[0].members[1].record.decision == first.record.decision);
  CHECK(next.preemption.nominations[0].members[1].record.victims == first.record.victims);
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"b2"});
}

TEST_CASE("X1: who waits for evictions says whose, and the victim is told for whom") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(4));
  const Plan plan = play(world);
  const Explanation* why = why_waiting(plan, "a1");
  CHECK(why->reason == Reason::Preempting);
  CHECK_THAT(why->message, Catch::EndsWith("; evicts ns-b/b2"));
  CHECK(why->victims == std::vector{WorkloadId{"uid-b2"}});
  CHECK(play(world).preemption.evictions[0].message ==
        "ns-a/a1, which needs cpu 4, pods 1, takes back what its quota has lent; this workload "
        "holds cpu 4, pods 1");
}

TEST_CASE("preemption that is switched off plans nothing and lets go of what was promised") {
  World world = borrowed_world();
  world.add(waiting("a1", "a").cpu(4));
  play(world);
  world.policy.preemption.enabled = false;
  CHECK(play(world).preemption.ended.size() == 1);
  CHECK(play(world).preemption.empty());
}

TEST_CASE("Q6, P6: a burst that is over is told, keeps its grace, and goes then") {
  World world = preempting_world({12});
  world.policy.preemption.notice = GENERATE(0s, 30s);
  world.policy.preemption.min_runtime = 0s;
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  world.add_all(waiting("own", "a").cpu(4).created(0), waiting("burst", "a").cpu(4).created(1));
  static_cast<void>(play(world));
  bind_admitted(world);
  CHECK(play(world).preemption.empty());
  world.now += 10min;
  const Plan told = play(world);
  CHECK(names_due(told, EvictionStep::Notice) == Names{"burst"});
  REQUIRE(told.preemption.evictions.size() == 1);
  CHECK(told.preemption.evictions[0].claim == Claim::Shed);
  CHECK(told.preemption.evictions[0].reason == Reason::BurstEnded);
  CHECK(told.preemption.evictions[0].revocable_after == world.now + 5min);
  world.now += 5min - 1ms;
  CHECK(play(world).preemption.empty());
  world.now += 1ms;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"burst"});
}

TEST_CASE("Q6: who heard from a preemptor before keeps the grace of its burst as well") {
  World world = preempting_world({12});
  world.policy.preemption.min_runtime = 0s;
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  world.add_all(waiting("own", "a").cpu(4).created(0), waiting("burst", "a").cpu(4).created(1));
  static_cast<void>(play(world));
  bind_admitted(world);
  world.now += 10min;
  change(world, PodUid{"uid-burst"}, [&](PodView& pod) { pod.revocable_after = world.now; });
  CHECK(names_due(play(world), EvictionStep::Evict).empty());
  world.now += 5min;
  CHECK(names_due(play(world), EvictionStep::Evict) == Names{"burst"});
}

TEST_CASE("Q6: a burst whose quota has room again is pardoned") {
  World world = preempting_world({12});
  world.policy.preemption.min_runtime = 0s;
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  world.add_all(waiting("own", "a").cpu(4).created(0), waiting("burst", "a").cpu(4).created(1));
  static_cast<void>(play(world));
  bind_admitted(world);
  world.now += 10min;
  CHECK(names_due(play(world), EvictionStep::Notice) == Names{"burst"});
  world.state.remove_pod(PodUid{"uid-own"});
  const Plan plan = play(world);
  REQUIRE(plan.preemption.pardons.size() == 1);
  CHECK(plan.preemption.pardons[0]->name == "burst");
  world.now += 10min;
  CHECK(play(world).preemption.empty());
}

TEST_CASE("Q6: work that must not be evicted gets no burst") {
  World world = preempting_world({12});
  world.add(quota("a").of("ns-a").pool("p").cpu(4).bursts({200, 10min, 100min, 5min}));
  PodView burst = waiting("burst", "a").cpu(5);
  burst.preemptible = false;
  world.add(burst);
  CHECK(world.plan().admissions.empty());
  burst.preemptible = true;
  world.add(burst);
  CHECK(world.plan().admissions.size() == 1);
}

TEST_CASE("P4, P6: each pool's AllocationPolicy bounds evictions there") {
  World world = borrowed_world();
  PolicySpec spec;
  spec.pools = {PoolName{"p"}};
  spec.preemption = world.policy.preemption;
  world.add(waiting("a1", "a").cpu(4));
  SECTION("where it says nothing the program's bounds hold") {
    spec.preemption.reset();
    world.add(spec);
    CHECK(victims_of(world, world.plan()) == Names{"b2"});
  }
  SECTION("its notice") {
    spec.preemption->notice = 90s;
    world.add(spec);
    const Plan plan = world.plan();
    REQUIRE(plan.preemption.evictions.size() == 1);
    CHECK(plan.preemption.evictions[0].revocable_after == kNow + 90s);
  }
  SECTION("its runtime") {
    spec.preemption->min_runtime = 2h;
    world.add(spec);
    CHECK(world.plan().preemption.empty());
  }
  SECTION("it switches evictions off in its pools only") {
    spec.preemption->enabled = false;
    world.add(spec);
    CHECK(world.plan().preemption.empty());
    spec.pools = {PoolName{"other"}};
    world.add(spec);
    CHECK(victims_of(world, world.plan()) == Names{"b2"});
  }
  SECTION("it cannot switch on what the program does not carry out") {
    world.add(spec);
    world.policy.preemption.enabled = false;
    CHECK(world.plan().preemption.empty());
  }
}
