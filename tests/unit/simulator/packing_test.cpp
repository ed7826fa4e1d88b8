// Packing a trace onto nodes: small cases with one right answer.

#include <catch2/catch.hpp>

#include "lib/simulator/packing.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::simulator;

namespace {

NodeView gpu_node(const std::string& name, std::int64_t cores, std::int64_t devices) {
  NodeView node = allocation::testing::node(name, cores);
  if (devices > 0)
    node.allocatable.set(ResourceName{kDeviceResource}, Amount{devices});
  return node;
}

ShapePtr asks(std::int64_t cores, std::string_view device_resource = "", std::int64_t amount = 0) {
  auto pod = allocation::testing::pod("p").cpu(cores);
  if (amount > 0)
    pod.asks(std::string(device_resource), amount);
  return pod.build().shape;
}

ShapePtr whole(std::int64_t devices, std::int64_t cores = 0) {
  return asks(cores, kDeviceResource, devices);
}

ShapePtr share(std::int64_t milli) {
  return asks(0, kDeviceShareResource, milli);
}

PackingResult pack_by(Strategy strategy, const PackingInput& input, std::int64_t load_percent,
                      std::uint64_t seed = 1) {
  PackingOptions options;
  options.strategy = strategy;
  options.load_percent = load_percent;
  options.seed = seed;
  return pack(input, options);
}

} // namespace

TEST_CASE("The trace is drawn from again until the next pod would pass the load") {
  const PackingInput input{{gpu_node("n", 8, 2)}, {whole(1)}};
  const PackingResult result = pack_by(Strategy::BestFit, input, 250);
  CHECK(result.capacity_milli == 2000);
  CHECK(result.arrived == 5); // 250 % of two devices
  CHECK(result.requested_milli == 5000);
  CHECK(result.allocated_milli == 2000);
  CHECK(result.failed == 3);
  CHECK(result.upper_bound_milli == 2000);
}

TEST_CASE("The whole trace arrives once, though it asks for more than the load") {
  const PackingInput input{{gpu_node("n", 8, 1)}, {whole(1), whole(1), whole(1)}};
  const PackingResult result = pack_by(Strategy::BestFit, input, 1);
  CHECK(result.arrived == 3);
  CHECK(result.failed == 2);
}

TEST_CASE("Strategies that pack keep a device whole; one that spreads loses it in some orders") {
  const PackingInput input{{gpu_node("a", 8, 1), gpu_node("b", 8, 1)},
                           {share(500), share(500), whole(1)}};
  std::size_t spread_lost = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    CHECK(pack_by(Strategy::BestFit, input, 100, seed).allocated_milli == 2000);
    CHECK(pack_by(Strategy::FragmentationAware, input, 100, seed).allocated_milli == 2000);
    spread_lost += pack_by(Strategy::WorstFit, input, 100, seed).failed;
  }
  CHECK(spread_lost > 0);
  CHECK(spread_lost < 30); // not where the whole one comes first
}

TEST_CASE("A pod goes only to the models that it names") {
  PackingInput input{{gpu_node("old", 8, 1), gpu_node("new", 8, 1)}, {}};
  input.nodes[0].labels.set(std::string(kDeviceModelLabel), "T4");
  input.nodes[1].labels.set(std::string(kDeviceModelLabel), "A10");
  PodShape picky = *whole(1);
  picky.constraints.device_models = {"A10"};
  input.pods = {ShapePtr{picky}, ShapePtr{picky}};
  CHECK(pack_by(Strategy::BestFit, input, 100).allocated_milli == 1000);
}

TEST_CASE("The upper bound sees the resource that runs out first") {
  // Four devices, but cpu for only two of the pods that there are; the share needs none.
  const PackingInput cpu_short{{gpu_node("n", 4, 4)},
                               {whole(1, 2), whole(1, 2), whole(1, 2), share(250)}};
  CHECK(pack_by(Strategy::BestFit, cpu_short, 1).upper_bound_milli == 2250);
  // Half a pod counts half: 3 of its 4 cores are left.
  const PackingInput cut{{gpu_node("n", 7, 4)}, {whole(2, 4), whole(2, 4)}};
  CHECK(pack_by(Strategy::BestFit, cut, 1).upper_bound_milli == 3500);
}

TEST_CASE("The same seed gives the same result; another one another order") {
  PackingInput input;
  for (int i = 0; i < 8; ++i)
    input.nodes.push_back(gpu_node("n" + std::to_string(i), 16, 4));
  for (int i = 1; i <= 9; ++i) {
    input.pods.push_back(share(i * 100));
    input.pods.push_back(whole(1 + i % 4, i));
  }
  std::set<std::int64_t> requested;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const PackingResult once = pack_by(Strategy::FragmentationAware, input, 150, seed);
    CHECK(once == pack_by(Strategy::FragmentationAware, input, 150, seed));
    requested.insert(once.requested_milli);
  }
  CHECK(requested.size() > 1);
}

TEST_CASE("What nodes are called makes no difference") {
  PackingInput input{{}, {share(300), share(600), whole(1), whole(2)}};
  for (const char* name : {"c", "a", "b"})
    input.nodes.push_back(gpu_node(name, 16, 2));
  const PackingResult before = pack_by(Strategy::FirstFit, input, 130);
  for (const std::size_t i : {0U, 1U, 2U})
    input.nodes[i].name = NodeName{"renamed-" + std::to_string(i)};
  CHECK(pack_by(Strategy::FirstFit, input, 130) == before);
}

TEST_CASE("Without devices on either side no device is allocated") {
  const PackingInput no_demand{{gpu_node("n", 8, 2)}, {asks(1), asks(2)}};
  const PackingResult idle = pack_by(Strategy::BestFit, no_demand, 130);
  CHECK(idle.arrived == 2);
  CHECK(idle.failed == 0);
  CHECK(idle.requested_milli == 0);
  CHECK(idle.upper_bound_milli == 0);
  const PackingInput no_supply{{gpu_node("n", 8, 0)}, {whole(1), asks(1)}};
  const PackingResult bare = pack_by(Strategy::BestFit, no_supply, 130);
  CHECK(bare.capacity_milli == 0);
  CHECK(bare.allocated_milli == 0);
  CHECK(bare.failed == 1);
  CHECK(pack_by(Strategy::BestFit, {}, 130).arrived == 0);
}
