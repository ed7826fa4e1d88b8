// Units of AllocationRequests among pods: what they hold of a pool or of nodes, and of no node.

#include <catch2/catch.hpp>

#include "tests/support/allocation/carry_out.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr const char* kLicences = "pool.berth.dev/licences";

/// One unit, asking for licences alone.
PodView unit(const std::string& name, std::int64_t licences, const std::string& team = "team-a") {
  PodView view;
  view.uid = PodUid{"request/" + name + "/0"};
  view.namespace_name = team;
  view.name = name;
  view.shape = ShapePtr{PodShape{{{kLicences, licences}}, {}}};
  view.gang = GangMembership{"AllocationRequest:" + name, 1};
  view.created = kNow - 1h;
  view.managed = view.gated = view.is_request = true;
  return view;
}

/// `count` units, of which `least` have to start.
std::vector<PodView> units_of_gang(const std::string& name, int count, std::int64_t licences,
                                   int least) {
  std::vector<PodView> units(static_cast<std::size_t>(count), unit(name, licences));
  for (std::size_t i = 0; i < units.size(); ++i) {
    units[i].uid = PodUid{"request/" + name + "/" + std::to_string(i)};
    units[i].gang->size = count;
    units[i].gang->size_min = least;
  }
  return units;
}

void add_units(World& world, const std::string& name, int count, std::int64_t licences, int least) {
  for (const PodView& one : units_of_gang(name, count, licences, least))
    world.add(one);
}

/// Ten licences and no node.
PoolSpec licence_pool(const std::string& name) {
  PoolSpec spec = pool(name);
  spec.virtual_capacity = {{kLicences, 10}};
  return spec;
}

World licence_world() {
  World world;
  world.add_all(licence_pool("p"), quota("a").of("team-a").pool("p").nominal(kLicences, 6),
                quota("b").of("team-b").pool("p").nominal(kLicences, 8));
  return world;
}

/// Team c has `nominal` in the pool of the others, and five in a spare one.
World world_with_spare_licences(std::int64_t nominal) {
  World world = licence_world();
  world.add_all(licence_pool("spare"), quota("c")
                                           .of("team-c")
                                           .pool("p")
                                           .nominal(kLicences, nominal)
                                           .pool("spare")
                                           .nominal(kLicences, 5));
  return world;
}

} // namespace

TEST_CASE("L1, L2: a request holds of its pool without any node, and of its quota") {
  World world = licence_world();
  world.add(unit("first", 6));
  const Plan plan = world.step();
  REQUIRE(plan.admissions.size() == 1);
  const AdmissionRecord& record = plan.admissions[0].members[0].record;
  CHECK(record.pool == PoolName{"p"});
  CHECK(record.planned_nodes.empty());
  const auto snapshot = world.snapshot();
  CHECK(snapshot->pool_use.at(PoolName{"p"}).get(ResourceName{kLicences}) == Amount{6});
  CHECK(snapshot->homeless.empty());
  CHECK(snapshot->expected.empty());

  world.add_all(unit("more", 1), unit("other", 5, "team-b"));
  const Plan next = world.plan();
  CHECK(next.admissions.empty());
  CHECK(why_waiting(next, "more")->reason == Reason::InsufficientQuota);
  const Explanation* other = why_waiting(next, "other");
  CHECK(other->reason == Reason::InsufficientCapacity);
  CHECK(other->message == "needs 5 pool.berth.dev/licences; pool p has 4 left");
}

TEST_CASE("G1: all units of a request get what they ask for, or none does") {
  World world = licence_world();
  for (int i = 0; i < 3; ++i) {
    PodView one = unit("three", 2);
    one.uid = PodUid{"request/three/" + std::to_string(i)};
    one.gang->size = 3;
    world.add(one);
  }
  CHECK(world.step().admissions[0].members.size() == 3);
}

TEST_CASE("G3: a request with a least number gets as many units as there is room for") {
  World world = licence_world(); // quota a has six licences
  const int least = GENERATE(1, 2, 3, 4);
  add_units(world, "elastic", 5, 2, least);
  const Plan plan = world.step();
  if (least > 3) {
    CHECK(plan.admissions.empty());
    CHECK(why_waiting(plan, "elastic")->message.find("needs 8 ") == 0); // what it cannot do without
    return;
  }
  REQUIRE(plan.admissions.size() == 1);
  REQUIRE(plan.admissions[0].members.size() == 3);
  CHECK(plan.admissions[0].members[0].record.members == 3);
  // The two others ask for nothing, and nobody finishes them.
  world.add(quota("a").of("team-a").pool("p").nominal(kLicences, 10));
  const Plan next = world.plan();
  CHECK(next.admissions.empty());
  CHECK(next.waiting.empty());
}

TEST_CASE("G3: the least number decides when a request starts, and what would start it now") {
  World world = licence_world();
  PodView holder = unit("holder", 6);
  holder.admission = record("a", "p");
  holder.started = kNow;
  holder.duration_limit = 10min;
  holder.gated = false;
  world.add(holder);
  add_units(world, "elastic", 5, 2, 3); // all of them would never fit
  const Plan plan = world.plan();
  REQUIRE(plan.waiting.size() == 1);
  CHECK(plan.waiting[0].planned_start == kNow + 10min);
}

TEST_CASE("G3: on nodes, too, as many units start as find room") {
  World world;
  world.add_all(node("n1", 8), node("n2", 5), pool("p"), quota("a").of("team-a").pool("p").cpu(99));
  for (PodView& one : units_of_gang("cores", 9, 1, 2)) {
    one.shape = ShapePtr{PodShape{{{"cpu", 3000}}, {}}};
    world.add(one);
  }
  const Plan plan = world.plan();
  REQUIRE(plan.admissions.size() == 1);
  CHECK(plan.admissions[0].members.size() == 3); // two and one
}

TEST_CASE("N2: a preferred node is taken first where it has room, and no other is refused") {
  World world;
  world.add_all(node("n1", 8), node("n2", 8), node("n3", 8), pool("p"),
                quota("a").of("team-a").pool("p").cpu(99));
  PodShape shape{{{"cpu", 6000}}, {}};
  shape.constraints.preferred_nodes = {NodeName{"n3"}};
  std::vector<std::string> nodes;
  for (const char* name : {"first", "second"}) {
    PodView one = unit(name, 0);
    one.shape = ShapePtr{shape};
    world.add(one);
    const Plan plan = world.step();
    REQUIRE(plan.admissions.size() == 1);
    nodes.push_back(plan.admissions[0].members[0].record.planned_nodes.front().str());
  }
  CHECK(nodes == std::vector<std::string>{"n3", "n1"});
}

TEST_CASE("L5: what a request held is free once it has ended") {
  World world = licence_world();
  PodView first = unit("first", 6);
  world.add(first);
  const Plan plan = world.step();
  first.admission = plan.admissions[0].members[0].record;
  first.terminal = true;
  world.add_all(first, unit("second", 6));
  CHECK(admitted_names(world.plan()) == std::vector<std::string>{"second"});
}

TEST_CASE("B1, B2: who waits for a request's end has a planned start") {
  World world = licence_world();
  PodView first = unit("first", 6);
  first.admission = record("a", "p");
  first.started = kNow;
  first.duration_limit = 10min;
  first.gated = false;
  world.add_all(first, unit("second", 6));
  const Plan plan = world.plan();
  REQUIRE(plan.waiting.size() == 1);
  CHECK(plan.waiting[0].planned_start == kNow + 10min);
}

TEST_CASE("A request goes to the pools that it names, in its order, if its quota has them") {
  World world = world_with_spare_licences(5);
  PodView choosy = unit("choosy", 1, "team-c");
  choosy.pools = {PoolName{"spare"}, PoolName{"p"}};
  PodView lost = unit("lost", 1, "team-c");
  lost.pools = {PoolName{"elsewhere"}};
  world.add_all(choosy, lost);
  const Plan plan = world.plan();
  REQUIRE(plan.admissions.size() == 1);
  CHECK(plan.admissions[0].members[0].record.pool == PoolName{"spare"});
  CHECK(why_waiting(plan, "lost")->message == "Quota c names none of the pools that are asked for");
}

TEST_CASE("F5: requests for different pools are not taken for alike") {
  World world = world_with_spare_licences(20);
  PodView full = unit("full", 4, "team-c");
  full.pools = {PoolName{"p"}};
  PodView free = unit("free", 4, "team-c");
  free.pools = {PoolName{"spare"}};
  free.created = kNow;
  PodView holder = unit("holder", 8, "team-b");
  holder.admission = record("b", "p");
  holder.gated = false;
  world.add_all(holder, full, free);
  CHECK(admitted_names(world.plan()) == std::vector<std::string>{"free"});
}

TEST_CASE("L2: what a request holds of a node is held from pods, who cannot see it there") {
  World world;
  world.add_all(node("n1", 8), node("n2", 8), pool("p"), quota("a").of("team-a").pool("p").cpu(16));
  PodView request = unit("cores", 0);
  request.shape = ShapePtr{PodShape{{{"cpu", 6000}}, {}}};
  world.add(request);
  const Plan plan = world.step();
  const std::string node = plan.admissions[0].members[0].record.planned_nodes.front().str();
  CHECK(world.snapshot()->expected.size() == 1); // as of a pod that is on its way
  world.add(pod("big").cpu(8));
  const Plan next = world.step();
  REQUIRE(next.admissions.size() == 1);
  CHECK(next.admissions[0].members[0].record.planned_nodes.front().str() != node);

  SECTION("and it moves to another node when that one is lost") {
    world.state.remove_pod(PodUid{"uid-big"});
    world.state.remove_node(NodeName{node});
    request.admission = plan.admissions[0].members[0].record;
    request.admission->planned_nodes.resize(1); // the one that it holds, as its status says
    world.add(request);
    const Plan moved = world.step();
    REQUIRE(moved.replannings.size() == 1);
    CHECK(moved.replannings[0].record.planned_nodes.front().str() != node);
  }
}

TEST_CASE(
    "P2: a request that may be taken back is a victim like any other, and takes like any other") {
  World world = licence_world();
  world.policy.preemption.enabled = true;
  world.policy.preemption.min_runtime = 0s;
  world.add_all(quota("root").pool("p").nominal(kLicences, 0),
                quota("a").under("root").of("team-a").pool("p").nominal(kLicences, 4),
                quota("b").under("root").of("team-b").pool("p").nominal(kLicences, 6),
                node("n1", 8));
  const auto running = [](const std::string& name, std::int64_t licences, TimePoint since) {
    PodView held = unit(name, licences);
    held.admission = record("a", "p");
    held.started = since;
    held.gated = false;
    return held;
  };
  world.add_all(running("own", 4, kNow - 2h), running("borrowed", 4, kNow - 1h),
                pod("entitled").in("team-b").cpu(1).asks(kLicences, 5));
  const Plan plan = world.plan();
  REQUIRE(plan.preemption.nominations.size() == 1);
  const auto& nomination = plan.preemption.nominations[0].members[0].record;
  CHECK(nomination.victims == std::vector{PodUid{"request/borrowed/0"}});

  world.state.remove_pod(PodUid{"uid-entitled"});
  world.add(unit("asks", 5, "team-b"));
  world.policy.preemption.notice = 0s;
  play(world); // the promise is written
  play(world);
  CHECK(known_pod(world, PodUid{"request/asks/0"}).nomination->node.empty());
  CHECK(known_pod(world, PodUid{"request/borrowed/0"}).terminating);
  CHECK_FALSE(known_pod(world, PodUid{"request/own/0"}).terminating);
  remove_terminating(world);
  CHECK(admitted_names(world.plan()) == std::vector<std::string>{"asks"});
}

TEST_CASE("P1, P2: room is made for the least that a request can do with, and for no more") {
  World world = licence_world();
  world.policy.preemption.enabled = true;
  world.policy.preemption.min_runtime = 0s;
  world.policy.preemption.notice = 0s;
  world.add_all(quota("root").pool("p").nominal(kLicences, 0),
                quota("a").under("root").of("team-a").pool("p").nominal(kLicences, 4),
                quota("b").under("root").of("team-b").pool("p").nominal(kLicences, 6));
  for (int i = 0; i < 10; ++i) {
    PodView held = unit("held" + std::to_string(i), 1);
    held.admission = record("a", "p");
    held.started = kNow - 1h;
    held.gated = false;
    world.add(held);
  }
  for (PodView view : units_of_gang("asks", 8, 1, 2)) { // eight are more than b's own
    view.namespace_name = "team-b";
    world.add(view);
  }
  const Plan plan = play(world);
  REQUIRE(plan.preemption.nominations.size() == 1);
  CHECK(plan.preemption.nominations[0].members.size() == 2);
  play(world);
  CHECK(remove_terminating(world).size() == 2);
  const Plan after = play(world);
  REQUIRE(after.admissions.size() == 1);
  CHECK(after.admissions[0].members.size() == 2);
}

TEST_CASE(
    "P1: nobody is evicted for a request that may only use its quota's own and would borrow") {
  World world = licence_world();
  world.policy.preemption.enabled = true;
  world.policy.preemption.min_runtime = 0s;
  world.add_all(quota("root").pool("p").nominal(kLicences, 0),
                quota("a").under("root").of("team-a").pool("p").nominal(kLicences, 4),
                quota("b").under("root").of("team-b").pool("p").nominal(kLicences, 2));
  for (int i = 0; i < 3; ++i) {
    PodView held = unit("held" + std::to_string(i), 2);
    held.admission = record("a", "p");
    held.started = kNow - 1h;
    held.gated = false;
    held.preemptible = i == 0; // two of its own must stay
    world.add(held);
  }
  PodView firm = unit("firm", 2);
  firm.preemptible = false;
  firm.priority = 10;
  world.add(firm);
  CHECK(world.plan().preemption.nominations.empty());
  firm.preemptible = true;
  world.add(firm);
  CHECK(world.plan().preemption.nominations.size() == 1);
}

TEST_CASE("P2: a request that must not be taken back borrows nothing") {
  World world = licence_world();
  world.add_all(quota("root").pool("p").nominal(kLicences, 0),
                quota("a").under("root").of("team-a").pool("p").nominal(kLicences, 4),
                quota("b").under("root").of("team-b").pool("p").nominal(kLicences, 6));
  PodView firm = unit("firm", 5);
  firm.preemptible = false;
  world.add(firm);
  CHECK(why_waiting(world.plan(), "firm")->message ==
        "is not preemptible, so it may use only what is quota a's own in pool p");
  firm.preemptible = true;
  world.add(firm);
  CHECK(admitted_names(world.plan()) == std::vector<std::string>{"firm"});
}
