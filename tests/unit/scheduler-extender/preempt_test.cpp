#include <catch2/catch.hpp>

#include "scheduler-extender/preempt.hpp"
#include "tests/unit/scheduler-extender/requests.hpp"

using namespace berth;
using namespace berth::extender;
using namespace berth::extender::testing;

namespace {

using Names_ = std::vector<std::string>;

/// Pool "p": n1 and n2 with 8 cores each. Node x1 is in no pool.
struct PreemptWorld : World {
  PreemptWorld() {
    add_all(pool("p"), node("n1", 8), node("n2", 8));
    auto outside = node("x1", 8);
    outside.labels = {};
    add(outside);
    state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
    state.upsert_namespace({"web", {}});
  }
};

allocation::testing::PodBuilder stranger(const std::string& name) {
  return pod(name).in("web").unmanaged();
}

/// What is left of `nodes`, for this preemptor.
std::vector<NodeVictims> judged(std::shared_ptr<const cluster::Pod> preemptor,
                                const std::vector<NodeVictims>& nodes,
                                const allocation::ClusterSnapshot* snapshot) {
  PreemptRequest request;
  request.pod = std::move(preemptor);
  request.nodes = nodes;
  return preempt(request, snapshot).nodes;
}

Names_ names_of(const std::vector<NodeVictims>& nodes) {
  Names_ names;
  for (const NodeVictims& node : nodes)
    names.emplace_back(node.node);
  return names;
}

} // namespace

TEST_CASE("between unmanaged pods a preemption passes as it came, PDB violations included") {
  PreemptWorld world;
  world.add_all(stranger("v1").cpu(4).bound("n1"), stranger("v2").cpu(4).bound("n1"),
                stranger("v3").cpu(8).bound("x1"));
  const std::vector<NodeVictims> nodes{{"n1", {"uid-v1", "uid-v2"}, 1}, {"x1", {"uid-v3"}, 0}};
  CHECK(judged(wire_pod(stranger("w").cpu(8).priority(10)), nodes, world.snapshot().get()) ==
        nodes);
}

TEST_CASE("a node is left out where a victim stands on capacity that a reservation promised it") {
  PreemptWorld world;
  auto inside = record("team-a", "p");
  inside.reservation = ReservationName{"r"};
  world.add_all(pod("v1").cpu(4).admitted(inside).bound("n1"), stranger("v2").cpu(4).bound("n1"),
                pod("v3").cpu(8).admitted(record("team-a", "p")).bound("n2"));
  const std::vector<NodeVictims> nodes{{"n1", {"uid-v2", "uid-v1"}, 0}, {"n2", {"uid-v3"}, 0}};
  const auto left =
      judged(wire_pod(stranger("w").cpu(4).priority(10)), nodes, world.snapshot().get());
  CHECK(names_of(left) == Names_{"n2"});
}

TEST_CASE("a managed pod without an admission preempts nobody") {
  PreemptWorld world;
  world.add(stranger("v").cpu(8).bound("n1"));
  CHECK(judged(wire_pod(pod("a").unmanaged()), {{"n1", {"uid-v"}, 0}}, world.snapshot().get())
            .empty());
}

TEST_CASE("an admitted pod may take back room from unmanaged pods, never from managed ones") {
  PreemptWorld world;
  const PodView preemptor = pod("a").cpu(6).admitted(record("team-a", "p", {"n1"}));
  world.add_all(preemptor, stranger("v1").cpu(8).bound("n1"),
                pod("v2").cpu(8).admitted(record("team-b", "p")).bound("n2"));
  const auto left = judged(wire_pod(preemptor), {{"n1", {"uid-v1"}, 0}, {"n2", {"uid-v2"}, 0}},
                           world.snapshot().get());
  CHECK(names_of(left) == Names_{"n1"});
}

TEST_CASE("F12: a victim that this replica has not seen stops managed preemptors only") {
  PreemptWorld world;
  const PodView admitted = pod("a").cpu(1).admitted(record("team-a", "p", {"n1"}));
  world.add(admitted);
  const std::vector<NodeVictims> nodes{{"n1", {"uid-new"}, 0}};
  CHECK(judged(wire_pod(admitted), nodes, world.snapshot().get()).empty());
  CHECK(judged(wire_pod(stranger("w").cpu(1)), nodes, world.snapshot().get()) == nodes);
}

TEST_CASE(
    "a node that the filter would refuse anyway is left out: its victims would die for nothing") {
  PreemptWorld world;
  const PodView admitted = pod("a").cpu(6).admitted(record("team-a", "p", {"n1"}));
  // n2: even without the victim too little is left beside the managed pod. x1: another pool.
  world.add_all(admitted, stranger("v1").cpu(8).bound("n1"), stranger("v2").cpu(2).bound("n2"),
                pod("m").cpu(4).admitted(record("team-b", "p")).bound("n2"),
                stranger("v3").cpu(8).bound("x1"));
  const auto left = judged(wire_pod(admitted),
                           {{"n1", {"uid-v1"}, 0}, {"n2", {"uid-v2"}, 0}, {"x1", {"uid-v3"}, 0}},
                           world.snapshot().get());
  CHECK(names_of(left) == Names_{"n1"});
}

TEST_CASE("an unmanaged preemptor is not sent where promises would keep it out afterwards") {
  PreemptWorld world;
  world.add_all(stranger("v1").cpu(2).bound("n1"), stranger("v2").cpu(6).bound("n2"),
                pod("a").cpu(6).admitted(record("team-a", "p", {"n1"})));
  const auto left = judged(wire_pod(stranger("w").cpu(4).priority(10)),
                           {{"n1", {"uid-v1"}, 0}, {"n2", {"uid-v2"}, 0}}, world.snapshot().get());
  CHECK(names_of(left) == Names_{"n2"});
}

TEST_CASE("a pod that keeps the cluster alive is not vetoed") {
  PreemptWorld world;
  auto inside = record("team-a", "p");
  inside.reservation = ReservationName{"r"};
  world.add(pod("v").cpu(8).admitted(inside).bound("n1"));
  const std::vector<NodeVictims> nodes{{"n1", {"uid-v"}, 2}};
  CHECK(judged(wire_pod(stranger("w").priority(2'000'000'000)), nodes, world.snapshot().get()) ==
        nodes);
}

TEST_CASE("while the caches are cold unmanaged preemptions pass and managed ones do not") {
  const std::vector<NodeVictims> nodes{{"n1", {"uid-v"}, 0}};
  CHECK(judged(wire_pod(stranger("w")), nodes, nullptr) == nodes);
  CHECK(judged(wire_pod(pod("a").admitted(record("team-a", "p"))), nodes, nullptr).empty());
}

TEST_CASE("a node without victims, which would fail the whole call, is never returned") {
  PreemptWorld world;
  const std::vector<NodeVictims> nodes{{"n1", {}, 0}, {"n2", {"uid-v"}, 0}};
  CHECK(names_of(judged(wire_pod(stranger("w")), nodes, nullptr)) == Names_{"n2"});
}
