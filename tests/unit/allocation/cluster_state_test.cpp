#include <catch2/catch.hpp>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

World small_world() {
  World world;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(10));
  return world;
}

Amount used(World& world, const char* quota, const char* pool = "p") {
  const auto snapshot = world.snapshot();
  const auto* use = snapshot->quota_use.find(QuotaName{quota});
  if (use == nullptr || !(*use)->by_pool.contains(PoolName{pool}))
    return Amount{};
  return (*use)->by_pool.at(PoolName{pool}).get(ResourceName::cpu());
}

Amount charged_on(World& world, const char* node) {
  const auto snapshot = world.snapshot();
  const auto column = snapshot->nodes->column(ResourceName::cpu());
  return Amount{snapshot->loads.row(*snapshot->nodes->find(node))[*column]};
}

} // namespace

TEST_CASE("L1: an admitted pod is charged to quota and planned node until it is bound elsewhere") {
  World world = small_world();
  world.add(pod("x").cpu(3).admitted(record("a", "p", {"n1", "n2"})));
  CHECK(used(world, "a") == Amount{3000});
  CHECK(charged_on(world, "n1") == Amount{3000});
  world.add(pod("x").cpu(3).admitted(record("a", "p", {"n1", "n2"})).bound("n2"));
  CHECK(used(world, "a") == Amount{3000});
  CHECK(charged_on(world, "n1") == Amount{0});
  CHECK(charged_on(world, "n2") == Amount{3000});
}

TEST_CASE("L1: a terminating pod still holds; L5: a terminal one holds nothing") {
  World world = small_world();
  world.add(pod("x").cpu(3).admitted(record("a", "p")).bound("n1").terminating());
  CHECK(used(world, "a") == Amount{3000});
  world.add(pod("x").cpu(3).admitted(record("a", "p")).bound("n1").terminating().terminal());
  CHECK(used(world, "a") == Amount{0});
  CHECK(charged_on(world, "n1") == Amount{0});
  CHECK(world.snapshot()->charges.empty());
}

TEST_CASE("L1: the same UID is charged once however often it is told") {
  World world = small_world();
  const PodView told = pod("x").cpu(3).admitted(record("a", "p", {"n1"}));
  CHECK(world.state.upsert_pod(told));
  CHECK_FALSE(world.state.upsert_pod(told));
  CHECK(used(world, "a") == Amount{3000});
  world.state.remove_pod(told.uid);
  CHECK_FALSE(world.state.remove_pod(told.uid));
  CHECK(used(world, "a") == Amount{0});
  CHECK(charged_on(world, "n1") == Amount{0});
}

TEST_CASE("L1: a pod of the same name with a new UID is another pod") {
  World world = small_world();
  world.add(pod("x").cpu(3).admitted(record("a", "p")));
  PodView again = pod("x").cpu(3);
  again.uid = PodUid{"uid-x-again"};
  world.add(again);
  CHECK(used(world, "a") == Amount{3000});
  CHECK(world.snapshot()->waiting.find(WorkloadId{"uid-x-again"}) != nullptr);
}

TEST_CASE("pods that Berth does not manage hold their node and no quota") {
  World world = small_world();
  world.add(pod("daemon").unmanaged().cpu(1).bound("n1"));
  CHECK(charged_on(world, "n1") == Amount{1000});
  CHECK(world.snapshot()->quota_use.empty());
  PodView nominated = pod("preemptor").unmanaged().cpu(2);
  nominated.nominated_node = NodeName{"n2"};
  world.add(nominated);
  CHECK(charged_on(world, "n2") == Amount{2000});
}

TEST_CASE("a managed pod that ran before Berth came uses its quota in the pool of its node") {
  World world = small_world();
  world.add(pod("old").cpu(2).bound("n1"));
  CHECK(used(world, "a") == Amount{2000});
  world.state.remove_pool(PoolName{"p"}); // now its node is in no pool
  CHECK(used(world, "a") == Amount{0});
  world.add(pool("p"));
  CHECK(used(world, "a") == Amount{2000});
  world.state.remove_quota(QuotaName{"a"});
  CHECK(used(world, "a") == Amount{0});
}

TEST_CASE("L1: what is admitted stays charged when its pool, quota or node goes") {
  World world = small_world();
  world.add(pod("x").cpu(3).admitted(record("a", "p")).bound("n1"));
  world.state.remove_pool(PoolName{"p"});
  world.state.remove_quota(QuotaName{"a"});
  world.state.remove_node(NodeName{"n1"});
  CHECK(used(world, "a") == Amount{3000});
}

TEST_CASE("an admitted pod moves to its next planned node when the first one goes, and back") {
  World world = small_world();
  world.add(pod("x").cpu(3).admitted(record("a", "p", {"n1", "n2"})));
  world.state.remove_node(NodeName{"n1"});
  CHECK(charged_on(world, "n2") == Amount{3000});
  world.state.remove_node(NodeName{"n2"});
  CHECK(world.snapshot()->homeless.size() == 1);
  CHECK(used(world, "a") == Amount{3000});
  world.add(node("n1", 8));
  CHECK(charged_on(world, "n1") == Amount{3000});
  CHECK(world.snapshot()->homeless.empty());
}

TEST_CASE("the order in which objects arrive does not matter") {
  World world;
  world.add(pod("x").cpu(3).bound("n1")); // adopted once quota, node and pool are known
  world.add(pod("y").cpu(1));
  CHECK(used(world, "a") == Amount{0});
  world.add_all(quota("a").of("team-a").pool("p").cpu(10), node("n1", 8), pool("p"));
  CHECK(used(world, "a") == Amount{3000});
  CHECK(charged_on(world, "n1") == Amount{3000});
  const auto* waiting = world.snapshot()->waiting.find(WorkloadId{"uid-y"});
  REQUIRE(waiting != nullptr);
  CHECK((*waiting)->quota.quota == QuotaName{"a"});
}

TEST_CASE("a namespace's labels decide who selects it") {
  World world = small_world();
  world.add(quota("s").of_selected(Selector::of({{"kind", "lab"}})).pool("p"));
  world.add(pod("x").in("lab-1").cpu(1));
  const auto quota_of_x = [&] {
    return (*world.snapshot()->waiting.find(WorkloadId{"uid-x"}))->quota.quota;
  };
  CHECK(quota_of_x().empty());
  world.state.upsert_namespace({"lab-1", {{"kind", "lab"}}});
  CHECK(quota_of_x() == QuotaName{"s"});
  world.state.upsert_namespace({"lab-1", {}});
  CHECK(quota_of_x().empty());
}

TEST_CASE("a pod that joins a gang leaves what it was") {
  World world = small_world();
  world.add(pod("x").cpu(1));
  world.add(pod("x").cpu(1).gang("g", 2));
  const auto snapshot = world.snapshot();
  CHECK(snapshot->waiting.size() == 1);
  CHECK(snapshot->waiting.find(WorkloadId{"team-a/g"}) != nullptr);
  world.state.remove_pod(PodUid{"uid-x"});
  CHECK(world.snapshot()->waiting.empty());
}

TEST_CASE("an older pool keeps a node that two select, and the younger is told") {
  World world = small_world();
  PoolSpec younger = pool("p");
  younger.name = PoolName{"late"};
  younger.created = kNow;
  world.add(younger);
  const auto snapshot = world.snapshot();
  CHECK(snapshot->nodes->in_pool(PoolName{"p"}).size() == 2);
  CHECK(snapshot->nodes->in_pool(PoolName{"late"}).empty());
  const NodeView one = node("n1", 8);
  const std::array<const NodeView*, 1> nodes{&one};
  const PoolSpec older = pool("p");
  const std::array<const PoolSpec*, 2> pools{&older, &younger};
  const auto overlaps = find_overlaps(nodes, pools);
  REQUIRE(overlaps.size() == 1);
  CHECK(overlaps[0].pool == PoolName{"late"});
  CHECK(overlaps[0].keeper == PoolName{"p"});
  CHECK(overlaps[0].nodes == std::vector{NodeName{"n1"}});
}

TEST_CASE("L2: oversubscription raises what may be promised on a node") {
  World world = small_world();
  PoolSpec generous = pool("p");
  generous.oversubscription_percent = {{ResourceName::cpu(), 150}};
  world.add(generous);
  const auto snapshot = world.snapshot();
  const auto column = *snapshot->nodes->column(ResourceName::cpu());
  CHECK(snapshot->nodes->capacity(0)[column] == 12'000);
}

TEST_CASE("a quiet cluster is published once") {
  World world = small_world();
  const auto first = world.snapshot();
  CHECK(world.snapshot() == first);
  CHECK_FALSE(world.state.upsert_node(node("n1", 8)));
  CHECK_FALSE(world.state.upsert_quota(quota("a").of("team-a").pool("p").cpu(10)));
  CHECK_FALSE(world.state.upsert_pool(pool("p")));
  CHECK(world.snapshot() == first);
  CHECK(world.state.upsert_node(node("n1", 9)));
  const auto second = world.snapshot();
  CHECK(second != first);
  CHECK(second->generation > first->generation);
}

TEST_CASE("L3: an audit names every quota, pool and resource that differs") {
  World held = small_world();
  World actual = small_world();
  held.add_all(pod("x").cpu(3).admitted(record("a", "p")),
               pod("y").cpu(1).admitted(record("b", "p")));
  actual.add_all(pod("x").cpu(3).admitted(record("a", "p")),
                 pod("z").cpu(2).admitted(record("a", "q")));
  CHECK(audit(held.snapshot()->quota_use, held.snapshot()->quota_use).empty());
  const auto drifts = audit(held.snapshot()->quota_use, actual.snapshot()->quota_use);
  const auto drift = [](const char* quota, const char* pool, const char* resource, int held_amount,
                        int actual_amount) {
    return Drift{QuotaName{quota}, PoolName{pool}, ResourceName{resource}, Amount{held_amount},
                 Amount{actual_amount}};
  };
  CHECK(drifts == std::vector{drift("a", "q", "cpu", 0, 2000), drift("a", "q", "pods", 0, 1),
                              drift("b", "p", "cpu", 1000, 0), drift("b", "p", "pods", 1, 0)});
}
