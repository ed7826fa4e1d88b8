// What holds of the steps of a pool, whatever is wanted and however late nodes come.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/unit/analyzer/pool_scene.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

/// A provider that needs so many minutes for a node, and loses some machines on the way.
struct SlowProvider {
  int minutes = 0;
  int lost = 0; ///< machines that never become nodes
  int waited = 0;

  void minute(PoolScene& scene) {
    scene.now += 1min;
    const std::int32_t can = std::max(scene.machines.asked - lost, 0);
    if (scene.machines.ready == can || ++waited < minutes)
      return;
    waited = 0;
    scene.set_machines(scene.machines.asked, can);
    scene.set_nodes(can + scene.other_nodes);
    scene.set_charged(1);
  }
};

/// What is measured asks for one more or fewer only where it is not as it should be.
Plan ask_for(PoolScene& scene, std::int32_t wanted) {
  if (wanted > scene.usage.nodes)
    return scene.grow(wanted);
  return wanted < scene.usage.nodes ? scene.shrink(wanted) : Plan{};
}

} // namespace

TEST_CASE("no step leaves the bounds, and nodes on their way are never asked for twice") {
  CHECK(rc::check([] {
    PoolScene scene;
    auto& elastic = *scene.pool.spec.elastic;
    elastic.min_nodes = *rc::gen::inRange(0, 10);
    elastic.max_nodes = *rc::gen::inRange(10, 30);
    scene.other_nodes = *rc::gen::inRange(0, 5);
    scene.set_machines(10 - scene.other_nodes, 10 - scene.other_nodes);
    scene.set_charged(1);
    SlowProvider provider{*rc::gen::inRange(0, 60), *rc::gen::inRange(0, 3), 0};
    for (int minute = 0; minute < 200; ++minute) {
      const auto before = scene.machines;
      const Plan plan = ask_for(scene, *rc::gen::inRange(0, 40));
      if (plan.pool_change) {
        const auto& step = *plan.pool_change;
        RC_ASSERT(step.nodes.to <= elastic.max_nodes);
        RC_ASSERT(step.nodes.to >= std::max(elastic.min_nodes, 1));
        RC_ASSERT(step.machines->to >= 0);
        RC_ASSERT(step.machines->to + scene.other_nodes <= elastic.max_nodes);
        RC_ASSERT((step.machines->to > before.asked) == (step.nodes.to > step.nodes.from));
      }
      provider.minute(scene);
    }
  }));
}

TEST_CASE("a constant demand is come to without turning round, and nothing more is done then") {
  CHECK(rc::check([] {
    PoolScene scene;
    scene.set_charged(1);
    const std::int32_t wanted = *rc::gen::inRange(2, 21);
    SlowProvider provider{*rc::gen::inRange(0, 60), *rc::gen::inRange(0, 3), 0};
    const bool grows = wanted > scene.usage.nodes;
    int steps = 0;
    for (int minute = 0; minute < 400; ++minute) {
      const Plan plan = ask_for(scene, wanted);
      if (plan.pool_change) {
        ++steps;
        RC_ASSERT((plan.pool_change->nodes.to > plan.pool_change->nodes.from) == grows);
        RC_ASSERT((grows ? scene.machines.asked <= wanted : scene.machines.asked >= wanted));
      }
      provider.minute(scene);
    }
    RC_ASSERT(steps <= 1);
    RC_ASSERT((provider.lost > 0 || scene.usage.nodes == wanted));
  }));
}

} // namespace berth::analyzer
