// Whose a pool is (N1): dedicated to one tenant, or divided between several.

#include <catch2/catch.hpp>

#include "tests/support/allocation/borrowed_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Names = std::vector<std::string>;

PoolSpec tenanted(std::vector<PoolTenant> tenants) {
  PoolSpec spec = pool("p");
  spec.tenants = std::move(tenants);
  return spec;
}

/// Ten cores, of which a has 50 % and b 30 %; a-child is below a.
World divided_world() {
  World world = preempting_world({5, 5});
  PolicySpec by_age;
  by_age.ordering = Ordering::Fifo;
  world.add(by_age);
  world.add(tenanted({{QuotaName{"a"}, 50}, {QuotaName{"b"}, 30}}));
  world.add(quota("root").pool("p").cpu(10));
  world.add_all(team("a", 0), team("b", 0), team("c", 0));
  world.add(quota("a-child").under("a").of("ns-a-child").pool("p").cpu(0));
  return world;
}

} // namespace

TEST_CASE("N1: only tenants of a pool, and the quotas below them, may use it") {
  World world = divided_world();
  world.add(tenanted({{QuotaName{"a"}, 100}}));
  world.add_all(waiting("of-a", "a").cpu(1), waiting("of-child", "a-child").cpu(1),
                waiting("of-c", "c").cpu(1));
  const Plan plan = play(world);
  CHECK(admitted_names(plan) == Names{"of-a", "of-child"});
  REQUIRE(why_waiting(plan, "of-c") != nullptr);
  CHECK(why_waiting(plan, "of-c")->reason == Reason::PoolNotAllowed);
  CHECK(why_waiting(plan, "of-c")->message == "Quota c is no tenant of ResourcePool p");
}

TEST_CASE("N1: a tenant may always have its share, and what no share covers is for all") {
  World world = divided_world();
  world.add_all(waiting("a1", "a").cpu(4).created(0), waiting("a2", "a-child").cpu(3).created(1),
                waiting("a3", "a").cpu(1).created(2), waiting("b1", "b").cpu(1).created(3),
                waiting("b2", "b").cpu(2).created(4));
  const Plan plan = play(world);
  CHECK(admitted_names(plan) == Names{"a1", "a2", "b1", "b2"});
  REQUIRE(why_waiting(plan, "a3") != nullptr);
  CHECK(why_waiting(plan, "a3")->reason == Reason::TenantLimited);
  CHECK(why_waiting(plan, "a3")->message ==
        "needs 1 cpu; the tenants of pool p leave a 0, its share being 5");
}

TEST_CASE("N1: a tenant beyond its share leaves the others what it does not use of the rest") {
  World world = divided_world();
  world.add_all(waiting("b1", "b").cpu(5).created(0), waiting("b2", "b").cpu(1).created(1),
                waiting("a1", "a").cpu(5).created(2));
  CHECK(admitted_names(play(world)) == Names{"b1", "a1"});
  bind_admitted(world);
  world.state.remove_pod(PodUid{"uid-b1"});
  CHECK(admitted_names(play(world)) == Names{"b2"});
}

TEST_CASE("N1: what is in use and no tenant's is not left to the tenants beyond their shares") {
  World world = divided_world();
  SECTION("of a quota that is no tenant any more") {
    world.add(running("c1", "c", "n1").cpu(3));
  }
  SECTION("of a quota that does not exist any more") {
    world.add(running("c1", "gone", "n1").cpu(3));
  }
  // Two of ten cores are in no share, and in use.
  world.add_all(waiting("a1", "a").cpu(5).created(0), waiting("a2", "a").cpu(1).created(1),
                waiting("b1", "b").cpu(2).created(2));
  const Plan plan = play(world);
  CHECK(admitted_names(plan) == Names{"a1", "b1"});
  REQUIRE(why_waiting(plan, "a2") != nullptr);
  CHECK(why_waiting(plan, "a2")->reason == Reason::TenantLimited);
}

TEST_CASE("P1, N1: nobody is evicted for one whose tenant has no part of the pool left") {
  World world = divided_world();
  world.policy.preemption.min_runtime = 0s;
  world.add(team("a", 10));
  world.add_all(running("a1", "a", "n1").cpu(5), running("a2", "a", "n2").cpu(2),
                running("b1", "b", "n2").cpu(3));
  world.add(waiting("more", "a").cpu(3)); // b1 borrows what is a's, but a would hold 10 of 7
  CHECK(play(world).preemption.nominations.empty());
  world.add(waiting("urgent", "a").cpu(3).priority(9));
  CHECK(victims_of(world, play(world)) == Names{"a1"});
}

TEST_CASE("P3, N1: what is nominated to a tenant's work is not given to other work of it") {
  World world = divided_world();
  world.policy.preemption.min_runtime = 0s;
  world.policy.preemption.notice = 60s;
  world.add(tenanted({{QuotaName{"a"}, 50}, {QuotaName{"b"}, 50}}));
  world.add_all(running("a1", "a", "n1").cpu(2), running("b1", "b", "n1").cpu(3),
                running("b2", "b", "n2").cpu(4));
  world.add(team("a", 10));
  world.add_all(waiting("large", "a").cpu(3).created(0),
                waiting("small", "a-child").cpu(1).created(1));
  for (int cycle = 0; cycle < 2; ++cycle) {
    const Plan plan = play(world);
    CHECK(plan.admissions.empty());
    REQUIRE(why_waiting(plan, "large") != nullptr);
    CHECK(why_waiting(plan, "large")->reason == Reason::Preempting);
    REQUIRE(why_waiting(plan, "small") != nullptr);
    CHECK(why_waiting(plan, "small")->reason == Reason::TenantLimited);
  }
}

TEST_CASE("N1: a reservation that no tenant pays for, or in a pool on hold, is not accepted") {
  World world = divided_world();
  PoolSpec spec = tenanted({{QuotaName{"a"}, 100}});
  world.add(spec);
  ReservationSpec foreign = reservation("r", 2);
  foreign.payer = QuotaName{"c"};
  foreign.accepted = false;
  world.add(foreign);
  const auto reason = [&] { return world.plan().reservations.at(0).reason; };
  CHECK(reason() == Reason::PoolNotAllowed);
  foreign.payer = QuotaName{"a"};
  world.add(foreign);
  CHECK(reason() == Reason::Accepted);
  spec.drain = Stop::Hold;
  world.add(spec);
  CHECK(reason() == Reason::PoolStopped);
}
