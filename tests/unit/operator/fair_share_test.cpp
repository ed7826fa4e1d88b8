// What quotas' statuses remember of fairness, and that it costs no writes.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/api/to_allocation.hpp"
#include "operator/quota/fair_share.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1000h};

api::Quota quota_with(std::optional<api::FairShare> told) {
  api::Quota quota;
  quota.meta.name = "a";
  quota.status.fair_share = std::move(told);
  return quota;
}

allocation::QuotaMemory memory_of(std::int64_t history_nano, TimePoint sampled_at) {
  allocation::QuotaMemory memory;
  memory.history_nano = history_nano;
  memory.sampled_at = sampled_at;
  return memory;
}

} // namespace

TEST_CASE("F2: the share is told by weight, with the history that belongs to it") {
  api::Quota quota = quota_with({});
  quota.spec.weight = 2;
  const auto memory = memory_of(250'600'000, kStart);
  const auto share =
      fair_share_status({quota, memory, {500'000'000, resources::ResourceName::cpu()}, 24h});
  REQUIRE(share);
  CHECK(share->dominant_resource == "cpu");
  CHECK(share->share_milli == 250);
  CHECK(share->history_milli == 251);
  CHECK(share->sampled_at == kStart);
}

TEST_CASE("F2: what follows from the status is not written again") {
  const api::FairShare told{"", 0, 500, kStart};
  const auto a_day_later = memory_of(250'000'000, kStart + 24h);
  CHECK(fair_share_status({quota_with(told), a_day_later, {}, 24h}) == told);
  // A half-life that was changed is told.
  CHECK(fair_share_status({quota_with(told), a_day_later, {}, 48h}) ==
        api::FairShare{"", 0, 250, kStart + 24h});
}

TEST_CASE("Q6: the budget of bursts is told in steps of a twentieth") {
  api::Quota quota = quota_with(api::FairShare{"", 0, 0, kStart});
  quota.spec.burst = api::QuotaBurst{};
  quota.status.pools = {{PoolName{"p"}, {{resources::ResourceName::cpu()}}}};
  quota.status.pools[0].resources[0].burst_budget_left = 3600s;
  auto memory = memory_of(0, kStart + 1h);
  const allocation::BurstSpec spec{};
  memory.burst = allocation::BurstAccount::with_left(spec, 3500s, kStart + 1h);
  const FairShareInput input{quota, memory, {}, 24h};
  CHECK(fair_share_status(input) == quota.status.fair_share);
  CHECK(burst_left_status(input, false) == 3600s);
  memory.burst = allocation::BurstAccount::with_left(spec, 3400s, kStart + 1h);
  CHECK(fair_share_status(input)->sampled_at == kStart + 1h);
  CHECK(burst_left_status(input, true) == 3400s);
}

TEST_CASE("F2: a new leader goes on with the history that the last one left") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("root", "cpu", 8);
  world.add_team("a", "cpu", 0);
  world.admin.patch("Quota", {"", "a"}, {{"spec", {{"parentRef", {{"name", "root"}}}}}});
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationPolicy", "", "default")
          .spec({{"fairness", {{"halfLifeSeconds", 600}}}})
          .build());
  world.admin.create(simulation::make_pod("a", "borrows").cpu("4").build());
  const auto history = [&] { return world.admin.get("Quota", {"", "a"})["status"]["fairShare"]; };
  {
    SimulatedOperator op(world);
    world.executor.run_for(1200s);
    CHECK_FALSE(world.is_gated("a", "borrows"));
    CHECK(history()["shareMilli"] == 500);
    CHECK(history()["dominantResource"] == "cpu");
    const std::size_t before = op.writes_asked("/quotas/a");
    world.executor.run_for(1200s);
    CHECK(op.writes_asked("/quotas/a") == before); // it follows from what was written
    world.admin.remove("Pod", {"a", "borrows"});
    world.executor.run_for(60s);
    CHECK(history()["shareMilli"] == 0);
    CHECK(history()["historyMilli"] > 400);
  }
  world.executor.run_for(600s);
  SimulatedOperator next(world);
  world.executor.run_for(10s);
  // A new parent is a change of generation, so the status is written anew.
  world.admin.patch("Quota", {"", "a"}, {{"spec", {{"weight", 2}}}});
  world.executor.run_for(10s);
  const auto snapshot = next.observer.snapshot();
  const auto quota = next.observer.quotas().find({"", "a"});
  REQUIRE(quota);
  CHECK(api::remembered(*quota).history_nano > 100'000'000);
}

TEST_CASE("Q7: work that the namespace's ResourceQuota would refuse waits, with that reason") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 16);
  world.admin.create(simulation::make_object("v1", "ResourceQuota", "a", "compute")
                         .spec({{"hard", {{"requests.cpu", "3"}, {"limits.cpu", "1"}}}})
                         .build());
  world.admin.create(simulation::make_pod("a", "first").cpu("2").build());
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  world.admin.create(simulation::make_pod("a", "second").cpu("2").build());
  world.executor.run_for(5s);
  CHECK_FALSE(world.is_gated("a", "first"));
  CHECK(world.is_gated("a", "second"));
  CHECK(world.admin.get("Quota", {"", "a"})["status"]["firstPending"]["reason"] ==
        "NamespaceQuotaExceeded");
  world.admin.patch("ResourceQuota", {"a", "compute"},
                    {{"spec", {{"hard", {{"requests.cpu", "4"}}}}}});
  world.executor.run_for(5s);
  CHECK_FALSE(world.is_gated("a", "second"));
}
