#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"
#include "tests/support/allocation/carry_out.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

/// Up to twice the nominal amount for ten minutes, filled again in a hundred, five minutes' grace.
const BurstSpec kSpec{200, 10min, 100min, 5min};

/// a may burst from 4 cores to 8; b has 4 of its own; 12 cores in all.
World world_with_burst() {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(
      pool("p"), node("n", 12), quota("root").pool("p").cpu(0),
      quota("a").under("root").of("a").pool("p").nominal("cpu", 4000, Amount{0}).bursts(kSpec),
      quota("b").under("root").of("b").pool("p").nominal("cpu", 4000, Amount{0}));
  return world;
}

BurstAccount account(const Plan& plan) {
  return plan.memory.quotas.at(QuotaName{"a"}).burst;
}

} // namespace

TEST_CASE("Q6: a burst goes beyond Q2 up to the factor, after everybody else's turn") {
  World world = world_with_burst();
  world.add_all(pod("a1").in("a").cpu(4), pod("a2").in("a").cpu(3), pod("a3").in("a").cpu(2),
                pod("a4").in("a").cpu(1), pod("b1").in("b").cpu(4));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"a1", "b1", "a2", "a4"});
  CHECK_FALSE(plan.admissions[0].members[0].record.is_burst);
  CHECK_FALSE(plan.admissions[1].members[0].record.is_burst);
  CHECK(plan.admissions[2].members[0].record.is_burst);
  REQUIRE(plan.waiting.size() == 1);
  CHECK(plan.waiting[0].position == 1);
  CHECK(why_waiting(plan, "a3")->reason == Reason::InsufficientQuota);
  const auto balance = balance_of(*world.snapshot());
  const QuotaIndex a = *world.snapshot()->quotas->find(QuotaName{"a"});
  CHECK(balance.burst_level(a, 200) == kFullBurst);
}

TEST_CASE("Q6: where nothing is evicted no burst begins, since nobody would end it") {
  World world = world_with_burst();
  world.policy.preemption.enabled = false;
  world.add_all(pod("a1").in("a").cpu(4), pod("a2").in("a").cpu(2));
  CHECK(admitted_names(world.step()) == Names{"a1"});
}

TEST_CASE("Q6: a burst takes nothing from those who are within their quota") {
  World world = world_with_burst();
  world.add_all(pod("a1").in("a").cpu(8));
  const Plan burst = world.step();
  CHECK(admitted_names(burst) == Names{"a1"});
  world.add(pod("b1").in("b").cpu(4));
  CHECK(admitted_names(world.plan()) == Names{"b1"});
}

TEST_CASE("Q6: only idle capacity is used: not where somebody with quota waits for a place") {
  World world = world_with_burst();
  world.add_all(pod("b1").in("b").cpu(4).selects("kubernetes.io/hostname", "n"),
                pod("other").unmanaged().cpu(10).bound("n"), pod("a1").in("a").cpu(1),
                pod("a2").in("a").cpu(1), pod("a3").in("a").cpu(5));
  const Plan plan = world.step();
  CHECK(admitted_names(plan) == Names{"a1", "a2"});
  CHECK(why_waiting(plan, "b1")->reason == Reason::InsufficientCapacity);
  CHECK(why_waiting(plan, "a3")->reason == Reason::InsufficientQuota);
}

TEST_CASE("Q6: an empty budget gives notice, and after the grace what it paid for ends") {
  World world = world_with_burst();
  world.add_all(pod("a1").in("a").cpu(4).created(0), pod("a2").in("a").cpu(4).created(1));
  CHECK(world.step().admissions.size() == 2);
  const Plan on = world.step();
  CHECK(on.next_look == kNow + 10min);
  world.now = kNow + 10min - 1ms;
  CHECK(world.step().sheddings.empty());
  world.now = kNow + 10min;
  const Plan empty = world.step();
  REQUIRE(empty.sheddings.size() == 1);
  CHECK(empty.sheddings[0].pod->name == "a2");
  CHECK(empty.sheddings[0].reason == Reason::BurstEnded);
  CHECK(empty.sheddings[0].not_before == kNow + 15min);
  CHECK(empty.next_look == kNow + 15min);
  world.add(pod("a3").in("a").cpu(1));
  CHECK(admitted_names(world.plan()).empty()); // nothing more is paid for
}

TEST_CASE("Q6: work of a burst is ordinary work once the quota has room for it") {
  World world = world_with_burst();
  world.add_all(pod("a1").in("a").cpu(4).created(0), pod("a2").in("a").cpu(4).created(1));
  static_cast<void>(world.step());
  world.now = kNow + 10min;
  CHECK(account(world.step()).empty_since == kNow + 10min);
  world.now = kNow + 12min;
  world.state.remove_pod(PodUid{"uid-a1"});
  const Plan plan = world.step();
  CHECK_FALSE(account(plan).empty_since.has_value());
  CHECK(plan.sheddings.empty());
  world.now = kNow + 13min;
  CHECK(account(world.step()).left(kSpec) == Duration{6s}); // a minute fills a hundredth
}

TEST_CASE("Q6: what was held since the last cycle counts, not what is held at the next one") {
  World world = world_with_burst();
  world.add_all(pod("a1").in("a").cpu(4).created(0), pod("a2").in("a").cpu(4).created(1));
  static_cast<void>(world.step());
  world.now = kNow + 4min;
  world.state.remove_pod(PodUid{"uid-a2"});
  CHECK(account(world.step()).left(kSpec) == Duration{6min});
}

TEST_CASE("Q6: only as much of a burst ends as the quota has no room for, the newest first") {
  World world = world_with_burst();
  world.add_all(pod("a1").in("a").cpu(4).created(0), pod("a2").in("a").cpu(2).created(1));
  static_cast<void>(world.step());
  bind_admitted(world);
  world.now = kNow + 1min;
  world.add(pod("a3").in("a").cpu(2).created(2));
  static_cast<void>(world.step());
  bind_admitted(world);
  world.add(
      quota("a").under("root").of("a").pool("p").nominal("cpu", 6000, Amount{0}).bursts(kSpec));
  world.now = kNow + 1h;
  static_cast<void>(world.step());
  world.now = kNow + 4h;
  const Plan plan = world.step();
  REQUIRE(plan.sheddings.size() == 1);
  CHECK(plan.sheddings[0].pod->name == "a3");
}

TEST_CASE("Q6: the budget fills while no burst is on, and a tenth of it is needed to begin one") {
  BurstAccount account;
  account.settle(kSpec, 0, kNow);
  account.settle(kSpec, kFullBurst, kNow + 10min);
  CHECK(account.left(kSpec) == Duration{0});
  CHECK(account.reclaim_due(kSpec) == kNow + 15min);
  CHECK_FALSE(account.is_open(kSpec, 1));
  account.empty_since.reset();
  account.settle(kSpec, 0, kNow + 19min);
  CHECK_FALSE(account.is_open(kSpec, 0));
  CHECK(account.is_open(kSpec, 1));
  account.settle(kSpec, 0, kNow + 20min);
  CHECK(account.left(kSpec) == Duration{1min});
  CHECK(account.is_open(kSpec, 0));
  account.settle(kSpec, kFullBurst / 4, kNow + 22min);
  CHECK(account.left(kSpec) == Duration{30s}); // a quarter of the largest draws a quarter
  CHECK(account.lasts(kSpec, kFullBurst / 4) == Duration{2min});
  account.settle(kSpec, 0, kNow + 1000min);
  CHECK(account.left(kSpec) == Duration{10min});
}
