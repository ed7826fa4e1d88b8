// Public issues of comparable systems that are about admission and accounting, played on Berth. The
// ones about preemption come with preemption.

#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

World one_quota(std::int64_t cores) {
  World world;
  world.add_all(pool("p"), node("n1", 64), node("n2", 64),
                quota("a").of("team-a").pool("p").cpu(cores));
  return world;
}

Amount used(World& world) {
  const auto snapshot = world.snapshot();
  const auto* use = snapshot->quota_use.find(QuotaName{"a"});
  return use == nullptr ? Amount{} : (*use)->by_pool.at(PoolName{"p"}).get(ResourceName::cpu());
}

/// A new leader: everything is listed again, in another order.
World restarted(World& world) {
  World fresh = one_quota(0);
  const auto before = world.snapshot();
  std::vector<PodView> pods;
  before->pods.for_each(
      [&](const PodUid&, const std::shared_ptr<const PodView>& known) { pods.push_back(*known); });
  for (auto listed = pods.rbegin(); listed != pods.rend(); ++listed)
    fresh.add(*listed);
  for (const auto& spec : before->quotas->quotas())
    fresh.add(*spec);
  return fresh;
}

} // namespace

TEST_CASE("kueue #1654: a restart never admits finished work again, nor does it hold quota") {
  World world = one_quota(10);
  world.add_all(pod("ok").cpu(5).admitted(record("a", "p")).bound("n1").terminal(),
                pod("failed").cpu(5).admitted(record("a", "p")).bound("n1").terminal(),
                pod("never-admitted").cpu(5).terminal());
  World leader = restarted(world);
  const Plan plan = leader.plan();
  CHECK(plan.admissions.empty());
  CHECK(plan.waiting.empty());
  CHECK(used(leader) == Amount{0});
}

TEST_CASE("kueue #1450: after a restart the use of running work is the same, so nothing slips in") {
  World world = one_quota(10);
  world.add_all(pod("a1").cpu(6), pod("a2").cpu(4).created(1), pod("a3").cpu(1).created(2));
  CHECK(world.step().admissions.size() == 2);
  World leader = restarted(world);
  CHECK(used(leader) == used(world));
  CHECK(leader.plan().admissions.empty());
  CHECK(audit(world.snapshot()->quota_use, leader.snapshot()->quota_use).empty());
}

TEST_CASE("kueue PR #12891: one admission seen many times is counted once") {
  World world = one_quota(10);
  world.add(pod("a1").cpu(4));
  const Plan plan = world.plan();
  for (int i = 0; i < 3; ++i)
    world.apply(plan); // retries, and the watch echoing them
  world.add(pod("a1").cpu(4).admitted(plan.admissions[0].members[0].record).bound("n1"));
  CHECK(used(world) == Amount{4000});
}

TEST_CASE("kueue #14609: every running member of a gang is counted, replaced ones too") {
  World world = one_quota(48);
  for (int i = 0; i < 3; ++i)
    world.add(pod("g" + std::to_string(i)).gang("g", 3).cpu(16).created(i));
  REQUIRE(world.step().admissions.size() == 1);
  CHECK(used(world) == Amount{48'000});
  for (int i = 0; i < 3; ++i) { // each member fails and is made again
    world.state.remove_pod(PodUid{"uid-g" + std::to_string(i)});
    world.add(pod("h" + std::to_string(i)).gang("g", 3).cpu(16).created(100 + i));
    REQUIRE(world.step().admissions.size() == 1);
    CHECK(used(world) == Amount{48'000});
  }
  world.add(pod("more").cpu(1).created(999));
  CHECK(why_waiting(world.plan(), "more")->reason == Reason::InsufficientQuota);
}

TEST_CASE("kueue #14609: members that succeed and are started again count as those before them") {
  World world = one_quota(48);
  for (const std::string run : {"first", "second", "third"}) {
    for (const std::string member : {"-0", "-1", "-2"}) {
      CHECK(world.plan().admissions.empty()); // not before all of this run are there
      world.add(pod(run + member).gang("g", 3).cpu(16).created(100));
    }
    REQUIRE(world.step().admissions.size() == 1);
    CHECK(used(world) == Amount{48'000});
    for (const std::string member : {"-0", "-1", "-2"})
      world.add(pod(run + member).gang("g", 3).cpu(16).admitted(record("a", "p")).succeeded());
    CHECK(used(world) == Amount{0});
  }
}

TEST_CASE("kueue #804: a workload that changes size is counted at its new size") {
  World world = one_quota(10);
  world.add(pod("a1").cpu(4).admitted(record("a", "p")).bound("n1"));
  CHECK(used(world) == Amount{4000});
  world.add(pod("a1").cpu(7).admitted(record("a", "p")).bound("n1")); // resized in place
  CHECK(used(world) == Amount{7000});
  world.add(pod("a1").cpu(2).admitted(record("a", "p")).bound("n1"));
  CHECK(used(world) == Amount{2000});
}

TEST_CASE("kueue #14811, #12232: quota is not held by work that has no pods") {
  World world = one_quota(10);
  world.add_all(pod("a1").cpu(10), pod("a2").cpu(10).created(1));
  CHECK(admitted_names(world.step()) == Names{"a1"});
  world.state.remove_pod(PodUid{"uid-a1"}); // deleted between admission and binding
  CHECK(used(world) == Amount{0});
  CHECK(admitted_names(world.step()) == Names{"a2"});
}

TEST_CASE(
    "kueue #10407: pods that are made again and again hold quota once each, while they live") {
  World world = one_quota(2);
  for (int round = 0; round < 26; ++round) {
    const std::string left = "l" + std::to_string(round);
    const std::string right = "r" + std::to_string(round);
    world.add_all(pod(left).cpu(1), pod(right).cpu(1));
    CHECK(world.step().admissions.size() == 2);
    CHECK(used(world) == Amount{2000});
    world.state.remove_pod(PodUid{"uid-" + left});
    world.state.remove_pod(PodUid{"uid-" + right});
  }
  CHECK(world.snapshot()->charges.empty());
}

TEST_CASE("kueue #14477: a cycle admits as many workloads of a quota as fit") {
  World world = one_quota(100);
  for (int i = 0; i < 150; ++i)
    world.add(pod("w" + std::to_string(i)).cpu(1).created(i));
  CHECK(world.plan().admissions.size() == 100);
}

TEST_CASE("kueue #6947: an impossible workload at the head stops nobody") {
  World world = one_quota(3);
  world.add_all(pod("impossible").cpu(4).priority(1000), pod("possible").cpu(3));
  CHECK(admitted_names(world.plan()) == Names{"possible"});
}

TEST_CASE("kueue KEP-10852: work that names a missing quota is in the plan with its reason") {
  World world = one_quota(3);
  world.add(pod("lost").quota("typo").cpu(1));
  const Plan plan = world.plan();
  REQUIRE(why_waiting(plan, "lost") != nullptr);
  CHECK(why_waiting(plan, "lost")->reason == Reason::QuotaNotFound);
  CHECK(why_waiting(plan, "lost")->message == "Quota typo does not exist");
}

TEST_CASE("koordinator #2443: lowered quotas are over-used, never negative or wrapped") {
  World world = one_quota(10);
  world.add(pod("a1").cpu(9).admitted(record("a", "p")).bound("n1"));
  world.add(quota("a").of("team-a").pool("p").cpu(4));
  world.add(pod("a2").cpu(1));
  const Plan plan = world.plan();
  CHECK(plan.admissions.empty());
  CHECK(why_waiting(plan, "a2")->message == "needs 1 cpu in pool p; a has 0 of 4 left");
  const auto snapshot = world.snapshot();
  CHECK(balance_of(*snapshot).standing(0).at(0).borrowed == Amount{5000});
}
