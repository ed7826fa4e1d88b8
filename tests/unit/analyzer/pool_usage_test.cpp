#include "analyzer/model/pool_usage.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::ResourceName;
using resources::ResourceVector;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr Duration kStaleAfter = 3min;

MeasuredNode node(std::int64_t allocatable_cpu) {
  MeasuredNode node;
  node.allocatable = ResourceVector{{"cpu", allocatable_cpu}};
  return node;
}

MeasuredNode node(std::int64_t allocatable_cpu, std::int64_t used_cpu, Duration age) {
  MeasuredNode measured = node(allocatable_cpu);
  measured.usage = MeasuredNode::Usage{kNow - age, ResourceVector{{"cpu", used_cpu}}};
  return measured;
}

} // namespace

TEST_CASE("fresh samples of all nodes are added up") {
  const std::vector nodes{node(4000, 1000, 10s), node(4000, 3000, 3min)};
  const PoolUsage usage = add_up(nodes, kNow, kStaleAfter);
  CHECK(usage.nodes == 2);
  CHECK(usage.coverage_percent() == 100);
  CHECK(usage.capacity == ResourceVector{{"cpu", 8000}});
  CHECK(usage.used == ResourceVector{{"cpu", 4000}});
  CHECK(usage.estimated == usage.used);
  CHECK(usage.newest == kNow - 10s);
  CHECK(usage.newest_fresh == kNow - 10s);
  CHECK(usage.samples.at(ResourceName::cpu()).oldest == kNow - 3min);
  CHECK(usage.unmeasured.empty());
}

TEST_CASE("of each resource it is known how many nodes speak for it, and since when") {
  std::vector nodes{node(4000, 1000, 10s), node(64'000, 1000, 20s)};
  nodes[0].pushed = MeasuredNode::Usage{kNow - 2min, ResourceVector{{"cpu", 1}, {"x.io/gpu", 1}}};
  const PoolUsage usage = add_up(nodes, kNow, kStaleAfter);
  CHECK(usage.coverage_percent(ResourceName::cpu()) == 100);
  CHECK(usage.coverage_percent(ResourceName{"x.io/gpu"}) == 50);
  CHECK(usage.coverage_percent(ResourceName::memory()) == 0);
  CHECK(usage.samples.at(ResourceName::cpu()).oldest == kNow - 20s);
  CHECK(usage.samples.at(ResourceName{"x.io/gpu"}).oldest == kNow - 2min);
}

TEST_CASE("a node without a fresh sample is missing and not idle") {
  const std::vector nodes{node(4000, 1000, 10s), node(4000, 3000, 3min + 1ms), node(8000)};
  const PoolUsage usage = add_up(nodes, kNow, kStaleAfter);
  CHECK(usage.nodes_ready == 3);
  CHECK(usage.nodes_fresh == 1);
  CHECK(usage.coverage_percent() == 33);
  CHECK(usage.used == ResourceVector{{"cpu", 1000}});
  CHECK(usage.estimated == ResourceVector{{"cpu", 4000}}); // a quarter of 16000, as the one node
}

TEST_CASE("without any fresh sample nothing is used, nothing is estimated, and nothing is zero") {
  const std::vector nodes{node(4000, 1000, 1h), node(4000)};
  const PoolUsage usage = add_up(nodes, kNow, kStaleAfter);
  CHECK(usage.used.empty());
  CHECK(usage.estimated.empty());
  CHECK(usage.newest == kNow - 1h);
  CHECK_FALSE(usage.newest_fresh);
  CHECK(usage.coverage_percent() == 0);
}

TEST_CASE("a sample from the future is not fresh") {
  CHECK(add_up(std::vector{node(4000, 1000, -4min)}, kNow, kStaleAfter).nodes_fresh == 0);
}

TEST_CASE("a cordoned node's use counts and its room does not; a node that is down has neither") {
  MeasuredNode cordoned = node(4000, 1000, 10s);
  cordoned.takes_work = false;
  MeasuredNode down = node(4000, 2000, 10s);
  down.takes_work = false;
  down.ready = false;
  const std::vector nodes{node(4000, 500, 10s), cordoned, down};
  const PoolUsage usage = add_up(nodes, kNow, kStaleAfter);
  CHECK(usage.nodes == 1);
  CHECK(usage.capacity == ResourceVector{{"cpu", 4000}});
  CHECK(usage.used == ResourceVector{{"cpu", 1500}});
  CHECK(usage.coverage_percent() == 100);
}

TEST_CASE("a pool without nodes has no coverage") {
  CHECK(add_up({}, kNow, kStaleAfter).coverage_percent() == 0);
  CHECK(add_up({}, kNow, kStaleAfter).capacity.empty());
}

} // namespace berth::analyzer
