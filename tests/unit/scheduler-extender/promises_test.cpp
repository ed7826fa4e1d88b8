// What the filter keeps from pods that Berth does not manage.
#include <catch2/catch.hpp>

#include "tests/unit/scheduler-extender/requests.hpp"

using namespace berth;
using namespace berth::extender;
using namespace berth::extender::testing;

namespace {

using Names_ = std::vector<std::string>;

/// Pool "p": n1 and n2 with 8 cores each. Node x1 is in no pool.
struct PromiseWorld : World {
  PromiseWorld() {
    add_all(pool("p"), node("n1", 8), node("n2", 8));
    auto outside = node("x1", 8);
    outside.labels = {};
    add(outside);
    state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
    state.upsert_namespace({"web", {}});
  }
};

allocation::testing::PodBuilder stranger(const std::string& name = "w") {
  return pod(name).in("web").unmanaged();
}

} // namespace

TEST_CASE("an unmanaged pod gets all names back, untouched and in order, even unknown ones") {
  PromiseWorld world;
  world.add(stranger("full").cpu(8).bound("n1")); // the scheduler has looked at that already
  const Asked asked(wire_pod(stranger().cpu(4)), {"x1", "n2", "unheard-of", "n1"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{"x1", "n2", "unheard-of", "n1"});
  CHECK(result.refused.empty());
}

TEST_CASE("P3: an unmanaged pod keeps off the place of an admitted pod that is not bound yet") {
  PromiseWorld world;
  world.add(pod("a").cpu(6).admitted(record("team-a", "p", {"n1"})));
  const auto snapshot = world.snapshot();
  const Asked large(wire_pod(stranger().cpu(4)), {"n1", "n2", "x1"});
  CHECK(passed(large, run_filter(large, snapshot.get())) == Names_{"n2", "x1"});
  CHECK(refused(large, run_filter(large, snapshot.get())) == Names_{"n1: NodeReserved"});
  const Asked small(wire_pod(stranger().cpu(2)), {"n1", "n2", "x1"});
  CHECK(passed(small, run_filter(small, snapshot.get())).size() == 3);
}

TEST_CASE("once the admitted pod is bound its node is the scheduler's business again") {
  PromiseWorld world;
  world.add(pod("a").cpu(6).admitted(record("team-a", "p", {"n1"})).bound("n2"));
  const Asked asked(wire_pod(stranger().cpu(4)), {"n1", "n2"});
  CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"n1", "n2"});
}

TEST_CASE("R4: an unmanaged pod keeps off what an open reservation holds") {
  PromiseWorld world;
  world.add(reservation("r", 14));
  const Asked asked(wire_pod(stranger().cpu(3)), {"n1", "n2", "x1"});
  CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"x1"});
}

TEST_CASE(
    "an unmanaged pod that would not fit without the promises either is left to the scheduler") {
  // The snapshot is older than what the scheduler knows: it may not refuse on stale counts.
  PromiseWorld world;
  world.add_all(stranger("old").cpu(6).bound("n1"),
                pod("a").cpu(1).admitted(record("team-a", "p", {"n1"})));
  const Asked asked(wire_pod(stranger().cpu(4)), {"n1"});
  CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"n1"});
}

TEST_CASE("a nominated pod's place counts against equal and lower priority only") {
  PromiseWorld world;
  PodView nominated = stranger("nominated").cpu(6).priority(100);
  nominated.nominated_node = NodeName{"n1"};
  world.add(nominated);
  const auto row = GENERATE(values<std::pair<int, bool>>({{99, false}, {100, false}, {101, true}}));
  const Asked asked(wire_pod(stranger().cpu(4).priority(row.first)), {"n1"});
  CHECK(run_filter(asked, world.snapshot().get()).passed.empty() != row.second);
}

TEST_CASE("a nominated pod does not stand in its own way") {
  PromiseWorld world;
  PodView nominated = stranger("nominated").cpu(6).priority(100);
  nominated.nominated_node = NodeName{"n1"};
  world.add(nominated);
  const Asked asked(wire_pod(nominated), {"n1"});
  CHECK(run_filter(asked, world.snapshot().get()).passed.size() == 1);
}

TEST_CASE(
    "the nodes of a dedicated pool are kept from unmanaged pods, and preemption cannot help") {
  PromiseWorld world;
  auto dedicated = pool("p");
  dedicated.is_dedicated = true;
  world.add(dedicated);
  const Asked asked(wire_pod(stranger()), {"n1", "x1"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{"x1"});
  CHECK(refused(asked, result) == Names_{"!n1: NodeNotInPool"});
}

TEST_CASE(
    "a dedicated node takes the pods of its DaemonSets and those that keep the cluster alive") {
  PromiseWorld world;
  auto dedicated = pool("p");
  dedicated.is_dedicated = true;
  world.add(dedicated);
  const auto snapshot = world.snapshot();
  const Asked daemon(daemon_pod(stranger("d"), "n1"), {"n1"});
  CHECK(run_filter(daemon, snapshot.get()).passed.size() == 1);
  const Asked critical(wire_pod(stranger("c").priority(2'000'000'000)), {"n1"});
  CHECK(run_filter(critical, snapshot.get()).passed.size() == 1);
  const Asked nearly(wire_pod(stranger("n").priority(1'999'999'999)), {"n1"});
  CHECK(run_filter(nearly, snapshot.get()).passed.empty());
}

TEST_CASE("no promise stands above a pod that keeps the cluster alive") {
  PromiseWorld world;
  world.add_all(reservation("r", 16), pod("a").cpu(1).admitted(record("team-a", "p", {"n1"})));
  const Asked asked(wire_pod(stranger("c").cpu(4).priority(2'000'001'000)), {"n1", "n2"});
  CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"n1", "n2"});
}

TEST_CASE("promises are those of the snapshot that is asked, whatever was remembered of another") {
  VerbScratch scratch;
  PromiseWorld world;
  const Asked asked(wire_pod(stranger().cpu(4)), {"n1", "n2", "x1"});
  const auto passes = [&](const allocation::ClusterSnapshot& snapshot) {
    return passed(asked, filter(asked.request, &snapshot, {}, scratch));
  };
  const auto empty = world.snapshot();
  CHECK(passes(*empty).size() == 3);
  world.add(pod("a").cpu(6).admitted(record("team-a", "p", {"n1"})));
  const auto promised = world.snapshot();
  CHECK(passes(*promised) == Names_{"n2", "x1"});
  world.add(pod("a").cpu(6).admitted(record("team-a", "p", {"n2"})));
  CHECK(passes(*world.snapshot()) == Names_{"n1", "x1"});
  world.add(reservation("r", 16));
  CHECK(passes(*world.snapshot()) == Names_{"x1"});
  world.state.remove_reservation(ReservationName{"r"});
  world.add(pod("a").cpu(6).admitted(record("team-a", "p", {"n2"})).bound("n2"));
  auto dedicated = pool("p");
  dedicated.is_dedicated = true;
  CHECK(passes(*world.snapshot()) == Names_{"n1", "n2", "x1"});
  world.add(dedicated);
  CHECK(passes(*world.snapshot()) == Names_{"x1"});
  CHECK(passes(*empty).size() == 3);
  CHECK(passes(*promised) == Names_{"n2", "x1"});
}

TEST_CASE("each of several promises on a node counts, those of lower priority apart") {
  PromiseWorld world;
  PodView nominated = stranger("nominated").cpu(3).priority(100);
  nominated.nominated_node = NodeName{"n1"};
  world.add_all(nominated, pod("a").cpu(3).admitted(record("team-a", "p", {"n1"})));
  const auto refuses = [&](std::int64_t cores, int priority) {
    const Asked asked(wire_pod(stranger().cpu(cores).priority(priority)), {"n1"});
    return run_filter(asked, world.snapshot().get()).passed.empty();
  };
  CHECK_FALSE(refuses(2, 0));
  CHECK(refuses(3, 0));
  CHECK_FALSE(refuses(5, 101));
  CHECK(refuses(6, 101));
}
