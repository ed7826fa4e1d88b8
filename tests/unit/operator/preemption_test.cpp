// P1, P3, P5 and P6 as the operator carries them out: what it writes, in which order, and what a
// crash, a refusal or a change of mind leaves behind.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "operator/preemption/preemption_steps.hpp"
#include "tests/unit/operator/lending_world.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

/// Team a lends and borrows nothing; "own" is within its 4 cpu, "burst" beyond, and has been told.
void let_a_burst(LendingWorld& world) {
  const simulation::Json burst = {{"factorPercent", 200},
                                  {"budgetSeconds", 120},
                                  {"refillSeconds", 86'400},
                                  {"gracePeriodSeconds", 60}};
  world.admin.patch("Quota", {"", "a"}, {{"spec", {{"parentRef", nullptr}, {"burst", burst}}}});
  world.executor.run_for(1s);
  for (const char* name : {"own", "burst"}) {
    world.submit("a", name, 4);
    REQUIRE(world.executor.run_until([&] { return world.runs("a", name); }, 1min));
    world.executor.run_for(2s);
  }
  const auto told = [&] { return !world.notice("a", "burst").empty(); };
  REQUIRE(world.executor.run_until(told, 3min));
}

} // namespace

TEST_CASE("P2, P3, P6: what was lent comes back after notice, to the one it was taken for") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  CHECK(world.is_nominated("a", "a1")); // first the promise, then the notice
  const auto revocable_after = parse_time(world.notice("b", "b2"));
  REQUIRE(revocable_after);
  CHECK(*revocable_after >= world.executor.now() + 10s);
  CHECK(world.notice("b", "b1").empty());

  // It is lent to nobody else meanwhile, however small.
  world.submit("b", "b3", 1);
  REQUIRE(world.executor.run_until([&] { return !world.is_there("b", "b2"); }, 1min));
  CHECK(world.executor.now() >= *revocable_after);
  REQUIRE(world.executor.run_until([&] { return world.runs("a", "a1"); }, 1min));
  CHECK(world.is_gated("b", "b3"));
  CHECK(world.runs("b", "b1"));
  world.executor.run_for(10s);
  CHECK_FALSE(world.is_nominated("a", "a1"));
  CHECK(world.evictions_sent() == 1);

  CHECK_THAT(world.op->exposition(), Contains("berth_evictions_total{cause=\"reclaim\"} 1\n") &&
                                         Contains("berth_evictions_total{cause=\"critical\"} 0\n"));
  CHECK_THAT(world.notes("a", "Preempting"), Contains("b/b2"));
  CHECK_THAT(world.notes("b", "Preempted"), Contains("may be evicted after") && Contains("a/a1"));
  CHECK_THAT(world.notes("b", "Evicted"), Contains("a/a1"));
  const std::size_t writes = world.op->writes_asked();
  world.executor.run_for(1h);
  CHECK(world.op->writes_asked() == writes);
}

TEST_CASE("P4: the next leader knows what was taken back, from whom and how often") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  REQUIRE(world.executor.run_until([&] { return world.runs("a", "a1"); }, 1min));
  world.executor.run_for(5s);
  const auto told = (*world.admin.find("Quota", {"", "b"}))["status"];
  REQUIRE(told["backOffs"].size() == 1);
  CHECK(told["backOffs"][0]["pool"] == "cpu");
  CHECK(told["backOffs"][0]["reclaims"] == 1);
  REQUIRE(told["recentEvictions"].size() == 1);
  const auto until = parse_time(told["backOffs"][0]["until"].get<std::string>());
  REQUIRE(until);
  REQUIRE(*until > world.executor.now() + 10s);

  world.start();
  world.admin.remove("Pod", {"a", "a1"}, 0);
  world.submit("b", "b3", 4); // there is room, and b would borrow it again
  REQUIRE(world.executor.run_until([&] { return world.executor.now() >= *until - 1s; }, 2min));
  CHECK(world.is_gated("b", "b3"));
  CHECK((*world.admin.find("Quota", {"", "b"}))["status"]["recentEvictions"] ==
        told["recentEvictions"]);
  CHECK(world.executor.run_until([&] { return world.runs("b", "b3"); }, 2min));
}

TEST_CASE("P5: a disruption budget that refuses ends the plan, and nobody was evicted for it") {
  LendingWorld world;
  world.let_b_borrow();
  world.admin.create(simulation::make_budget("b", "keep", "app", "b", 2).build());
  world.executor.run_for(1s);
  world.let_a_ask();
  REQUIRE(world.executor.run_until([&] { return !world.is_nominated("a", "a1"); }, 1min));
  world.executor.run_for(30min);
  CHECK(world.runs("b", "b1"));
  CHECK(world.runs("b", "b2"));
  CHECK(world.evictions_sent() == 0); // it was asked first
  CHECK(world.evictions_sent(true) <= 4);
  CHECK(world.notice("b", "b1").empty());
  CHECK(world.notice("b", "b2").empty());
  CHECK(world.is_gated("a", "a1"));
  CHECK_THAT(world.notes("a", "Preempting"), Contains("was refused"));

  SECTION("once the budget allows it, the room is taken back after all") {
    world.admin.remove("PodDisruptionBudget", {"b", "keep"});
    CHECK(world.executor.run_until([&] { return world.runs("a", "a1"); }, 3h));
  }
}

TEST_CASE("P1: nobody is evicted for a preemptor that went while the notice ran") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  world.admin.remove("Pod", {"a", "a1"}, 0);
  world.executor.run_for(5min);
  CHECK(world.runs("b", "b2"));
  CHECK(world.notice("b", "b2").empty()); // withdrawn
  CHECK(world.evictions_sent(true) == 0);
}

TEST_CASE("P1: nobody is admitted whose evictions are on their way, or they would be for nobody") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  simulation::Latency slow;
  slow.slow_permille = 1000;
  slow.slow = 3s;
  world.op->transport.faults().set_latency(slow);
  REQUIRE(world.executor.run_until([&] { return world.evictions_sent(true) == 1; }, 2min));
  world.executor.run_for(1s); // that was answered, and the eviction is on its way
  REQUIRE(world.is_there("b", "b2"));
  world.op->transport.faults().set_latency({});
  world.admin.remove("Pod", {"b", "b1"}, 0);
  REQUIRE(world.executor.run_until([&] { return !world.is_there("b", "b2"); }, 1min));
  CHECK(world.is_nominated("a", "a1"));
  CHECK(world.is_gated("a", "a1"));
  CHECK(world.executor.run_until([&] { return world.runs("a", "a1"); }, 1min));
}

TEST_CASE("P1, I8: an old view evicts nobody: before the first eviction the API itself is asked") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  world.executor.run_for(1s);
  world.op->transport.cache().hold(true);
  world.admin.remove("Pod", {"a", "a1"}, 0);
  world.executor.run_for(2min);
  CHECK(world.runs("b", "b2"));
  CHECK(world.evictions_sent() == 0);
  world.op->transport.cache().hold(false);
  world.executor.run_for(1min);
  CHECK(world.runs("b", "b2"));
  CHECK(world.notice("b", "b2").empty());
}

TEST_CASE("P6: a victim whose notice was withdrawn behind an old view is told again first") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  world.executor.run_for(1s);
  world.op->transport.cache().hold(true);
  simulation::AdminClient other(world.server, simulation::kOperatorUser);
  other.patch("Pod", {"b", "b2"},
              {{"metadata", {{"annotations", {{"berth.dev/revocable-after", nullptr}}}}}});
  world.executor.run_for(1min);
  CHECK(world.runs("b", "b2"));
  world.op->transport.cache().hold(false);
  const auto told_again = [&] { return !world.notice("b", "b2").empty(); };
  REQUIRE(world.executor.run_until(told_again, 1min));
  CHECK(world.runs("b", "b2"));
  CHECK(world.executor.run_until([&] { return world.runs("a", "a1"); }, 1min));
}

TEST_CASE("F19: a replica that does not lead any more writes nothing of a plan") {
  LendingWorld world;
  world.let_b_borrow();
  world.executor.run_for(10s);
  SECTION("no nomination") {
    world.op->leads = false;
    const std::size_t writes = world.op->writes_asked();
    world.submit("a", "a1", 4);
    world.executor.run_for(5min);
    CHECK(world.op->writes_asked() == writes);
  }
  SECTION("no eviction whose notice has passed") {
    world.let_a_ask();
    world.op->leads = false;
    world.executor.run_for(5min);
    CHECK(world.evictions_sent() + world.evictions_sent(true) == 0);
    CHECK(world.runs("b", "b2"));
  }
}

TEST_CASE("P2: a switched off preemption takes back what was planned") {
  LendingWorld world;
  world.let_b_borrow();
  world.let_a_ask();
  world.options.preemption.enabled = false;
  world.start();
  world.executor.run_for(1min);
  CHECK_FALSE(world.is_nominated("a", "a1"));
  CHECK(world.notice("b", "b2").empty());
  CHECK(world.runs("b", "b2"));
}

TEST_CASE("P6: an AllocationPolicy's notice holds, not the flag's") {
  LendingWorld world;
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationPolicy", "", "default")
          .spec({{"preemption", {{"minRuntimeSeconds", 0}, {"noticeSeconds", 90}}}})
          .build());
  world.let_b_borrow();
  world.let_a_ask();
  const auto revocable_after = parse_time(world.notice("b", "b2"));
  REQUIRE(revocable_after);
  CHECK(*revocable_after >= world.executor.now() + 85s);
  world.executor.run_for(80s);
  CHECK(world.runs("b", "b2"));
  world.admin.patch("AllocationPolicy", {"", "default"},
                    {{"spec", {{"preemption", {{"enabled", false}}}}}});
  world.executor.run_for(1min);
  CHECK(world.runs("b", "b2"));
  CHECK(world.notice("b", "b2").empty());
}

TEST_CASE("P4: work that has not run long enough is left alone") {
  LendingWorld world;
  world.options.preemption.min_runtime = 5min;
  world.start();
  world.let_b_borrow();
  world.submit("a", "a1", 4);
  world.executor.run_for(4min);
  CHECK_FALSE(world.is_nominated("a", "a1"));
  CHECK(world.executor.run_until([&] { return world.runs("a", "a1"); }, 5min));
}

TEST_CASE(
    "Q6, P6: what a burst paid for is told when the budget is empty, and evicted after grace") {
  LendingWorld world;
  let_a_burst(world);
  const auto revocable_after = parse_time(world.notice("a", "burst"));
  REQUIRE(revocable_after);
  CHECK(*revocable_after >= world.executor.now() + 59s);
  world.executor.run_for(1s); // events come a little later
  CHECK_THAT(world.notes("a", "BurstEnded"), Contains("burst budget of quota a is used up"));

  SECTION("a new leader knows it from the pod and the quota's status") {
    world.start();
  }
  SECTION("the same leader goes on") {}
  SECTION("a disruption budget keeps it, and is kept") {
    world.admin.create(simulation::make_budget("a", "keep", "app", "a", 2).build());
    world.executor.run_for(5min);
    CHECK(world.runs("a", "burst"));
    CHECK(world.evictions_sent() == 0);
    CHECK(world.evictions_sent(true) <= 5); // not asked again and again
    world.admin.remove("PodDisruptionBudget", {"a", "keep"});
  }
  REQUIRE(world.executor.run_until([&] { return !world.is_there("a", "burst"); }, 10min));
  CHECK(world.executor.now() >= *revocable_after);
  world.executor.run_for(1s);
  CHECK(world.evictions_sent() == 1);
  CHECK_THAT(world.notes("a", "Evicted"), Contains("burst"));
  CHECK_THAT(world.op->exposition(), Contains("berth_evictions_total{cause=\"burst_ended\"} 1\n"));
  CHECK(world.runs("a", "own"));
  CHECK(world.notice("a", "own").empty());
}

TEST_CASE("Q6: a burst is not evicted any more once its quota has room for it") {
  LendingWorld world;
  let_a_burst(world);
  world.admin.remove("Pod", {"a", "own"}, 0);
  world.executor.run_for(10s);
  CHECK(world.notice("a", "burst").empty());
  world.executor.run_for(10min);
  CHECK(world.runs("a", "burst"));
  CHECK(world.evictions_sent() + world.evictions_sent(true) == 0);
}

TEST_CASE("F20, P3: killed between any two writes, a preemption is finished by the next leader") {
  // Writes of the whole preemption: two nominations, two notices, dry runs, evictions, admissions,
  // events. The walk ends when the operator outlives it.
  bool outlived = false;
  for (std::size_t writes = 1; !outlived; ++writes) {
    CAPTURE(writes);
    REQUIRE(writes < 60);
    LendingWorld world;
    world.submit("b", "own", 4);
    REQUIRE(world.executor.run_until([&] { return world.runs("b", "own"); }, 1min));
    world.submit_gang("b", "lent", 2, 2);
    REQUIRE(world.executor.run_until([&] { return world.runs("b", "lent-1"); }, 1min));
    world.executor.run_for(10s);
    const std::size_t before = world.op->writes_asked();
    world.submit_gang("a", "asks", 2, 2);
    const auto is_over = [&] { return world.runs("a", "asks-0") && world.runs("a", "asks-1"); };
    const auto has_written = [&] {
      return is_over() || world.op->writes_asked() >= before + writes;
    };
    REQUIRE(world.executor.run_until(has_written, 5min));
    outlived = is_over();
    world.start();
    // A gang whose admission is cut short is finished too (G2).
    REQUIRE(world.executor.run_until(is_over, 10min));
    CHECK(world.runs("b", "own"));
    CHECK_FALSE(world.is_there("b", "lent-0"));
    CHECK_FALSE(world.is_there("b", "lent-1"));
    world.executor.run_for(1min);
    CHECK_FALSE(world.is_nominated("a", "asks-0"));
    CHECK_FALSE(world.is_nominated("a", "asks-1"));
    CHECK(world.notice("b", "own").empty());
  }
}

TEST_CASE("The steps of one preemptor stay together, and pardons are nobody's") {
  allocation::PreemptionPlan plan;
  const auto pod = std::make_shared<const allocation::PodView>();
  for (const char* preemptor : {"x", "y", "x"}) {
    allocation::Eviction eviction;
    eviction.preemptor = WorkloadId{preemptor};
    eviction.step = plan.evictions.size() == 2 ? allocation::EvictionStep::Evict
                                               : allocation::EvictionStep::Notice;
    plan.evictions.push_back(eviction);
  }
  allocation::Eviction reserved;
  reserved.reservation = ReservationName{"nightly"};
  plan.evictions.push_back(reserved);
  plan.pardons.push_back(pod);
  const auto steps = steps_by_preemptor(plan, simulation::kWorldStart);
  REQUIRE(steps.size() == 4);
  CHECK(steps[0].preemptor == "x");
  CHECK(steps[0].notices.size() == 1);
  CHECK(steps[0].evictions.size() == 1);
  CHECK(steps[1].preemptor == "y");
  CHECK(steps[2].preemptor == "Reservation/nightly");
  REQUIRE(steps[3].end);
  CHECK(steps[3].end->spared.size() == 1);
  CHECK(steps[3].end->is_fulfilled);
}
