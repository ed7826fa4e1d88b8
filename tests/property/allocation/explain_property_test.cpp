// X2 on random small clusters: what is told is enough, and anything less is not.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/allocation/smallest_change.hpp"
#include "lib/allocation/what_if.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/allocation/draw.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// Two trees of quotas with limits on a few nodes, some of them tainted, with work that runs and
/// work that waits, now and then as a gang or for one zone.
World any_world() {
  World world;
  world.policy.preemption.enabled = false;
  world.add_all(pool("p"), quota("root").pool("p").cpu(below(6)),
                quota("a").under("root").of("team-a").pool("p").nominal(
                    "cpu", 1000 * below(8), Amount{1000 * below(4)}, Amount{1000 * below(4)}),
                quota("b").under("root").of("team-b").pool("p").cpu(below(8)),
                quota("c").of("team-c").pool("p").cpu(below(12)).nominal("memory", below(8) << 30));
  const int nodes = 1 + below(4);
  for (int i = 0; i < nodes; ++i) {
    NodeView view = node("n" + std::to_string(i), 4 + 4 * below(2));
    view.labels.set("zone", below(2) == 0 ? "east" : "west");
    if (below(4) == 0)
      view.taints.push_back({"dedicated", "x"});
    world.add(view);
  }
  const auto team = [] { return std::string("team-") + "abc"[below(3)]; };
  for (int i = 0, count = below(4); i < count; ++i)
    world.add(pod("run" + std::to_string(i))
                  .in(team())
                  .cpu(1 + below(3))
                  .bound("n" + std::to_string(below(nodes))));
  for (int i = 0, count = 1 + below(7); i < count; ++i) {
    PodBuilder waiting = pod("wait" + std::to_string(i))
                             .in(team())
                             .cpu(1 + below(6))
                             .asks("memory", below(4) << 30)
                             .created(i)
                             .priority(below(3));
    if (below(4) == 0)
      waiting.selects("zone", below(2) == 0 ? "east" : "moon");
    world.add(waiting);
  }
  if (below(2) == 0)
    for (int i = 0; i < 3; ++i)
      world.add(pod("g" + std::to_string(i)).in("team-a").cpu(3).gang("g", 3).created(3));
  return world;
}

/// The change with less: without one step, or with a little less of one amount.
std::vector<Change> smaller(const Change& change) {
  std::vector<Change> less;
  for (std::size_t i = 0; i < change.steps.size(); ++i) {
    if (change.steps.size() > 1) {
      less.push_back(change);
      less.back().steps.erase(less.back().steps.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const Step& step = change.steps[i];
    const auto add = [&](Step smaller_step) {
      less.push_back(change);
      less.back().steps[i] = std::move(smaller_step);
    };
    if (const auto* quota = std::get_if<RaiseNominal>(&step)) {
      const std::int64_t by = quota->by.value();
      if (by > 1)
        add(RaiseNominal{quota->quota, quota->pool, quota->resource, Amount{by - 1}});
    } else if (const auto* nodes = std::get_if<AddNodes>(&step); nodes && nodes->count > 1) {
      add(AddNodes{nodes->like, nodes->count - 1});
    }
  }
  return less;
}

bool starts(const ClusterSnapshot& snapshot, const World& world, const WorkloadId& workload,
            const Change& change) {
  const auto changed = with_change(snapshot, workload, change);
  RC_ASSERT(changed.has_value());
  const auto fate = fate_of(decide(*changed, world.policy, world.now, 1), workload);
  RC_ASSERT(fate.has_value());
  return fate->starts;
}

} // namespace

TEST_CASE("X2: with a change that is told the work starts, with anything less it does not") {
  REQUIRE(rc::check("each workload that waits", [] {
    World world = any_world();
    const auto snapshot = world.snapshot();
    const Plan plan = decide(*snapshot, world.policy, world.now, 1);
    std::size_t told = 0;
    for (const Waiting& waiting : plan.waiting) {
      const WorkloadId& id = waiting.workload->id;
      const auto changes = ChangeSearch({*snapshot, world.policy, plan, world.now, 1}, id).run();
      told += changes.size();
      for (const Change& change : changes) {
        RC_LOG() << id.str() << ": " << to_string(change) << "\n";
        RC_ASSERT(starts(*snapshot, world, id, change));
        for (const Change& less : smaller(change)) {
          RC_LOG() << "  less: " << to_string(less) << "\n";
          RC_ASSERT_FALSE(starts(*snapshot, world, id, less));
        }
      }
    }
    RC_TAG(told > 0 ? "something is told" : "nothing");
  }));
}
