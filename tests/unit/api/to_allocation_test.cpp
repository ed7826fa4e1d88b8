#include "lib/api/to_allocation.hpp"

#include "lib/api/codec.hpp"

#include <catch2/catch.hpp>

namespace berth::api {
namespace {

using resources::Amount;
using resources::ResourceName;
using namespace std::chrono_literals;

template <class T>
T object(const std::string& spec) {
  auto decoded =
      decode_text<T>(R"({"apiVersion": "berth.dev/v1alpha1", "kind": ")" + std::string(T::kKind) +
                     R"(", "metadata": {"name": "x", "creationTimestamp": )"
                     R"("2026-09-21T14:13:20Z"}, "spec": )" +
                     spec + "}");
  REQUIRE(decoded);
  return *decoded;
}

Result<std::shared_ptr<const allocation::TimeZone>> no_zones(std::string_view name) {
  return fail(Code::NotFound, "no time zone " + std::string(name));
}

} // namespace

TEST_CASE("a pool without a node selector has no nodes, and an empty selector has every node") {
  const allocation::Labels labels{{"a", "1"}};
  CHECK_FALSE(to_allocation(object<ResourcePool>("{}")).node_selector.matches(labels));
  CHECK_FALSE(to_allocation(object<ResourcePool>("{}")).node_selector.matches({}));
  CHECK(
      to_allocation(object<ResourcePool>(R"({"nodeSelector": {}})")).node_selector.matches(labels));
}

TEST_CASE("a pool's selector keeps labels and expressions") {
  const auto pool = to_allocation(object<ResourcePool>(
      R"({"nodeSelector": {"matchLabels": {"pool": "gpu"},
                           "matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]}})"));
  CHECK(pool.node_selector.matches({{"pool", "gpu"}}));
  CHECK_FALSE(pool.node_selector.matches({{"pool", "gpu"}, {"old", ""}}));
  CHECK_FALSE(pool.node_selector.matches({{"pool", "cpu"}}));
}

TEST_CASE("a burst is no longer than its pool allows, and has its factor where it has none") {
  const auto burst = burst_of(object<ResourcePool>(
      R"({"burst": {"maxDurationSeconds": 600, "factorPercent": 130,
                    "period": {"startsAt": "2026-11-21T12:00:00Z",
                               "endsAt": "2026-11-21T13:00:00Z"}}})"));
  REQUIRE(burst);
  CHECK(burst->period.end == burst->period.start + 10min);
  CHECK(burst->factor_percent == 130);
  CHECK(burst->resources == std::vector{ResourceName::cpu()});
  const auto own = burst_of(object<ResourcePool>(
      R"({"burst": {"period": {"startsAt": "2026-11-21T12:00:00Z", "factorPercent": 150,
                               "endsAt": "2026-11-21T12:05:00Z", "resources": ["memory"]}}})"));
  REQUIRE(own);
  CHECK(own->period.end == own->period.start + 5min);
  CHECK(own->factor_percent == 150);
  CHECK(own->resources == std::vector{ResourceName::memory()});
  CHECK_FALSE(burst_of(object<ResourcePool>(R"({"burst": {}})")));
}

TEST_CASE("virtual resources get the name that pods request, and node resources no capacity") {
  const auto pool = to_allocation(object<ResourcePool>(
      R"({"resources": [{"name": "cpu"}, {"name": "db-connections", "kind": "Virtual",
                                          "capacity": "2k"}],
          "oversubscription": [{"resource": "cpu", "ratioPercent": 150}], "strategy": "Balanced"})"));
  CHECK(pool.name == PoolName("x"));
  CHECK(pool.created == TimePoint{1'790'000'000s});
  CHECK(pool.virtual_capacity ==
        resources::ResourceVector{{"pool.berth.dev/db-connections", 2000}});
  REQUIRE(pool.oversubscription_percent.size() == 1);
  CHECK(pool.oversubscription_percent[0].first == ResourceName::cpu());
  CHECK(pool.oversubscription_percent[0].second == 150);
  CHECK(pool.strategy == allocation::Strategy::Balanced);
}

TEST_CASE("Q1 Q2 a quota's absent limits are unlimited and its absent parent makes it a root") {
  const auto root = to_allocation(object<Quota>(
      R"({"pools": [{"poolRef": {"name": "gpu"}, "resources": [{"name": "cpu", "nominal": 4}]}]})"));
  CHECK(root.parent.empty());
  REQUIRE(root.pools.size() == 1);
  CHECK(root.pools[0].pool == PoolName("gpu"));
  CHECK(root.pools[0].resources.at(0).nominal == Amount{4000});
  CHECK(root.pools[0].resources.at(0).borrowing_limit.is_unlimited());
  CHECK(root.pools[0].resources.at(0).lending_limit.is_unlimited());

  const auto child = to_allocation(object<Quota>(
      R"({"parentRef": {"name": "company"}, "stop": "HoldAndDrain", "priorityOffset": -5,
          "pools": [{"poolRef": {"name": "gpu"}, "resources":
            [{"name": "cpu", "nominal": 4, "borrowingLimit": 0, "lendingLimit": 1}]}]})"));
  CHECK(child.parent == QuotaName("company"));
  CHECK(child.stop == allocation::Stop::HoldAndDrain);
  CHECK(child.priority_offset == -5);
  CHECK(child.pools[0].resources.at(0).borrowing_limit == Amount{0});
  CHECK(child.pools[0].resources.at(0).lending_limit == Amount{1000});
}

TEST_CASE("R2 each kind of reservation gets its window") {
  const std::string common = R"("poolRef": {"name": "gpu"}, "quotaRef": {"name": "team-a"}, )";
  const auto always = to_allocation(
      object<Reservation>("{" + common + R"("kind": "Guaranteed", "nodeCount": 2})"), no_zones);
  REQUIRE(always);
  CHECK(always->window == allocation::WindowRule{allocation::AlwaysOpen{}});
  CHECK(always->node_count == 2);

  const auto once = to_allocation(
      object<Reservation>("{" + common +
                          R"("kind": "TimeWindow", "resources": [{"name": "cpu", "amount": 8}],
                             "window": {"start": "2026-09-21T14:13:20Z", "durationSeconds": 60}})"),
      no_zones);
  REQUIRE(once);
  CHECK(once->window ==
        allocation::WindowRule{allocation::SingleWindow{TimePoint{1'790'000'000s}, 60s}});
  CHECK(once->amounts == resources::ResourceVector{{"cpu", 8000}});

  const auto nightly = to_allocation(object<Reservation>("{" + common +
                                                         R"("kind": "TimeWindow", "nodeCount": 1,
                             "window": {"schedule": "0 22 * * *", "durationSeconds": 3600}})"),
                                     no_zones);
  REQUIRE(nightly);
  const auto* rule = std::get_if<allocation::RecurringWindow>(&nightly->window);
  REQUIRE(rule != nullptr);
  CHECK(rule->schedule.text() == "0 22 * * *");
  CHECK(rule->zone->offset_at(allocation::UtcSeconds{}) == 0s);
  CHECK(rule->duration == 1h);
}

TEST_CASE("R4 without a list of who is allowed it is the quota that pays") {
  const std::string common =
      R"("poolRef": {"name": "gpu"}, "quotaRef": {"name": "team-a"}, "kind": "Guaranteed")";
  CHECK(to_allocation(object<Reservation>("{" + common + "}"), no_zones)->allowed_quotas ==
        std::vector{QuotaName("team-a")});
  const auto listed = to_allocation(
      object<Reservation>("{" + common + R"(, "allowed": {"namespaces": ["ci"]}})"), no_zones);
  CHECK(listed->allowed_quotas.empty());
  CHECK(listed->allowed_subjects.namespaces == std::vector<std::string>{"ci"});
}

TEST_CASE("a reservation whose window cannot be read says which field is wrong") {
  const auto fault = [](const std::string& rest) {
    const auto spec = to_allocation(
        object<Reservation>(R"({"poolRef": {"name": "gpu"}, "quotaRef": {"name": "a"}, )" + rest +
                            "}"),
        no_zones);
    return spec ? "none" : spec.error().message;
  };
  CHECK_THAT(fault(R"("kind": "TimeWindow", "window": {"schedule": "61 * * * *",
                                                       "durationSeconds": 60})"),
             Catch::StartsWith("spec.window.schedule: "));
  CHECK_THAT(fault(R"("kind": "TimeWindow", "window": {"schedule": "0 22 * * *",
                       "timeZone": "Mars/Olympus", "durationSeconds": 60})"),
             Catch::StartsWith("spec.window.timeZone: ") && Catch::Contains("Mars/Olympus"));
  CHECK_THAT(fault(R"("kind": "TimeWindow")"), Catch::StartsWith("spec.window: "));
  CHECK_THAT(fault(R"("kind": "Conditional")"), Catch::StartsWith("spec.trigger: "));
}

TEST_CASE("R2 a Conditional reservation has the window that its status remembers, or none") {
  auto reservation = object<Reservation>(
      R"({"poolRef": {"name": "gpu"}, "quotaRef": {"name": "a"}, "kind": "Conditional",
          "trigger": {"utilization": {"resource": "cpu"}, "value": 80}})");
  reservation.meta.created = TimePoint{1'000s};
  const auto window = [&] { return to_allocation(reservation, no_zones)->window; };
  CHECK(window() == allocation::WindowRule{allocation::TriggeredWindow{}});
  reservation.status.trigger = TriggerStatus{};
  reservation.status.trigger->measured_at = TimePoint{2'000s};
  CHECK(window() == allocation::WindowRule{allocation::TriggeredWindow{}});
  reservation.status.trigger->holds_since = TimePoint{2'000s};
  CHECK(window() == allocation::WindowRule{allocation::TriggeredWindow{true, {}, {}}});
  CHECK(to_allocation(reservation, no_zones)->created == TimePoint{1'000s});
  reservation.status.trigger->opens_at = TimePoint{3'000s};
  reservation.status.trigger->ends_at = TimePoint{4'000s};
  CHECK(window() == allocation::WindowRule{
                        allocation::TriggeredWindow{true, TimePoint{3'000s}, TimePoint{4'000s}}});
  // Promises that were given before its activation are older.
  CHECK(to_allocation(reservation, no_zones)->created == TimePoint{3'000s});
}

TEST_CASE("a reservation is promised once its condition Accepted is True") {
  auto reservation = object<Reservation>(
      R"({"poolRef": {"name": "gpu"}, "quotaRef": {"name": "a"}, "kind": "Guaranteed"})");
  CHECK_FALSE(to_allocation(reservation, no_zones)->accepted);
  Condition accepted;
  accepted.type = "Accepted";
  accepted.status = ConditionStatus::True;
  set_condition(reservation.status.conditions, accepted, TimePoint{});
  CHECK(to_allocation(reservation, no_zones)->accepted);
  CHECK_FALSE(to_allocation(reservation, no_zones)->deleting);
  reservation.meta.deleted = TimePoint{1s};
  CHECK(to_allocation(reservation, no_zones)->deleting);
}

TEST_CASE("the default policy of the API is the default policy of the core") {
  CHECK(to_allocation(AllocationPolicySpec{}).placement == allocation::Policy{}.placement);
  CHECK(to_allocation(AllocationPolicySpec{}).backfill == allocation::Policy{}.backfill);
  AllocationPolicy policy;
  policy.meta.name = "default";
  allocation::PolicySpec expected;
  expected.preemption.emplace().enabled = true; // the core's own callers ask for it
  expected.placement.emplace();
  expected.backfill.emplace();
  expected.gang_timeout = 300s;
  CHECK(to_allocation(policy) == expected);
}

TEST_CASE("placement, backfill and gang timeout of a policy reach the core") {
  const auto spec = to_allocation(object<AllocationPolicy>(R"({
      "placement": {"mode": "Nominate", "candidates": 2},
      "backfill": {"enabled": false, "plannedStarts": 7}, "gangTimeoutSeconds": 90})"));
  CHECK(spec.placement == allocation::Placement{allocation::PlacementMode::Nominate, 2});
  CHECK(spec.backfill == allocation::BackfillPolicy{false, 7});
  CHECK(spec.gang_timeout == 90s);
}

TEST_CASE("order, ageing, fairness, throttling and preemption of a policy reach the core") {
  const auto spec = to_allocation(object<AllocationPolicy>(R"({
      "poolRefs": [{"name": "gpu"}], "ordering": "StrictFifo",
      "ageing": {"pointsPerHour": 3, "maxPoints": 9},
      "fairness": {"halfLifeSeconds": 60, "weightHistoryPercent": 7},
      "throttle": {"cpuPercent": 70, "memoryPercent": 75},
      "preemption": {"minRuntimeSeconds": 1, "maxEvictionsPerHour": 3,
                     "maxEvictionRatioPercent": 150, "noticeSeconds": 4},
      "circuitBreaker": {"failures": 2, "windowSeconds": 20, "openSeconds": 30}})"));
  CHECK(spec.pools == std::vector{PoolName{"gpu"}});
  CHECK(spec.ordering == allocation::Ordering::StrictFifo);
  CHECK(spec.ageing == allocation::Ageing{3, 9});
  CHECK(spec.fairness == allocation::Fairness{60s, 7});
  CHECK(spec.throttle == allocation::Throttle{70, 75});
  CHECK(spec.breaker == allocation::BreakerSpec{2, 20s, 30s});
  CHECK(spec.preemption == allocation::PreemptionPolicy{true, 1s, 3, 150, 4s, {}});
}

TEST_CASE("rules of a policy reach the core: what they require and forbid is one list") {
  using allocation::Requirement;
  using allocation::SelectorOperator;
  const auto spec = to_allocation(object<AllocationPolicy>(R"({
      "rules": [{"name": "r",
          "match": {"quotas": ["q"], "namespaces": ["n"], "expression": "pod.priority > 0",
                    "podSelector": {"matchLabels": {"app": "web"}}},
          "effect": {"requireNodeLabels": [{"key": "a", "values": ["1", "2"]}, {"key": "b"}],
                     "forbidNodeLabels": [{"key": "c", "values": ["3"]}, {"key": "d"}],
                     "preferNodeLabels": [{"key": "e", "values": ["4"], "weight": 7}],
                     "spot": "Prefer", "priorityOffset": -5, "sla": {"maxWaitSeconds": 60}}},
        {"name": "s", "effect": {"spot": "Forbid"}}]})"));
  REQUIRE(spec.rules.size() == 2);
  const allocation::RuleMatch match{
      {QuotaName{"q"}}, {"n"}, allocation::Selector::of({{"app", "web"}}), "pod.priority > 0"};
  CHECK(spec.rules[0].match == match);
  allocation::RuleEffect effect;
  effect.node_requirements = {{"a", SelectorOperator::In, {"1", "2"}},
                              {"b", SelectorOperator::Exists, {}},
                              {"c", SelectorOperator::NotIn, {"3"}},
                              {"d", SelectorOperator::DoesNotExist, {}}};
  effect.preferences = {{{{"e", SelectorOperator::In, {"4"}}}, 7}};
  effect.spot = allocation::Spot::Prefer;
  effect.priority_offset = -5;
  effect.wait_max = 60s;
  CHECK(spec.rules[0].effect == effect);
  CHECK(spec.rules[1].match == allocation::RuleMatch{});
  CHECK(spec.rules[1].effect.spot == allocation::Spot::Forbid);
}

TEST_CASE("limits, bursts, rates and weight of a quota reach the core") {
  const auto spec = to_allocation(object<Quota>(R"({
      "pools": [{"poolRef": {"name": "p"}, "resources": [{"name": "cpu", "nominal": "1"}]}],
      "weight": 4,
      "perSubject": {"key": "Label", "label": "agent", "limits": [{"name": "cpu", "amount": "2"}],
                     "maxConcurrent": 3, "admissionsPerMinute": 5},
      "burst": {"factorPercent": 200, "budgetSeconds": 60, "refillSeconds": 600,
                "gracePeriodSeconds": 10},
      "rateLimit": {"admissionsPerMinute": 30, "burst": 2}})"));
  CHECK(spec.weight == 4);
  allocation::SubjectLimits limits;
  limits.label = "agent";
  limits.amounts = {{"cpu", 2000}};
  limits.concurrent = 3;
  limits.per_minute = 5;
  CHECK(spec.per_subject == limits);
  CHECK(spec.burst == allocation::BurstSpec{200, 60s, 600s, 10s});
  CHECK(spec.rate_limit == allocation::RateLimit{30, 2});
}

TEST_CASE("F2, Q6: the status of a quota tells the next leader what the last one knew") {
  auto quota = object<Quota>(R"({
      "pools": [{"poolRef": {"name": "p"}, "resources": [{"name": "cpu", "nominal": "1"}]}],
      "burst": {"factorPercent": 200, "budgetSeconds": 60, "refillSeconds": 600,
                "gracePeriodSeconds": 10}})");
  CHECK(remembered(quota) == allocation::QuotaMemory{});
  quota.status.fair_share = FairShare{"cpu", 100, 250, TimePoint{7s}};
  quota.status.pools = {{PoolName{"p"}, {{resources::ResourceName{"cpu"}}}}};
  quota.status.pools[0].resources[0].burst_budget_left = 45s;
  const auto memory = remembered(quota);
  CHECK(memory.history_nano == 250'000'000);
  CHECK(memory.sampled_at == TimePoint{7s});
  CHECK(memory.burst.left(*to_allocation(quota).burst) == Duration{45s});
  CHECK(memory.burst.as_of == TimePoint{7s});
}

} // namespace berth::api
