// Public issues of comparable systems that are about preemption, played on Berth until nothing
// happens any more: the cases that law P7 lists, and others of their kind.

#include <catch2/catch.hpp>

#include "tests/support/allocation/closed_loop.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

PodBuilder waiting(const std::string& name, const std::string& quota) {
  return pod(name).in("ns-" + quota);
}

std::int64_t used(World& world, const std::string& quota) {
  const auto snapshot = world.snapshot();
  const auto* use = snapshot->quota_use.find(QuotaName{quota});
  return use == nullptr ? 0
                        : (*use)->by_pool.at(PoolName{"p"}).get(ResourceName::cpu()).value() / 1000;
}

bool is_admitted(World& world, const std::string& name) {
  const auto snapshot = world.snapshot();
  const PodView* known = snapshot->find_pod(PodUid{"uid-" + name});
  return known != nullptr && known->admission.has_value();
}

} // namespace

TEST_CASE("kueue #3779: who borrows more does not evict a borrower that would come straight back") {
  World world = preempting_world({6});
  world.add_all(quota("root").pool("p").cpu(0), team("guaranteed-a", 3), team("guaranteed-b", 3),
                team("best-effort", 0), owned(running("a1", "guaranteed-a", "n1").cpu(5)),
                owned(running("e1", "best-effort", "n1").cpu(1)),
                owned(waiting("a2", "guaranteed-a").cpu(1).priority(100)));
  ClosedLoop loop{world};
  loop.rounds(30);
  CHECK(loop.evicted_in_all() == 0);
  CHECK(loop.quiet_rounds == 30);
}

TEST_CASE("kueue #7101: the group that is entitled gets its share once, the next one no flapping") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("proj1", 4), team("proj2", 4));
  for (int group = 0; group < 4; ++group)
    for (int member = 0; member < 2; ++member)
      world.add(running("p" + std::to_string(group) + "m" + std::to_string(member), "proj1", "n1")
                    .gang("g" + std::to_string(group), 2)
                    .cpu(1)
                    .created(group));
  for (const int size : {6, 5, 4, 3})
    for (int member = 0; member < size; ++member)
      world.add(waiting("s" + std::to_string(size) + "m" + std::to_string(member), "proj2")
                    .gang("s" + std::to_string(size), size)
                    .cpu(1)
                    .created(100 + 6 - size));
  ClosedLoop loop{world};
  loop.rounds(60);
  CHECK(is_admitted(world, "s4m0"));
  CHECK_FALSE(is_admitted(world, "s3m0"));
  CHECK(loop.evicted_in_all() == 4); // the two youngest groups of two, once
  CHECK(loop.quiet_rounds > 30);
  CHECK(used(world, "proj1") == 4);
  CHECK(used(world, "proj2") == 4);
}

TEST_CASE("kueue #14543: putting back work of its own quota never leaves an unlawful victim") {
  // Without own-low the preemptor would be entitled to take back 3 from b; with b's 3 gone own-low
  // is not needed; with own-low back the preemptor borrows, so b's 3 may not be taken.
  World world = preempting_world({12});
  world.add_all(quota("root").pool("p").cpu(5), team("a", 7), team("b", 0),
                owned(running("keep", "a", "n1").cpu(4).priority(9)),
                owned(running("own", "a", "n1").cpu(2).priority(1)),
                owned(running("lent1", "b", "n1").cpu(3)),
                owned(running("lent2", "b", "n1").cpu(3)),
                owned(waiting("new", "a").cpu(3).priority(5)));
  ClosedLoop loop{world};
  loop.rounds(20);
  CHECK(loop.evicted_in_all() == 0);
  world.add(running("own", "a", "n1").cpu(3).priority(1)); // large enough: it alone will do
  world.add(running("lent1", "b", "n1").cpu(2));
  CHECK(victims_of(world, world.plan()) == Names{"own"});
}

TEST_CASE("kueue #2821: two borrowers of one cohort do not evict each other in turns") {
  World world = preempting_world({10});
  world.add_all(quota("root").pool("p").cpu(4), team("a", 3), team("b", 3),
                owned(running("a1", "a", "n1").cpu(5)), owned(running("b1", "b", "n1").cpu(5)),
                owned(waiting("a2", "a").cpu(5).priority(9)),
                owned(waiting("b2", "b").cpu(5).priority(9)));
  ClosedLoop loop{world};
  loop.rounds(60);
  // Inside each quota the higher priority takes once; nobody takes from the other.
  CHECK(loop.evictions == std::map<std::string, int>{{"a1", 1}, {"b1", 1}});
  CHECK(loop.quiet_rounds > 30);
}

TEST_CASE("kueue #6947: an impossible workload evicts nobody, the possible one gets its quota") {
  World world = preempting_world({3});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 3), team("b", 0),
                owned(running("one", "b", "n1").cpu(1)),
                owned(waiting("four", "a").cpu(4).priority(5)),
                owned(waiting("three", "a").cpu(3).priority(1)));
  ClosedLoop loop{world};
  loop.rounds(30);
  CHECK(is_admitted(world, "three"));
  CHECK(loop.evictions == std::map<std::string, int>{{"one", 1}});
  CHECK(loop.quiet_rounds > 20);
}

TEST_CASE("kueue #804: while victims end there is no over-commitment, however long they take") {
  World world = preempting_world({4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("b1", "b", "n1").cpu(4), waiting("a1", "a").cpu(4),
                waiting("a2", "a").cpu(4).created(5));
  for (int i = 0; i < 10; ++i) {
    play(world);
    CHECK(used(world, "a") + used(world, "b") == 4);
    world.now += 1h;
  }
  remove_terminating(world);
  play(world);
  CHECK(is_admitted(world, "a1"));
  CHECK(used(world, "a") == 4);
}

TEST_CASE("kueue #14811: evicted work holds nothing once its pods are gone, and waits again") {
  World world = preempting_world({4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                owned(running("b1", "b", "n1").cpu(4)), owned(waiting("a1", "a").cpu(4)));
  ClosedLoop loop{world};
  loop.rounds(3);
  CHECK(used(world, "b") == 0);
  CHECK(why_waiting(world.plan(), "b1-1") != nullptr);
}

TEST_CASE("kueue #14609: of a gang that is evicted each member counts until it is gone itself") {
  World world = preempting_world({12});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 12), team("b", 0));
  for (const std::string name : {"g1", "g2", "g3"})
    world.add(running(name, "b", "n1").gang("g", 3).cpu(4));
  world.add(waiting("a1", "a").cpu(12));
  play(world);
  play(world);
  std::int64_t left = 12;
  for (const std::string name : {"g1", "g2", "g3"}) {
    CHECK(used(world, "b") == left);
    CHECK(play(world).admissions.empty());
    world.state.remove_pod(PodUid{"uid-" + name});
    left -= 4;
  }
  CHECK(admitted_names(play(world)) == Names{"a1"});
}

TEST_CASE("kueue #12232: room is not held for a preemptor that is gone") {
  World world = preempting_world({4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("b1", "b", "n1").cpu(4), waiting("a1", "a").cpu(4));
  play(world);
  play(world);
  world.state.remove_pod(PodUid{"uid-a1"});
  remove_terminating(world);
  world.policy.evictions = {};
  world.add(waiting("b2", "b").cpu(4));
  CHECK(admitted_names(play(world)) == Names{"b2"});
}

TEST_CASE("kueue #10407: pods that are evicted and made again leave nothing behind them") {
  World world = preempting_world({2});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 2), team("b", 0),
                owned(running("b1", "b", "n1").cpu(2)));
  ClosedLoop loop{world};
  for (int i = 0; i < 20; ++i) { // the owner of the capacity comes and goes
    world.add(waiting("a" + std::to_string(i), "a").cpu(2));
    loop.rounds(10);
    world.state.remove_pod(PodUid{"uid-a" + std::to_string(i)});
    loop.rounds(10);
    CHECK(used(world, "a") == 0);
    CHECK(world.snapshot()->charges.size() <= 1);
  }
  CHECK(loop.evictions["b1"] >= 1);
  CHECK(loop.evictions["b1"] <= 20);
}

TEST_CASE("volcano #4949: a queue is not pushed below what it deserves, so nothing comes back") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), team("q1", 3), team("q2", 5),
                owned(running("pod1", "q1", "n1").cpu(4)),
                owned(running("pod2", "q2", "n1").cpu(1)), owned(waiting("pod3", "q2").cpu(4)));
  ClosedLoop loop{world};
  loop.rounds(30);
  CHECK(loop.evicted_in_all() == 0);
  SECTION("in small pieces the borrowed part alone is taken, once") {
    world.state.remove_pod(PodUid{"uid-pod1"});
    for (int i = 0; i < 6; ++i)
      world.add(owned(running("piece" + std::to_string(i), "q1", "n1").cpu(1)));
    loop.rounds(30);
    CHECK(is_admitted(world, "pod3"));
    CHECK(used(world, "q1") == 3);
    CHECK(loop.evicted_in_all() == 3);
    CHECK(loop.quiet_rounds > 20);
  }
}

TEST_CASE(
    "KAI PR #1565: an over-fed queue moves nobody, and an entitled one little more than asked") {
  World world = preempting_world({100, 100, 100, 100, 100});
  world.add_all(quota("root").pool("p").cpu(0), team("pre", 100), team("mid", 400));
  for (int i = 0; i < 5; ++i) {
    const std::string node = "n" + std::to_string(i + 1);
    world.add(owned(running("pre" + std::to_string(i), "pre", node).cpu(50)));
    world.add(owned(running("mid" + std::to_string(i), "mid", node).cpu(40)));
  }
  world.add(owned(waiting("train", "pre").cpu(48)));
  ClosedLoop loop{world};
  loop.rounds(10);
  CHECK(loop.evicted_in_all() == 0);
  world.state.remove_pod(PodUid{"uid-train"});
  world.add(owned(waiting("serve", "mid").cpu(48)));
  CHECK(victims_of(world, world.plan()).size() == 1); // 50 for 48
}

TEST_CASE("koordinator #2443: what is nominated is held, but not shown as used") {
  World world = preempting_world({4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("b1", "b", "n1").cpu(4), waiting("a1", "a").cpu(4));
  play(world);
  play(world);
  const auto snapshot = world.snapshot();
  const auto standing = balance_of(*snapshot).standing(*snapshot->quotas->find(QuotaName{"a"}));
  CHECK(standing.at(0).used == Amount{0});
  CHECK(used(world, "a") == 0);
  remove_terminating(world);
  play(world);
  CHECK(used(world, "a") == 4);
}

TEST_CASE("volcano #4925: room counts where the preemptor can use it, not in a sum") {
  World world = preempting_world({4, 4});
  NodeView special = node("n1", 4);
  special.labels.set("disk", "fast");
  world.add_all(special, quota("root").pool("p").cpu(4), team("a", 4), team("b", 0),
                running("b1", "b", "n1").cpu(4).created(0),
                running("b2", "b", "n2").cpu(4).created(50),
                waiting("a1", "a").cpu(4).selects("disk", "fast"));
  CHECK(victims_of(world, world.plan()) == Names{"b1"}); // though b2 is newer
  world.add(waiting("a1", "a").cpu(4).selects("disk", "none"));
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("volcano #3673: evictions that do not help a whole gang are not made at all") {
  World world = preempting_world({4, 4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 8), team("b", 4),
                running("b1", "b", "n1").cpu(4), running("b2", "b", "n2").cpu(4));
  for (const std::string name : {"g1", "g2"})
    world.add(waiting(name, "a").gang("g", 2).cpu(4));
  const Plan plan = world.plan();
  CHECK(plan.preemption.empty()); // only one of b's workloads is borrowed
}

TEST_CASE("kueue #1654: a preemptor that has ended holds no room and evicts nobody") {
  World world = preempting_world({4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("b1", "b", "n1").cpu(4), waiting("a1", "a").cpu(4));
  play(world);
  change(world, PodUid{"uid-a1"}, [](PodView& pod) { pod.terminal = true; });
  World leader = restarted(world);
  const Plan plan = leader.plan();
  CHECK(plan.admissions.empty());
  CHECK(plan.preemption.evictions.empty());
  CHECK(leader.snapshot()->holds->nominations.empty());
}

TEST_CASE("kueue PR #12891: a plan that is carried out twice is one plan") {
  World world = preempting_world({4});
  world.policy.preemption.notice = 60s;
  world.add_all(quota("root").pool("p").cpu(0), team("a", 4), team("b", 0),
                running("b1", "b", "n1").cpu(4), waiting("a1", "a").cpu(4));
  const Plan plan = world.plan();
  carry_out(world, plan.preemption);
  carry_out(world, plan.preemption);
  CHECK(world.snapshot()->holds->nominations.size() == 1);
  CHECK(world.plan().preemption.empty());
}

TEST_CASE("KAI PR #1565: who is over its share takes nothing from who is under it, ratio or not") {
  World world = preempting_world({4, 4, 4, 4});
  world.add_all(quota("root").pool("p").cpu(0), team("pre", 2), team("mid", 14));
  for (int i = 0; i < 10; ++i)
    world.add(owned(running("pre" + std::to_string(i), "pre", "n" + std::to_string(1 + i / 4))
                        .cpu(1)
                        .priority(5)));
  for (int i = 0; i < 6; ++i)
    world.add(owned(
        running("mid" + std::to_string(i), "mid", "n" + std::to_string(3 + (i + 2) / 4)).cpu(1)));
  for (int i = 0; i < 4; ++i)
    world.add(waiting("ask" + std::to_string(i), "pre").cpu(1).priority(5).gang("ask", 4));
  ClosedLoop loop{world};
  loop.rounds(30);
  CHECK(loop.evicted_in_all() == 0);
  CHECK(loop.quiet_rounds == 30);
  CHECK(used(world, "mid") == 6);
}

TEST_CASE("KAI #1750: a protected queue of lower priority does not stop a reclaim from a sibling") {
  World world = preempting_world({8});
  world.add_all(quota("root").pool("p").cpu(0), quota("org").under("root").pool("p").cpu(0),
                quota("reclaimer").under("org").of("ns-reclaimer").pool("p").cpu(4),
                quota("batch").under("org").of("ns-batch").pool("p").cpu(0), team("protected", 4),
                owned(running("batch1", "batch", "n1").cpu(2)),
                owned(running("batch2", "batch", "n1").cpu(2)),
                owned(running("kept", "protected", "n1").cpu(3).priority(-10)),
                owned(waiting("asks", "reclaimer").cpu(3)));
  ClosedLoop loop{world};
  loop.rounds(20);
  CHECK(is_admitted(world, "asks"));
  CHECK(loop.evictions.count("kept") == 0);
  CHECK(loop.evicted_in_all() == 1); // one core is spare
}

TEST_CASE("koordinator #2391: pods that come at once never hold more than the most they may") {
  World world = preempting_world({16});
  world.add_all(quota("root").pool("p").cpu(16),
                quota("a").under("root").of("ns-a").pool("p").nominal("cpu", 4000, Amount{6000}));
  for (int i = 0; i < 12; ++i)
    world.add(waiting("w" + std::to_string(i), "a").cpu(1));
  ClosedLoop loop{world};
  for (int round = 0; round < 5; ++round) {
    loop.round();
    CHECK(used(world, "a") == 10);
  }
  CHECK(loop.evicted_in_all() == 0);
}

TEST_CASE("koordinator #2393: what is a quota's own is not scaled down when nodes are lost") {
  World world = preempting_world({8, 4});
  world.add_all(quota("root").pool("p").cpu(0), team("a", 8), team("b", 8),
                owned(running("a1", "a", "n1").cpu(4)), owned(running("b1", "b", "n2").cpu(4)),
                waiting("a2", "a").cpu(4));
  CHECK(admitted_names(play(world)) == Names{"a2"}); // 12 cores are there of 16 promised
}

TEST_CASE("YUNIKORN-1988: nobody is evicted below its guarantee, however short another one is") {
  World world = preempting_world({6});
  world.add_all(quota("root").pool("p").cpu(0), team("q1", 4), team("q2", 4));
  for (int i = 0; i < 4; ++i)
    world.add(owned(running("low" + std::to_string(i), "q1", "n1").cpu(1).priority(-100)));
  world.add(owned(waiting("asks", "q2").cpu(4).priority(100)));
  ClosedLoop loop{world};
  loop.rounds(30);
  CHECK(loop.evicted_in_all() == 0);
  CHECK(used(world, "q1") == 4);
}
