// When a pool is advised to enter a burst, and to leave it.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/simulated_analyzer.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;
using Catch::Matchers::Contains;
using Catch::Matchers::UnorderedEquals;
using simulation::Json;

/// Says, as the operator does, how much of the pool's cpu is charged.
void charge(AnalyzerWorld& world, int cores) {
  const Json row = {{"name", "cpu"}, {"allocated", std::to_string(cores)}};
  world.admin.patch("ResourcePool", {"", "p"}, {{"status", {{"resources", Json::array({row})}}}},
                    "status");
}

void allow_bursts(AnalyzerWorld& world, const Json& burst) {
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", burst}}}});
}

/// So much is charged, of which half is used.
void run(AnalyzerWorld& world, Duration span, int cores) {
  for (Duration passed{0}; passed < span; passed += 1min) {
    charge(world, cores);
    world.measure_for(1min, 5000);
  }
}

std::vector<api::ScalingRecommendation> of_kind(AnalyzerWorld& world, RecommendationKind kind) {
  auto all = world.recommendations();
  std::erase_if(all, [&](const auto& one) {
    return one.spec.kind != kind || !api::is_true(one.status.conditions, "Valid");
  });
  return all;
}

const api::Condition* valid_of(const api::ScalingRecommendation& recommendation) {
  return api::find_condition(recommendation.status.conditions, "Valid");
}

} // namespace

TEST_CASE("a pool that is charged up, but not used up, is recommended to enter a burst") {
  AnalyzerWorld world;
  world.add_pool(10);
  allow_bursts(world, {{"factorPercent", 120}, {"maxDurationSeconds", 3600}});
  SimulatedAnalyzer analyzer(world);
  run(world, 15min, 95);
  auto found = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(found.size() == 1);
  const std::string patch = found[0].spec.action.patch;
  const Json period = Json::parse(patch)["spec"]["burst"]["period"];
  CHECK(period["cause"] == "Pressure");
  CHECK(period["factorPercent"] == 120);
  CHECK(period["resources"] == Json::array({"cpu"}));
  CHECK(*parse_time(period["endsAt"].get<std::string>()) ==
        *parse_time(period["startsAt"].get<std::string>()) + 1h);
  CHECK(found[0].spec.expected_improvement->from == resources::Quantity::of(95));
  CHECK(found[0].spec.expected_improvement->to == resources::Quantity::of(79));
  CHECK(valid_of(found[0])->reason == Reason::PressureOnPool);
  run(world, 10min, 95);
  found = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.action.patch == patch); // it stands, and is not made anew each minute

  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(patch));
  run(world, 3min, 95);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty()); // done
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
  CHECK_THAT(analyzer.registry.exposition(),
             Contains("berth_analyzer_in_burst_mode{pool=\"p\"} 1\n"));
  run(world, 15min, 60); // the pressure is over
  found = of_kind(world, RecommendationKind::LeaveBurst);
  REQUIRE(found.size() == 1);
  CHECK(found[0].spec.priority == api::RecommendationPriority::Low);
  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(found[0].spec.action.patch));
  run(world, 2min, 60);
  CHECK_THAT(analyzer.registry.exposition(),
             Contains("berth_analyzer_in_burst_mode{pool=\"p\"} 0\n"));
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
}

TEST_CASE("a burst is known from the pool, and the next one is no larger than the first") {
  AnalyzerWorld world;
  world.add_pool(10);
  allow_bursts(world, {{"maxDurationSeconds", 7200}});
  AdvisorOptions options;
  options.ended_kept_for = 10min;
  SimulatedAnalyzer analyzer(world, options);
  run(world, 15min, 97);
  const auto enter = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(enter.size() == 1);
  world.admin.patch("ResourcePool", {"", "p"}, Json::parse(enter[0].spec.action.patch));
  const Json memory = {{"resource", "memory"}, {"ratioPercent", 150}};
  world.admin.patch("ResourcePool", {"", "p"},
                    {{"spec", {{"oversubscription", Json::array({memory})}}}});
  run(world, 100min, 97);
  CHECK(world.recommendations().empty()); // what it was begun by is removed
  CHECK_THAT(analyzer.registry.exposition(),
             Contains("berth_analyzer_in_burst_mode{pool=\"p\"} 1\n"));
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty());
  run(world, 30min, 97); // it lasted as long as it may, and the pressure did not end
  const auto again = of_kind(world, RecommendationKind::EnterBurst);
  REQUIRE(again.size() == 1);
  CHECK(Json::parse(again[0].spec.action.patch)["spec"]["burst"]["period"]["factorPercent"] == 120);
  CHECK_FALSE(Json::parse(again[0].spec.action.patch)["spec"].contains("oversubscription"));
}

TEST_CASE("a burst that somebody forced is not ended for want of pressure") {
  AnalyzerWorld world;
  world.add_pool(10);
  allow_bursts(world, {{"maxDurationSeconds", 7200}});
  SimulatedAnalyzer analyzer(world);
  run(world, 15min, 40);
  const TimePoint now = world.executor.now();
  allow_bursts(world,
               {{"period", {{"startsAt", format_time(now)}, {"endsAt", format_time(now + 1h)}}}});
  run(world, 30min, 40);
  CHECK_THAT(analyzer.registry.exposition(),
             Contains("berth_analyzer_in_burst_mode{pool=\"p\"} 1\n"));
  CHECK(of_kind(world, RecommendationKind::LeaveBurst).empty());
  run(world, 31min, 40);
  CHECK_THAT(analyzer.registry.exposition(),
             Contains("berth_analyzer_in_burst_mode{pool=\"p\"} 0\n"));
}

TEST_CASE("in mode Auto a burst is begun once and ended when the pressure is over") {
  AnalyzerWorld world;
  world.add_pool(10);
  allow_bursts(world, {{"maxDurationSeconds", 7200}});
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "ScalingPolicy", "berth-system", "p")
          .spec({{"targetRef", {{"kind", "ResourcePool"}, {"name", "p"}}},
                 {"mode", "Auto"},
                 {"actions", Json::array({"Pool"})}}));
  SimulatedAnalyzer analyzer(world);
  run(world, 15min, 95);
  const auto begun = world.pool().spec.burst->period;
  REQUIRE(begun);
  CHECK(begun->cause == api::BurstCause::Pressure);
  CHECK(begun->ends_at == begun->starts_at + 2h);
  using telemetry::AdviceKind;
  CHECK(analyzer.metrics.actions(AdviceKind::EnterBurst, telemetry::Outcome::Ok).value() == 1);
  run(world, 30min, 60);
  const auto ended = world.pool().spec.burst->period;
  CHECK(ended->starts_at == begun->starts_at);
  CHECK(ended->ends_at <= world.executor.now());
  CHECK(analyzer.metrics.actions(AdviceKind::LeaveBurst, telemetry::Outcome::Ok).value() == 1);
  std::vector<std::string> told;
  for (const auto& event : world.events_about("ResourcePool"))
    told.push_back(event.at("reason"));
  CHECK_THAT(told, UnorderedEquals(std::vector<std::string>{"PressureOnPool", "PressureOver"}));
}

TEST_CASE("in mode Auto a burst is not begun on a pool that was edited meanwhile") {
  AnalyzerWorld world;
  world.add_pool(10);
  allow_bursts(world, {{"maxDurationSeconds", 7200}});
  const auto seen = world.pool();
  allow_bursts(world, {{"factorPercent", 110}});
  SimulatedAnalyzer analyzer(world);
  Plan plan;
  plan.burst = BurstChange{seen.meta.key(),
                           seen.meta.uid,
                           seen.meta.generation,
                           R"({"spec":{"burst":{"period":{"startsAt":"2026-11-21T12:00:00Z",)"
                           R"("endsAt":"2026-11-21T13:00:00Z"}}}})",
                           {"berth-system", "r"},
                           RecommendationKind::EnterBurst,
                           Reason::PressureOnPool,
                           "note"};
  telemetry::Registry registry;
  telemetry::AnalyzerMetrics metrics(registry);
  kube::Client client(analyzer.transport, world.executor, Rng{5}, kube::ClientOptions{});
  Act act{client, metrics, telemetry::Logger{}};
  const auto carry_out = [&] {
    world.executor.post([&] { analyzer.tasks.spawn(act.run(plan)); });
    world.executor.run_for(2s);
  };
  carry_out();
  CHECK_FALSE(world.pool().spec.burst->period);
  plan.burst->generation = world.pool().meta.generation;
  carry_out();
  CHECK(world.pool().spec.burst->period);
}

TEST_CASE("a pool that is used up is no place for a burst") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  SimulatedAnalyzer analyzer(world);
  for (int i = 0; i < 20; ++i) {
    charge(world, 98);
    world.measure_for(1min, 9000);
  }
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty());
  CHECK(of_kind(world, RecommendationKind::GrowPool).size() == 1);
}

TEST_CASE("what a dead operator said of charges is not known any more") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  world.admin.create(
      simulation::make_object("coordination.k8s.io/v1", "Lease", "berth-system", "berth-operator")
          .spec({{"holderIdentity", "op-1"}, {"leaseDurationSeconds", 15}}));
  AdvisorOptions options;
  options.operator_lease = {"berth-system", "berth-operator"};
  SimulatedAnalyzer analyzer(world, options);
  charge(world, 98); // as the last thing that it wrote
  world.measure_for(20min, 5000);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).empty());
  for (int i = 0; i < 15; ++i) {
    world.admin.patch("Lease", {"berth-system", "berth-operator"},
                      {{"spec", {{"renewTime", format_time(world.executor.now())}}}});
    world.measure_for(1min, 5000);
  }
  CHECK(of_kind(world, RecommendationKind::EnterBurst).size() == 1);
}

TEST_CASE("what an operator without a Lease says of charges is known") {
  AnalyzerWorld world;
  world.add_pool(10);
  world.admin.patch("ResourcePool", {"", "p"}, {{"spec", {{"burst", Json::object()}}}});
  AdvisorOptions options;
  options.operator_lease = {"berth-system", "berth-operator"};
  SimulatedAnalyzer analyzer(world, options);
  charge(world, 98);
  world.measure_for(20min, 5000);
  CHECK(of_kind(world, RecommendationKind::EnterBurst).size() == 1);
}

} // namespace berth::analyzer
