// What containers should ask for, among others in the cases that users of other recommenders
// reported; the numbers are those of their issues.

#include "analyzer/advise/resize.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

constexpr double kMi = 1 << 20;
constexpr double kGi = 1 << 30;

Amount mebibytes(double count) {
  return Amount{static_cast<std::int64_t>(count * kMi)};
}

/// One container "app" that asks for so much.
Workload workload(ResourceVector requests, ResourceVector limits = {}) {
  Workload workload;
  workload.meta.name = "web";
  workload.replicas = 3;
  WorkloadContainer container;
  container.name = "app";
  container.has_requests = !requests.empty();
  container.requests = std::move(requests);
  container.limits = std::move(limits);
  workload.containers = {container};
  return workload;
}

ContainerDemand memory_demand(double peak, Duration known_for = 48h) {
  ContainerDemand demand;
  demand.container = "app";
  demand.resource = ResourceName::memory();
  demand.peak = peak;
  demand.known_for = known_for;
  demand.samples = 60;
  return demand;
}

ContainerDemand cpu_demand(double peak, Duration known_for = 48h) {
  ContainerDemand demand = memory_demand(peak, known_for);
  demand.resource = ResourceName::cpu();
  return demand;
}

const ResizeBounds kNoBuffer{{}, {}, 0};

} // namespace

TEST_CASE("a request that fits is left alone") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  CHECK(resize(asks, {memory_demand(0.95 * kGi)}, kNoBuffer).empty());
  CHECK(resize(asks, {memory_demand(0.76 * kGi)}, kNoBuffer).empty());
  CHECK_FALSE(resize(asks, {memory_demand(1.2 * kGi)}, kNoBuffer).empty());
  CHECK_FALSE(resize(asks, {memory_demand(0.5 * kGi)}, kNoBuffer).empty());
}

TEST_CASE("raising takes a quarter of an hour of measurements, lowering a day") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  CHECK(resize(asks, {memory_demand(2 * kGi, 14min)}, kNoBuffer).empty());
  CHECK(resize(asks, {memory_demand(2 * kGi, 15min)}, kNoBuffer).size() == 1);
  CHECK(resize(asks, {memory_demand(0.2 * kGi, 23h)}, kNoBuffer).empty());
  CHECK(resize(asks, {memory_demand(0.2 * kGi, 24h)}, kNoBuffer).size() == 1);
}

TEST_CASE("the forecast counts as much as the past, with its upper end") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  ContainerDemand demand = memory_demand(0.9 * kGi);
  demand.foresight.soon = {Forecast{TimePoint{} + 1h, kGi, 1.2 * kGi, 1.5 * kGi}};
  const auto changes = resize(asks, {demand}, kNoBuffer);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].request == mebibytes(1536));
}

TEST_CASE("the strategy's buffer is kept free") {
  const auto asks = workload({{"cpu", 100}});
  const ResizeBounds bounds{{}, {}, 30};
  const auto changes = resize(asks, {cpu_demand(500)}, bounds);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].request == Amount{650});
}

TEST_CASE("a container that asks for nothing is given a request") {
  auto asks = workload({});
  const auto changes = resize(asks, {cpu_demand(200), memory_demand(64 * kMi)}, kNoBuffer);
  REQUIRE(changes.size() == 2);
  const std::string patch = resize_patch(asks, changes);
  CHECK(
      patch.find(
          R"({"op":"add","path":"/spec/template/spec/containers/0/resources/requests","value":{}})") !=
      std::string::npos);
  CHECK(is_resized(asks, patch) == false);
}

TEST_CASE("the patch tests which container it means, and is known again once it is applied") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}},
                             {{"memory", static_cast<std::int64_t>(2 * kGi)}});
  const auto changes = resize(asks, {memory_demand(1.5 * kGi)}, kNoBuffer);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].limit == mebibytes(3072));
  const std::string patch = resize_patch(asks, changes);
  const auto steps = api::parse_json(patch);
  REQUIRE(steps);
  REQUIRE(steps->size() == 3);
  CHECK(steps->at(0).at("op") == "test");
  CHECK(steps->at(0).at("value") == "app");
  CHECK(steps->at(1).at("path") == "/spec/template/spec/containers/0/resources/requests/memory");
  CHECK(steps->at(1).at("value") == "1536Mi");
  CHECK(steps->at(2).at("value") == "3Gi");
  CHECK(is_resized(asks, patch) == false);
  const auto after = workload({{"memory", static_cast<std::int64_t>(1.5 * kGi)}},
                              {{"memory", static_cast<std::int64_t>(3 * kGi)}});
  CHECK(is_resized(after, patch) == true);
  CHECK(is_resized(after, "[]") == std::nullopt);
  CHECK(is_resized(after, "no patch") == std::nullopt);
}

TEST_CASE("a patch that is nearly what is wanted may stand") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  const auto standing = resize(asks, {memory_demand(2 * kGi)}, kNoBuffer);
  CHECK(is_close(standing, resize(asks, {memory_demand(2.2 * kGi)}, kNoBuffer)));
  CHECK_FALSE(is_close(standing, resize(asks, {memory_demand(3 * kGi)}, kNoBuffer)));
  CHECK_FALSE(
      is_close(standing, resize(asks, {memory_demand(2 * kGi), cpu_demand(900)}, kNoBuffer)));
}

TEST_CASE("a patch that stands is read back as the changes that it was made of") {
  const auto asks = workload({{"cpu", 1000}, {"memory", static_cast<std::int64_t>(kGi)}},
                             {{"memory", static_cast<std::int64_t>(2 * kGi)}});
  const std::vector<ContainerDemand> demands{cpu_demand(100), memory_demand(1.5 * kGi)};
  const auto changes = resize(asks, demands, kNoBuffer);
  REQUIRE(changes.size() == 2);
  const std::string patch = resize_patch(asks, changes);
  CHECK(changes_of(asks, patch, demands) == changes);
  // Weighed by what is known now, it still asks for the same.
  const auto later = changes_of(asks, patch, {memory_demand(3 * kGi), cpu_demand(500)});
  REQUIRE(later);
  CHECK(resize_patch(asks, *later) == patch);
  CHECK(later->front().peak_percent == Approx(300));
  CHECK(changes_of(asks, patch, {memory_demand(kGi)}) == std::nullopt); // nothing known of the cpu
  CHECK(changes_of(asks, "no patch", demands) == std::nullopt);
}

TEST_CASE("what stands is let go once it would take away what is needed") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(4 * kGi)}});
  const auto for_peak = [&](double peak) { return resize(asks, {memory_demand(peak)}, kNoBuffer); };
  const auto lowers = for_peak(kGi);
  CHECK(still_helps(lowers, for_peak(0.5 * kGi)));
  CHECK(still_helps(lowers, for_peak(1.1 * kGi)));
  CHECK_FALSE(still_helps(lowers, for_peak(2 * kGi)));
  CHECK_FALSE(still_helps(lowers, for_peak(4 * kGi))); // fits as it is
  CHECK_FALSE(still_helps(lowers, for_peak(6 * kGi)));
  const auto raises = for_peak(6 * kGi);
  CHECK(still_helps(raises, for_peak(8 * kGi)));
  CHECK(still_helps(raises, for_peak(4 * kGi)));
  CHECK_FALSE(still_helps(raises, for_peak(kGi)));
}

TEST_CASE("what must be raised leads, and the most pressing of it first") {
  const auto asks = workload({{"cpu", 1000}, {"memory", static_cast<std::int64_t>(kGi)}});
  const auto changes = resize(asks, {cpu_demand(100), memory_demand(2 * kGi)}, kNoBuffer);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].resource == ResourceName::memory());
  CHECK(changes[0].raises);
  CHECK_FALSE(changes[1].raises);
}

TEST_CASE("kubernetes/autoscaler #6700: killed at request = limit, the sampled use says it fits") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}},
                             {{"memory", static_cast<std::int64_t>(kGi)}});
  ContainerDemand demand = memory_demand(0.7 * kGi); // what could be sampled between the kills
  demand.killed_at = kGi;
  demand.killed_now = true;
  const auto changes = resize(asks, {demand}, kNoBuffer);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].raises);
  CHECK(changes[0].request >= mebibytes(1.2 * 1024));
  CHECK(changes[0].limit == changes[0].request); // what was guaranteed stays so
}

TEST_CASE("kubernetes/autoscaler #6705: a kill is remembered after the pods that saw it are gone") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(1.3 * kGi)}},
                             {{"memory", static_cast<std::int64_t>(1.3 * kGi)}});
  ContainerDemand demand = memory_demand(0.4 * kGi, 14 * 24h); // quiet for two weeks since
  demand.killed_at = kGi;
  CHECK(resize(asks, {demand}, kNoBuffer).empty()); // not lowered into the next loop of kills
  demand.killed_at = 0;
  CHECK_FALSE(resize(asks, {demand}, kNoBuffer).empty());
}

TEST_CASE("kubernetes/autoscaler #5569: nobody is told to ask for a hundred tebibytes") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  ContainerDemand demand = memory_demand(1e14);
  ResizeBounds bounds = kNoBuffer;
  bounds.largest_node = {{"memory", static_cast<std::int64_t>(64 * kGi)}};
  CHECK(resize(asks, {demand}, bounds).at(0).request == mebibytes(64 * 1024));
  bounds.ranges = {{ResourceName::memory(), mebibytes(256), mebibytes(4096)}};
  CHECK(resize(asks, {demand}, bounds).at(0).request == mebibytes(4096));
  demand.peak = 1;
  CHECK(resize(asks, {demand}, bounds).at(0).request == mebibytes(256));
}

TEST_CASE("robusta-dev/krr #110: a container is not sized below what it needs to start") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(2 * kGi)}});
  ContainerDemand demand = memory_demand(0.3 * kGi, 14 * 24h);
  demand.startup = 1.8 * kGi;
  CHECK(resize(asks, {demand}, kNoBuffer).empty());
}

TEST_CASE("robusta-dev/krr #379: the highest step counts, not a percentile of what was sampled") {
  // Two weeks at 300 Mi with one five-minute step at 1.5 Gi.
  Series series;
  TimePoint at{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  for (int minute = 0; minute < 14 * 1440; ++minute, at += 1min)
    REQUIRE(series.add({at, minute == 5000 ? 1.5 * kGi : 300 * kMi}, at) == SampleFate::Added);
  double highest = 0;
  for (const Aggregate& step : series.aggregates())
    highest = std::max(highest, step.max);
  CHECK(highest == Approx(1.5 * kGi).epsilon(PackedAggregates::kSpreadErrorMax));
}

TEST_CASE("a start raises no request, however much it takes") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  ContainerDemand demand = memory_demand(0.9 * kGi);
  demand.startup = 1.8 * kGi;
  CHECK(resize(asks, {demand}, kNoBuffer).empty());
}

TEST_CASE("kubernetes/autoscaler #9521: a kill raises a limit by a fifth, not by its ratio") {
  // Asks for a quarter of its limit, and was killed at the limit.
  auto asks = workload({{"memory", static_cast<std::int64_t>(kGi / 4)}},
                       {{"memory", static_cast<std::int64_t>(kGi)}});
  ContainerDemand demand = memory_demand(0.2 * kGi);
  demand.killed_at = kGi;
  demand.killed_now = true;
  const auto changes = resize(asks, {demand}, kNoBuffer);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].request >= mebibytes(1.2 * 1024));
  CHECK(changes[0].request < mebibytes(1.25 * 1024));
  CHECK(changes[0].limit == changes[0].request);
  // And what was granted is not raised once more by the same kill.
  asks =
      workload({{"memory", changes[0].request.value()}}, {{"memory", changes[0].limit->value()}});
  CHECK(resize(asks, {demand}, kNoBuffer).empty());
}

TEST_CASE("a container that is killed before anything is measured of it is raised at once") {
  const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}},
                             {{"memory", static_cast<std::int64_t>(kGi)}});
  ContainerDemand demand = memory_demand(0, 0s);
  CHECK(resize(asks, {demand}, kNoBuffer).empty());
  demand.killed_at = kGi;
  demand.killed_now = true;
  CHECK(resize(asks, {demand}, kNoBuffer).size() == 1);
}

TEST_CASE("a limit that is lowered with its request still lets through the bursts of before") {
  const auto asks = workload({{"cpu", 1000}}, {{"cpu", 4000}});
  ContainerDemand demand = cpu_demand(100);
  demand.highest = 3500;
  const auto changes = resize(asks, {demand}, kNoBuffer);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].request == Amount{100});
  CHECK(changes[0].limit == Amount{3500});
}

TEST_CASE("a sidecar is patched where it is, among the init containers") {
  auto asks = workload({{"cpu", 1000}});
  WorkloadContainer proxy = asks.containers[0];
  proxy.name = "proxy";
  proxy.is_sidecar = true;
  proxy.position = 2;
  asks.containers.push_back(proxy);
  ContainerDemand demand = cpu_demand(3000);
  demand.container = "proxy";
  const auto changes = resize(asks, {demand}, kNoBuffer);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].container == 1);
  const auto steps = api::parse_json(resize_patch(asks, changes));
  REQUIRE(steps);
  REQUIRE(steps->size() == 2);
  CHECK(steps->at(0).at("path") == "/spec/template/spec/initContainers/2/name");
  CHECK(steps->at(0).at("value") == "proxy");
  CHECK(steps->at(1).at("path") == "/spec/template/spec/initContainers/2/resources/requests/cpu");
  CHECK(is_resized(asks, api::to_text(*steps)) == false);
  asks.containers[1].requests = {{"cpu", 3000}};
  CHECK(is_resized(asks, api::to_text(*steps)) == true);
  asks.containers[1].name = "another"; // took its place
  CHECK(is_resized(asks, api::to_text(*steps)) == std::nullopt);
}

TEST_CASE("bounds are those of a replica: what its other containers ask for is part of it") {
  auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
  asks.containers.push_back(asks.containers[0]);
  asks.containers[1].name = "proxy";
  asks.containers[1].position = 1;
  ContainerDemand proxy = memory_demand(20 * kGi);
  proxy.container = "proxy";
  ResizeBounds bounds = kNoBuffer;
  bounds.largest_node = {{"memory", static_cast<std::int64_t>(8 * kGi)}};
  const auto changes = resize(asks, {memory_demand(3 * kGi), proxy}, bounds);
  REQUIRE(changes.size() == 2);
  const Amount sum = changes[0].request + changes[1].request;
  CHECK(sum == mebibytes(8 * 1024));
}

TEST_CASE("what a policy's bounds do not list is not changed") {
  const auto asks = workload({{"cpu", 100}, {"memory", static_cast<std::int64_t>(kGi)}});
  ResizeBounds bounds = kNoBuffer;
  bounds.ranges = {{ResourceName::memory(), mebibytes(256), mebibytes(4096)}};
  const auto changes = resize(asks, {cpu_demand(900), memory_demand(2 * kGi)}, bounds);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].resource == ResourceName::memory());
}

TEST_CASE("a request never exceeds its limit, and is never lowered for want of room") {
  CHECK(rc::check([] {
    const auto some = [](int most) { return *rc::gen::inRange(1, most) * kMi; };
    const double request = some(8000);
    const auto asks = workload({{"memory", static_cast<std::int64_t>(request)}},
                               {{"memory", static_cast<std::int64_t>(request + some(8000))}});
    ContainerDemand demand = memory_demand(some(20'000));
    demand.startup = some(20'000);
    demand.highest = demand.peak;
    demand.killed_at = *rc::gen::element(0.0, 1.0) * some(20'000);
    demand.killed_now = demand.killed_at > 0;
    ResizeBounds bounds{{}, {{"memory", static_cast<std::int64_t>(some(16'000))}}, 35};
    const auto changes = resize(asks, {demand}, bounds);
    RC_PRE(!changes.empty());
    RC_ASSERT(changes[0].limit.has_value());
    RC_ASSERT(changes[0].request <= *changes[0].limit);
    const double asked = static_cast<double>(changes[0].request.value());
    RC_ASSERT(changes[0].raises || asked >= demand.peak);
  }));
}

TEST_CASE("more use never asks for less") {
  CHECK(rc::check([] {
    const auto asks = workload({{"memory", static_cast<std::int64_t>(kGi)}});
    const double use = *rc::gen::inRange(1, 20'000) * kMi;
    const double more = use + *rc::gen::inRange(0, 5'000) * kMi;
    const auto request = [&](double peak) {
      const auto changes = resize(asks, {memory_demand(peak)}, kNoBuffer);
      return changes.empty() ? Amount{static_cast<std::int64_t>(kGi)} : changes[0].request;
    };
    RC_ASSERT(request(use) <= request(more));
    // And whatever is asked for is enough, and enough is left alone.
    const Amount asked = request(use);
    RC_ASSERT(static_cast<double>(asked.value()) * kRaiseFromPart >= use);
    const auto after = workload({{"memory", asked.value()}});
    RC_ASSERT(resize(after, {memory_demand(use)}, kNoBuffer).empty());
  }));
}

} // namespace berth::analyzer
