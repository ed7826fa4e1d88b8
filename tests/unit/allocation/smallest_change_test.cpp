// What people are told would let their work start, against cycles that are decided with it.

#include <catch2/catch.hpp>

#include "lib/allocation/smallest_change.hpp"
#include "lib/allocation/what_if.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

WorkloadId id_of(const std::string& pod_name) {
  return WorkloadId{"uid-" + pod_name};
}

std::vector<Change> changes_for(World& world, const WorkloadId& workload) {
  const auto snapshot = world.snapshot();
  const Plan plan = decide(*snapshot, world.policy, world.now, 1);
  return ChangeSearch({*snapshot, world.policy, plan, world.now, 1}, workload).run();
}

std::vector<std::string> told(const std::vector<Change>& changes) {
  std::vector<std::string> texts;
  for (const Change& change : changes)
    texts.push_back(to_string(change));
  return texts;
}

bool starts_with(World& world, const WorkloadId& workload, const Change& change) {
  const auto changed = with_change(*world.snapshot(), workload, change);
  REQUIRE(changed);
  return fate_of(decide(*changed, world.policy, world.now, 1), workload)->starts;
}

/// Two nodes of 8 cores; team-a owns 4 of them and may borrow nothing.
World small_world() {
  World world;
  world.add_all(node("n1", 8), node("n2", 8), pool("p"),
                quota("a").of("team-a").pool("p").nominal("cpu", 4000, Amount{}));
  return world;
}

} // namespace

TEST_CASE("X1: what lacks quota is told by how much, and in which quota and pool") {
  World world = small_world();
  world.add_all(pod("runs").cpu(3).bound("n1"), pod("waits").cpu(4));
  const auto changes = changes_for(world, id_of("waits"));
  REQUIRE(told(changes) == std::vector<std::string>{"+3 cpu for quota a in pool p"});
  CHECK(starts_with(world, id_of("waits"), changes[0]));
}

TEST_CASE("X1: those who wait before it take their part of the change first") {
  World world = small_world();
  world.add_all(pod("runs").cpu(4).bound("n1"), pod("first").cpu(1).created(1),
                pod("second").cpu(1).created(2));
  CHECK(told(changes_for(world, id_of("first"))) ==
        std::vector<std::string>{"+1 cpu for quota a in pool p"});
  CHECK(told(changes_for(world, id_of("second"))) ==
        std::vector<std::string>{"+2 cpu for quota a in pool p"});
}

TEST_CASE("X1: who may pass earlier work that needs more is told only what it needs itself") {
  World world = small_world();
  world.add_all(pod("runs").cpu(4).bound("n1"), pod("first").cpu(2).created(1),
                pod("second").cpu(1).created(2));
  CHECK(told(changes_for(world, id_of("second"))) ==
        std::vector<std::string>{"+1 cpu for quota a in pool p"});
}

TEST_CASE("X1: where quota and nodes are short it takes both") {
  World world = small_world();
  world.add_all(pod("stranger").unmanaged().cpu(6).bound("n1"),
                pod("other").unmanaged().cpu(6).bound("n2"), pod("waits").cpu(5));
  const auto changes = changes_for(world, id_of("waits"));
  REQUIRE(told(changes) ==
          std::vector<std::string>{"+1 cpu for quota a in pool p and +1 node like n1"});
  CHECK(starts_with(world, id_of("waits"), changes[0]));
}

TEST_CASE("X1: a gang that lacks nodes is told how many, and of which kind") {
  World world;
  world.add_all(node("big", 32), node("n1", 8), pool("p"),
                quota("a").of("team-a").pool("p").cpu(99),
                pod("stranger").unmanaged().cpu(30).bound("big"));
  for (int i = 0; i < 4; ++i)
    world.add(pod("g" + std::to_string(i)).cpu(6).gang("g", 4));
  CHECK(told(changes_for(world, WorkloadId{"team-a/g"})) ==
        std::vector<std::string>{"+3 nodes like n1"});
}

TEST_CASE("X1: a constraint that alone stands in the way is named") {
  World world = small_world();
  world.add(pod("waits").cpu(1).selects("zone", "moon"));
  CHECK(told(changes_for(world, id_of("waits"))) ==
        std::vector<std::string>{"without node selector zone"});

  World tainted = small_world();
  for (const char* name : {"n1", "n2"}) {
    NodeView view = node(name, 8);
    view.taints.push_back({"dedicated", "ml"});
    tainted.add(view);
  }
  tainted.add(pod("waits").cpu(1));
  CHECK(told(changes_for(tainted, id_of("waits"))) ==
        std::vector<std::string>{"tolerating taint dedicated"});
}

TEST_CASE("X1: what the pool itself lacks is told as capacity of the pool") {
  World world;
  PoolSpec spec = pool("p");
  spec.virtual_capacity = {{"pool.berth.dev/licences", 5}};
  world.add_all(node("n1", 8), spec, quota("a").of("team-a").pool("p").cpu(8),
                pod("runs").cpu(1).asks("pool.berth.dev/licences", 4).bound("n1"),
                pod("waits").cpu(1).asks("pool.berth.dev/licences", 3));
  CHECK(told(changes_for(world, id_of("waits"))) ==
        std::vector<std::string>{"+2 pool.berth.dev/licences in pool p"});
}

TEST_CASE("X1: if a higher priority would make room, it is told who would go") {
  World world = small_world();
  world.policy.preemption.enabled = true;
  PodView runs = pod("runs").cpu(4).priority(10).bound("n1");
  runs.started = kNow - 1h;
  world.add_all(runs, pod("waits").cpu(4).priority(5));
  const auto changes = changes_for(world, id_of("waits"));
  REQUIRE(told(changes) == std::vector<std::string>{"+4 cpu for quota a in pool p", "priority 11"});
  CHECK(changes[1].victims == std::vector<WorkloadId>{id_of("runs")});
}

TEST_CASE("X1: what no room would help is told no change") {
  World world = small_world();
  world.add_all(quota("b").of("team-b").pool("p").cpu(4).stopped(),
                pod("stopped").in("team-b").cpu(1), pod("member").cpu(1).gang("g", 2));
  CHECK(changes_for(world, id_of("stopped")).empty());
  CHECK(changes_for(world, WorkloadId{"team-a/g"}).empty());
  CHECK(changes_for(world, WorkloadId{"nobody"}).empty());
}

TEST_CASE("A what-if leaves the snapshot that it is made from as it is") {
  World world = small_world();
  world.add(pod("waits").cpu(6).selects("zone", "moon"));
  const auto snapshot = world.snapshot();
  const Change change{
      {RaiseNominal{QuotaName{"a"}, PoolName{"p"}, ResourceName::cpu(), Amount{2000}},
       AddNodes{NodeName{"n1"}, 2}, DropConstraint{DropConstraint::Kind::NodeSelector, "zone"}},
      {}};
  const auto changed = with_change(*snapshot, id_of("waits"), change);
  REQUIRE(changed);
  CHECK(changed->nodes->size() == 4);
  CHECK(fate_of(decide(*changed, world.policy, world.now, 1), id_of("waits"))->starts);
  CHECK(snapshot->nodes->size() == 2);
  CHECK_FALSE(fate_of(decide(*snapshot, world.policy, world.now, 1), id_of("waits"))->starts);
}

TEST_CASE("A what-if about what is not there says what is missing") {
  World world = small_world();
  world.add(pod("waits").cpu(6));
  const auto error_of = [&](Step step) {
    const auto changed =
        with_change(*world.snapshot(), id_of("waits"), Change{{std::move(step)}, {}});
    REQUIRE_FALSE(changed);
    CHECK(changed.error().code == Code::NotFound);
    return changed.error().message;
  };
  const auto cpu = ResourceName::cpu();
  CHECK(error_of(RaiseNominal{QuotaName{"x"}, PoolName{"p"}, cpu, Amount{1}}) ==
        "Quota x does not exist");
  CHECK(error_of(RaiseNominal{QuotaName{"a"}, PoolName{"x"}, cpu, Amount{1}}) ==
        "Quota a does not name pool x");
  const ResourceName licences{"pool.berth.dev/licences"};
  CHECK(error_of(RaiseCapacity{PoolName{"x"}, licences, Amount{1}}) ==
        "ResourcePool x does not exist");
  CHECK(error_of(DropConstraint{DropConstraint::Kind::Taint, "nonsense"}) ==
        "tolerating taint nonsense: no node has it");
  CHECK(error_of(AddNodes{NodeName{"x"}, 1}) == "Node x does not exist");
  CHECK(error_of(DropConstraint{DropConstraint::Kind::NodeAffinity, {}}) ==
        "without node affinity: no pod of the workload has it");
}

TEST_CASE("A step is read back from its sentence") {
  const std::vector<Step> steps{
      RaiseNominal{QuotaName{"a"}, PoolName{"p"}, ResourceName::cpu(), Amount{1500}},
      RaiseCapacity{PoolName{"p"}, ResourceName{"pool.berth.dev/licences"}, Amount{3}},
      AddNodes{NodeName{"n1"}, 1},
      AddNodes{NodeName{"n1"}, 12},
      DropConstraint{DropConstraint::Kind::NodeSelector, "zone"},
      DropConstraint{DropConstraint::Kind::NodeAffinity, {}},
      DropConstraint{DropConstraint::Kind::DeviceModel, {}},
      DropConstraint{DropConstraint::Kind::Taint, "dedicated"},
      SetPriority{-5}};
  for (const Step& step : steps) {
    const auto read = parse_step(to_string(step));
    INFO(to_string(step));
    REQUIRE(read);
    CHECK(*read == step);
  }
}

TEST_CASE("A sentence that says no step is refused with the forms that there are") {
  for (const char* sentence :
       {"", "more", "+0 cpu in pool p", "-1 cpu in pool p", "+x cpu in pool p", "+1 cpu in pool",
        "+1 cpu for quota a", "+0 nodes like n1", "+1 nodes", "without", "without node", "priority",
        "priority x", "priority 99999999999", "+1 cpu in pool p and more"}) {
    const auto read = parse_step(sentence);
    INFO(sentence);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("must be one of") != std::string::npos);
  }
  CHECK_FALSE(parse_step(std::string(5000, 'x')));
}
