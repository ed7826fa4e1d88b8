// The course of a preemption: what holds the room, how often, after which notice, and when it is
// given up (P3-P7).

#include <catch2/catch.hpp>

#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

} // namespace

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
  world.policy.evictions.note_eviction(QuotaName{"b"}, EvictionKey{"uid-b2"}, world.now);
  world.policy.evictions.note_eviction(QuotaName{"b"}, EvictionKey{"uid-b2"}, world.now);
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

TEST_CASE("P6, R4: a plan that is given up withdraws no notice that came with a loan") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  PodView lent = known_pod(world, PodUid{"uid-b2"});
  lent.admission->lent_until = lent.revocable_after = world.now + 1h;
  world.state.upsert_pod(lent);
  world.add(waiting("a1", "a").cpu(4));
  REQUIRE(play(world).preemption.nominations.size() == 1);
  world.add(team("b", 8)); // what it holds is its own now
  SECTION("by a plan that is not right any more") {
    world.now += 1h;
  }
  SECTION("of a preemptor that was admitted meanwhile") {
    PodView admitted = known_pod(world, PodUid{"uid-a1"});
    admitted.admission = record("a", "p", {"n1"});
    world.state.upsert_pod(admitted);
  }
  const Plan plan = play(world);
  REQUIRE(plan.preemption.ended.size() == 1);
  CHECK(plan.preemption.ended[0].spared.empty());
  CHECK(known_pod(world, PodUid{"uid-b2"}).revocable_after);
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

namespace {

/// b holds both nodes, the older one for good; a node is promised from 14:00 on, where "b2" is.
World promised_and_borrowed() {
  World world = preempting_world({8, 8});
  world.policy.preemption.notice = 60s;
  world.add_all(quota("root").pool("p").cpu(0), team("a", 8), team("b", 8));
  PodView firm = running("b1", "b", "n2").cpu(8).created(0);
  firm.preemptible = false;
  PodView brief = running("b2", "b", "n1").cpu(8).created(10);
  brief.duration_limit = 90min;
  brief.started = kNow - 10min;
  ReservationSpec spec = reservation("r", 0);
  spec.amounts = {};
  spec.node_count = 1;
  spec.window = SingleWindow{kNow + 2h, 1h};
  spec.lead_time = 5min;
  spec.places = {{NodeName{"n1"}, {}}};
  world.add_all(firm, brief, spec);
  return world;
}

PodView asks_for(Duration length) {
  PodView asks = pod("a1").in("ns-a").cpu(8).created(20);
  asks.duration_limit = length;
  return asks;
}

} // namespace

TEST_CASE("R3, P3: while victims have their notice, a window keeps the node that will be free") {
  World world = promised_and_borrowed();
  world.add(asks_for(1h));
  bool has_started = false;
  for (int minute = 0; minute < 6; ++minute) {
    const Plan plan = play(world);
    REQUIRE(plan.windows.size() == 1);
    CHECK(plan.windows[0].nodes_missing == 0);
    CHECK(plan.windows[0].places.front().node == NodeName{"n1"});
    has_started = has_started || !plan.admissions.empty();
    bind_admitted(world);
    remove_terminating(world);
    world.now += 30s;
  }
  CHECK(has_started);
}

TEST_CASE("R3: nobody is evicted for work that would end in time only without the notice") {
  World world = promised_and_borrowed();
  world.add(asks_for(118min));
  CHECK(play(world).preemption.nominations.empty());
  world.policy.preemption.notice = 0s;
  world.add(asks_for(117min));
  CHECK(play(world).preemption.nominations.size() == 1);
}

TEST_CASE("P6: who was told for one plan and goes for another keeps its notice") {
  World world = borrowed_world();
  world.policy.preemption.notice = 60s;
  world.add(waiting("first", "a").cpu(4).created(0));
  CHECK(names_due(play(world), EvictionStep::Notice) == std::vector<std::string>{"b2"});
  const auto told_until = known_pod(world, PodUid{"uid-b2"}).revocable_after;
  REQUIRE(told_until);
  world.now += 10s;
  PodView first = waiting("first", "a").cpu(9).created(0); // more than there is
  first.nomination = known_pod(world, PodUid{"uid-first"}).nomination;
  world.add(first);
  world.add(waiting("second", "a").cpu(4).created(1));
  const Plan plan = play(world);
  REQUIRE(plan.preemption.ended.size() == 1);
  CHECK(plan.preemption.ended[0].spared.empty());
  CHECK(victims_of(world, plan) == std::vector<std::string>{"b2"});
  CHECK(known_pod(world, PodUid{"uid-b2"}).revocable_after == told_until);
}
