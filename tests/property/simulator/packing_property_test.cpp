// The upper bound of a packing against the best one that a search over everything finds.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>

#include "lib/simulator/packing.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::simulator;

namespace {

struct TinyNode {
  int cores = 0;
  int devices = 0;
};

struct TinyPod {
  int cores = 0;
  int whole = 0;
  int share_milli = 0; ///< only without whole ones
};

struct TinyTrace {
  std::vector<TinyNode> nodes;
  std::vector<TinyPod> pods;
  friend void showValue(const TinyTrace& trace, std::ostream& out) {
    for (const TinyNode& node : trace.nodes)
      out << "node{" << node.cores << " cores, " << node.devices << " devices} ";
    for (const TinyPod& pod : trace.pods)
      out << "pod{" << pod.cores << " cores, " << pod.whole << " devices, " << pod.share_milli
          << " milli} ";
  }
};

rc::Gen<TinyTrace> traces() {
  return rc::gen::exec([] {
    TinyTrace trace;
    const int nodes = *rc::gen::inRange(1, 3);
    for (int i = 0; i < nodes; ++i)
      trace.nodes.push_back({*rc::gen::inRange(0, 7), *rc::gen::inRange(0, 3)});
    const int pods = *rc::gen::inRange(0, 6);
    for (int i = 0; i < pods; ++i) {
      TinyPod pod{*rc::gen::inRange(0, 5), *rc::gen::inRange(0, 3), 0};
      if (pod.whole == 0)
        pod.share_milli = *rc::gen::element(0, 250, 400, 600, 750);
      trace.pods.push_back(pod);
    }
    return trace;
  });
}

PackingInput input_of(const TinyTrace& trace) {
  PackingInput input;
  for (const TinyNode& tiny : trace.nodes) {
    NodeView node = allocation::testing::node("n", tiny.cores);
    if (tiny.devices > 0)
      node.allocatable.set(ResourceName{kDeviceResource}, Amount{tiny.devices});
    input.nodes.push_back(std::move(node));
  }
  for (const TinyPod& tiny : trace.pods) {
    auto pod = allocation::testing::pod("p").cpu(tiny.cores);
    if (tiny.whole > 0)
      pod.asks(std::string(kDeviceResource), tiny.whole);
    if (tiny.share_milli > 0)
      pod.asks(std::string(kDeviceShareResource), tiny.share_milli);
    input.pods.push_back(pod.build().shape);
  }
  return input;
}

/// What is free on one node while the search goes on.
struct Room {
  int cores = 0;
  std::vector<int> milli;
};

/// The most thousandths of devices that pods from `next` on can get: every pod on every node, every
/// share on every device, or left out.
int best_from(const TinyTrace& trace, std::size_t next, std::vector<Room>& rooms) {
  if (next == trace.pods.size())
    return 0;
  const TinyPod& pod = trace.pods[next];
  int best = best_from(trace, next + 1, rooms);
  const auto try_on = [&](Room& room, const std::vector<std::size_t>& devices, int milli_each) {
    room.cores -= pod.cores;
    for (const std::size_t device : devices)
      room.milli[device] -= milli_each;
    best = std::max(best, milli_each * static_cast<int>(devices.size()) +
                              best_from(trace, next + 1, rooms));
    room.cores += pod.cores;
    for (const std::size_t device : devices)
      room.milli[device] += milli_each;
  };
  for (Room& room : rooms) {
    if (room.cores < pod.cores)
      continue;
    std::vector<std::size_t> idle;
    for (std::size_t device = 0; device < room.milli.size(); ++device) {
      if (room.milli[device] == 1000)
        idle.push_back(device);
      if (pod.share_milli > 0 && room.milli[device] >= pod.share_milli)
        try_on(room, {device}, pod.share_milli);
    }
    // Idle devices of a node are alike: which of them does not matter.
    const auto wanted = static_cast<std::size_t>(pod.whole);
    if (pod.share_milli == 0 && idle.size() >= wanted)
      try_on(room, {idle.begin(), idle.begin() + pod.whole}, 1000);
  }
  return best;
}

int best_of(const TinyTrace& trace) {
  std::vector<Room> rooms;
  for (const TinyNode& node : trace.nodes)
    rooms.push_back({node.cores, std::vector<int>(static_cast<std::size_t>(node.devices), 1000)});
  return best_from(trace, 0, rooms);
}

} // namespace

TEST_CASE("No packing is above the bound, and no strategy is above the best packing") {
  CHECK(rc::check([] {
    const TinyTrace trace = *traces();
    const PackingInput input = input_of(trace);
    const int best = best_of(trace);
    for (const Strategy strategy : all_strategies()) {
      PackingOptions options;
      options.strategy = strategy;
      options.load_percent = 1; // the trace itself, once
      options.seed = *rc::gen::arbitrary<std::uint64_t>();
      const PackingResult result = pack(input, options);
      RC_ASSERT(result.arrived == trace.pods.size());
      RC_ASSERT(result.upper_bound_milli >= best);
      RC_ASSERT(result.upper_bound_milli <= result.capacity_milli);
      RC_ASSERT(result.allocated_milli <= best);
    }
  }));
}
