// Bursts of pools over random nodes, ratios, bursts, work and times.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

Duration any_minutes() {
  return std::chrono::minutes{*rc::gen::inRange(0, 120)};
}

PoolSpec any_pool() {
  PoolSpec spec = pool("p");
  spec.oversubscription_percent = {{ResourceName::cpu(), *rc::gen::inRange(100, 200)}};
  const Duration starts = any_minutes();
  spec.burst = PoolBurst{{kNow + starts, kNow + starts + any_minutes()},
                         *rc::gen::inRange(100, 200),
                         {ResourceName::cpu()}};
  return spec;
}

std::vector<NodeView> any_nodes() {
  std::vector<NodeView> nodes;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i)
    nodes.push_back(node("n" + std::to_string(i), *rc::gen::inRange(1, 12)));
  return nodes;
}

std::vector<TimePoint> any_times() {
  std::vector<TimePoint> times;
  for (int i = 0; i < 6; ++i)
    times.push_back(kNow + 2 * any_minutes());
  std::ranges::sort(times);
  return times;
}

World world_of(const PoolSpec& spec, const std::vector<NodeView>& nodes) {
  World world;
  world.add_all(spec, quota("a").of("team-a").pool("p").cpu(1000));
  for (const NodeView& one : nodes)
    world.add(one);
  return world;
}

std::vector<std::int64_t> charged(const ClusterSnapshot& snapshot) {
  std::vector<std::int64_t> cpu;
  const auto column = *snapshot.nodes->column(ResourceName::cpu());
  for (NodeIndex index = 0; index < snapshot.nodes->size(); ++index)
    cpu.push_back(snapshot.loads.row(index)[column]);
  return cpu;
}

} // namespace

TEST_CASE("L3: bursts make the same picture of a time, whatever times were looked at before") {
  rc::check("incremental and fresh snapshots agree", [] {
    const PoolSpec spec = any_pool();
    const auto nodes = any_nodes();
    World followed = world_of(spec, nodes);
    for (const TimePoint now : any_times()) {
      followed.now = now;
      World fresh = world_of(spec, nodes);
      fresh.now = now;
      const auto left = followed.snapshot();
      const auto right = fresh.snapshot();
      for (NodeIndex index = 0; index < left->nodes->size(); ++index)
        RC_ASSERT((left->nodes->node(index) == right->nodes->node(index)));
      RC_ASSERT((left->right_until == right->right_until));
      RC_ASSERT((left->right_until > now));
    }
  });
}

TEST_CASE("L2: a cycle brings no node above what may be promised on it at that time") {
  rc::check("charges grow only within the capacity of the time", [] {
    const PoolSpec spec = any_pool();
    World world = world_of(spec, any_nodes());
    int number = 0;
    for (const TimePoint now : any_times()) {
      world.now = now;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        world.add(pod("x" + std::to_string(++number)).cpu(*rc::gen::inRange(1, 6)));
      const auto before = charged(*world.snapshot());
      world.step();
      const auto snapshot = world.snapshot();
      const auto after = charged(*snapshot);
      const auto column = *snapshot->nodes->column(ResourceName::cpu());
      for (NodeIndex index = 0; index < after.size(); ++index) {
        const NodeView& there = snapshot->nodes->node(index).view;
        const Amount usual = spec.promisable(there).get(ResourceName::cpu());
        const Amount most = spec.is_in_burst(now)
                                ? resources::scaled(usual, spec.burst->factor_percent, 100)
                                : usual;
        RC_ASSERT((Amount{snapshot->nodes->capacity(index)[column]} <= most));
        RC_ASSERT((after[index] == before[index] || Amount{after[index]} <= most));
      }
    }
  });
}
