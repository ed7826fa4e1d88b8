// G3: work that may start with fewer than all of its members, against trying each number.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

struct Scene {
  std::vector<int> cores_of_nodes;
  int nominal = 0;
  int cores = 1; ///< of each unit
};

/// How many of `count` units start where so many have to.
int started(const Scene& scene, int count, int least) {
  World world;
  world.add_all(pool("p"), quota("a").of("team-a").pool("p").cpu(scene.nominal));
  for (std::size_t i = 0; i < scene.cores_of_nodes.size(); ++i)
    world.add(node("n" + std::to_string(i), scene.cores_of_nodes[i]));
  PodView unit;
  unit.namespace_name = "team-a";
  unit.name = "elastic";
  unit.shape = ShapePtr{PodShape{{{"cpu", scene.cores * 1000}}, {}}};
  unit.gang = GangMembership{"AllocationRequest:elastic", count, least};
  unit.created = kNow - 1h;
  unit.managed = unit.gated = unit.is_request = true;
  for (int i = 0; i < count; ++i) {
    unit.uid = PodUid{"request/elastic/" + std::to_string(i)};
    world.add(unit);
  }
  const Plan plan = world.plan();
  return plan.admissions.empty() ? 0 : static_cast<int>(plan.admissions[0].members.size());
}

} // namespace

TEST_CASE("G3: as many start as would start all together, and never fewer than the least number") {
  REQUIRE(rc::check("against each number alone", [] {
    Scene scene;
    const int nodes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < nodes; ++i)
      scene.cores_of_nodes.push_back(*rc::gen::inRange(1, 9));
    scene.nominal = *rc::gen::inRange(0, 25);
    scene.cores = *rc::gen::inRange(1, 4);
    const int count = *rc::gen::inRange(1, 12);
    const int least = *rc::gen::inRange(1, count + 1);
    int most = 0;
    for (int number = 1; number <= count; ++number)
      if (started(scene, number, 0) == number)
        most = number;
    RC_ASSERT(started(scene, count, least) == (most >= least ? most : 0));
  }));
}
