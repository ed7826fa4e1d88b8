// What preemption costs a cycle: one entitled workload among many running ones, many of them, and
// many that nothing can be done for. `make bench` runs it.

#include <benchmark/benchmark.h>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kPodsPerNode = 8;

/// Full nodes of eight cores, one pod each core: the first team holds three quarters, of which it
/// borrows the half that the second team does not use.
World full_cluster(int nodes) {
  World world;
  world.policy.preemption.enabled = true;
  world.add_all(pool("p"), quota("root").pool("p").cpu(0),
                quota("a").under("root").of("ns-a").pool("p").cpu(4LL * nodes),
                quota("b").under("root").of("ns-b").pool("p").cpu(4LL * nodes));
  for (int n = 0; n < nodes; ++n) {
    const std::string name = "n" + std::to_string(n);
    world.add(node(name, kPodsPerNode));
    for (int i = 0; i < kPodsPerNode; ++i) {
      const std::string quota = i < 6 ? "a" : "b";
      world.add(pod(name + "-" + std::to_string(i))
                    .in("ns-" + quota)
                    .cpu(1)
                    .created((n * 7919 + i) % 3000)
                    .admitted(record(quota, "p", {name}))
                    .bound(name));
    }
  }
  return world;
}

/// range(0): nodes; range(1): waiting workloads of team b; range(2): cores each.
void decide_with_preemption(benchmark::State& state) {
  World world = full_cluster(static_cast<int>(state.range(0)));
  for (int i = 0; i < state.range(1); ++i)
    world.add(pod("w" + std::to_string(i)).in("ns-b").cpu(state.range(2)).priority(i % 10));
  const auto snapshot = world.snapshot();
  std::size_t nominations = 0;
  for (auto _ : state)
    nominations = decide(*snapshot, world.policy, kNow, 1).preemption.nominations.size();
  state.counters["nominations"] = static_cast<double>(nominations);
}

} // namespace

BENCHMARK(decide_with_preemption)
    ->ArgNames({"nodes", "waiting", "cores"})
    ->Args({1000, 0, 1})
    ->Args({1000, 1, 4})
    ->Args({5000, 0, 1})
    ->Args({5000, 1, 1})
    ->Args({5000, 1, 4})
    ->Args({5000, 1000, 4})
    ->Args({5000, 1000, 7})
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
