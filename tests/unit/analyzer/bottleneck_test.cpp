#include "analyzer/model/bottleneck/bottleneck.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using What = Resolution::What;

ResourceLoad cpu(std::vector<NodeLoad> nodes) {
  ResourceLoad load;
  load.resource = resources::ResourceName::cpu();
  load.nodes = std::move(nodes);
  return load;
}

std::vector<Bottleneck> find(const ResourceLoad& load) {
  return find_bottlenecks(std::vector{load});
}

} // namespace

TEST_CASE("a pool with room and honest requests has no bottleneck") {
  CHECK(find(cpu({{10, 6, 5, 3}, {10, 5, 4, 3}})).empty());
  CHECK(find(cpu({})).empty());
}

TEST_CASE("what waits for more than is free is short of capacity by the difference") {
  auto load = cpu({{10, 9, 8, 1}, {10, 9, 8, 1}});
  load.waiting = {4, 4};
  const auto found = find(load);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == BottleneckKind::Capacity);
  CHECK(found[0].amount == Approx(6)); // 8 wait, 2 are free
  CHECK(found[0].share == Approx(0.3));
  CHECK(found[0].severity == Severity::High);
  CHECK(found[0].concerned == 2);
  REQUIRE(found[0].resolutions.size() == 1);
  CHECK(found[0].resolutions[0].what == What::AddCapacity);
  CHECK(found[0].resolutions[0].amount == Approx(6));
  CHECK(found[0].message == "6 more is wanted than there is, 30 % of capacity");
}

TEST_CASE("a peak that is foreseen above capacity is a bottleneck before it comes") {
  auto load = cpu({{10, 5, 5, 1}});
  load.foreseen_peak = 12;
  const auto found = find(load);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == BottleneckKind::Capacity);
  CHECK(found[0].amount == Approx(2));
  CHECK(found[0].resolutions[0].amount == Approx(5)); // 12 is 80 % of 15
}

TEST_CASE("requests that hold what nobody uses are a bottleneck, the worse if others wait") {
  auto load = cpu({{10, 10, 2, 3}});
  const auto quiet = find(load);
  REQUIRE(quiet.size() == 1);
  CHECK(quiet[0].kind == BottleneckKind::Allocation);
  CHECK(quiet[0].amount == Approx(10 - 1.2 * 2));
  CHECK(quiet[0].severity == Severity::Low);
  CHECK(quiet[0].resolutions[0].what == What::LowerRequests);
  load.waiting = {1};
  const auto found = find(load);
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == BottleneckKind::Allocation);
  CHECK(found[0].severity == Severity::Critical);
  CHECK(found[1].kind == BottleneckKind::Capacity);
}

TEST_CASE("pods that use up a node together contend; spreading helps where others have room") {
  const auto found = find(cpu({{10, 6, 9.5, 4}, {10, 6, 2, 1}}));
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == BottleneckKind::Contention);
  CHECK(found[0].concerned == 1);
  CHECK(found[0].share == Approx(0.5));
  CHECK(found[0].amount == Approx(1.5)); // above 80 % of the node
  REQUIRE(found[0].resolutions.size() == 2);
  CHECK(found[0].resolutions[0].what == What::RaiseRequests);
  CHECK(found[0].resolutions[0].amount == Approx(3.5));
  CHECK(found[0].resolutions[1].what == What::Spread);
  CHECK(find(cpu({{10, 6, 9.5, 1}, {10, 6, 2, 1}})).empty()); // alone, one uses what is there
  const auto full = find(cpu({{10, 9.5, 9.5, 4}}));
  REQUIRE(full.size() == 1);
  CHECK(full[0].resolutions.back().what == What::AddCapacity);
  CHECK(full[0].resolutions.back().amount == Approx(9.5 / 0.8 - 10));
}

TEST_CASE("what is free in pieces too small for a pod that waits is fragmented") {
  auto load = cpu({{10, 7, 6, 1}, {10, 6, 6, 1}, {10, 8, 6, 1}});
  load.waiting = {6, 3};
  const auto found = find(load);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == BottleneckKind::Fragmentation);
  CHECK(found[0].concerned == 1); // the one of 3 fits
  CHECK(found[0].amount == Approx(9));
  CHECK(found[0].share == Approx(0.3));
  REQUIRE(found[0].resolutions.size() == 2);
  CHECK(found[0].resolutions[0].what == What::Defragment);
  CHECK(found[0].resolutions[0].amount == 2); // 4 and 3 free hold 6
  CHECK(found[0].resolutions[1].amount == Approx(2));
  CHECK(found[0].message == "9 is free, but at most 4 on one node");
}

TEST_CASE("throttling is found by the share of periods and asks for higher limits") {
  auto load = cpu({{10, 5, 5, 1}});
  load.throttled_share = 0.04;
  CHECK(find(load).empty());
  load.throttled_share = 0.2;
  const auto found = find(load);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == BottleneckKind::Throttling);
  CHECK(found[0].severity == Severity::Medium);
  CHECK(found[0].resolutions[0].what == What::RaiseLimits);
  CHECK(found[0].resolutions[0].amount == Approx(25));
}

TEST_CASE("the worst bottleneck comes first, and every one has a resolution") {
  auto small = cpu({{100, 50, 50, 1}});
  small.throttled_share = 0.06;
  auto large = cpu({{10, 10, 9.9, 5}});
  large.resource = resources::ResourceName::memory();
  large.waiting = {20};
  const auto found = find_bottlenecks(std::vector{small, large});
  REQUIRE(found.size() == 3);
  CHECK(found[0].resource == resources::ResourceName::memory());
  CHECK(found[0].severity == Severity::Critical);
  CHECK(found[2].kind == BottleneckKind::Throttling);
  for (const auto& one : found) {
    CHECK_FALSE(one.resolutions.empty());
    CHECK_FALSE(one.message.empty());
  }
}

} // namespace berth::analyzer
