#include <catch2/catch.hpp>

#include "tests/unit/scheduler-extender/requests.hpp"

using namespace berth;
using namespace berth::extender;
using namespace berth::extender::testing;

namespace {

using Names_ = std::vector<std::string>;

/// Pool "p": n1 and n2 with 8 cores each, n3 with 4. Node x1 is in no pool.
struct FilterWorld : World {
  FilterWorld() {
    add_all(pool("p"), node("n1", 8), node("n2", 8), node("n3", 4),
            quota("team-a").of("team-a").pool("p").cpu(100));
    auto outside = node("x1", 8);
    outside.labels = {};
    add(outside);
    state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
    state.upsert_namespace({"web", {}});
  }

  /// Admitted to pool "p" with these planned nodes, and known to the snapshot.
  std::shared_ptr<cluster::Pod> admit(allocation::testing::PodBuilder builder, Names_ nodes) {
    const PodView view = builder.admitted(record("team-a", "p", std::move(nodes)));
    add(view);
    return wire_pod(view);
  }
};

} // namespace

TEST_CASE("an admitted pod gets its first planned node that is offered, and no other") {
  FilterWorld world;
  const auto planned = GENERATE(values<std::pair<Names_, std::string>>({
      {{"n2", "n1"}, "n2"},
      {{"n9", "n3"}, "n3"}, // n9 is gone
      {{"n2"}, "n2"},
  }));
  const Asked asked(world.admit(pod("a").cpu(2), planned.first), {"n1", "n2", "n3", "x1"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{planned.second});
  CHECK(result.refused.size() == 3);
  for (const Refusal& refusal : result.refused)
    CHECK(refusal.reason == Reason::PreferredElsewhere);
}

TEST_CASE("a planned node that was not offered is never returned") {
  FilterWorld world;
  const Asked asked(world.admit(pod("a").cpu(2), {"n1", "n2"}), {"n3", "n2"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{"n2"});
  CHECK(refused(asked, result) == Names_{"!n3: PreferredElsewhere"});
}

TEST_CASE(
    "an admitted pod with soft constraints gets as many planned nodes as configured, best first") {
  FilterWorld world;
  const auto shown = world.admit(pod("a").cpu(2), {"n3", "n1", "n2"});
  shown->has_soft_constraints = true;
  const Asked asked(shown, {"n1", "n2", "n3", "x1"});
  const auto snapshot = world.snapshot();
  CHECK(passed(asked, run_filter(asked, snapshot.get(), 4)) == Names_{"n3", "n1", "n2"});
  CHECK(passed(asked, run_filter(asked, snapshot.get(), 2)) == Names_{"n3", "n1"});
  CHECK(refused(asked, run_filter(asked, snapshot.get(), 2)) ==
        Names_{"!n2: PreferredElsewhere", "!x1: PreferredElsewhere"});
}

TEST_CASE("a pod for which no node was found gets all that can take it, the planned ones first") {
  FilterWorld world;
  const auto shown = world.admit(pod("a").cpu(5), {"n2"});
  shown->is_unschedulable = true;
  const Asked asked(shown, {"n1", "n2", "n3", "x1"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{"n2", "n1"});
  CHECK(refused(asked, result) == Names_{"!n3: InsufficientNodeResources", "!x1: NodeNotInPool"});
}

TEST_CASE("a planned node without room is passed over, with the reason") {
  FilterWorld world;
  const auto shown = world.admit(pod("a").cpu(2), {"n9", "n1", "n2"});
  world.add(pod("big").in("web").unmanaged().cpu(7).bound("n1"));
  // The charge lies on n1, where the stranger took the room; n2 is next.
  const Asked asked(shown, {"n1", "n2", "n3"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{"n2"});
  CHECK(refused(asked, result) ==
        Names_{"!n3: PreferredElsewhere", "n1: InsufficientNodeResources"});
}

TEST_CASE("P3: a preemptor's planned node passes before the extender has seen its victims go") {
  FilterWorld world;
  world.add(pod("victim").cpu(8).admitted(record("team-a", "p", {"n1"})).bound("n1"));
  PodView preemptor = pod("a").cpu(8);
  allocation::NominationRecord nomination;
  nomination.quota = QuotaName{"team-a"};
  nomination.pool = PoolName{"p"};
  nomination.node = NodeName{"n1"};
  nomination.victims = {PodUid{"uid-victim"}};
  preemptor.nomination = nomination;
  world.add(preemptor);
  const bool victim_is_gone = GENERATE(false, true);
  if (victim_is_gone) // and its room is held
    world.state.remove_pod(PodUid{"uid-victim"});
  const auto shown = wire_pod(pod("a").cpu(8).admitted(record("team-a", "p", {"n1"})));
  const Asked asked(shown, {"n1", "n2", "n3"});
  CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"n1"});

  SECTION("but not a node that cannot take it at all") {
    auto cordoned = node("n1", 8);
    cordoned.unschedulable = true;
    world.add(cordoned);
    CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"n2"});
  }
  SECTION("nor once the admission is known and somebody else has the room") {
    world.add(pod("a").cpu(8).admitted(record("team-a", "p", {"n1"})).build());
    world.add(pod("late").in("web").unmanaged().cpu(8).bound("n1"));
    CHECK(passed(asked, run_filter(asked, world.snapshot().get())) == Names_{"n2"});
  }
}

TEST_CASE("N1: a pod that lost its planned nodes is never offered one that a rule forbids") {
  FilterWorld world;
  allocation::RuleSpec rule;
  rule.name = "not-here";
  rule.match.expression = "pod.labels.tier == 'web'";
  rule.effect.node_requirements = {
      {"kubernetes.io/hostname", allocation::SelectorOperator::NotIn, {"n1", "n3"}}};
  allocation::PolicySpec policy;
  policy.rules = {rule};
  world.add(policy);
  const Asked asked(world.admit(pod("a").cpu(2).label("tier", "web"), {"n1", "n9"}),
                    {"n1", "n3", "n2"});
  const auto snapshot = world.snapshot();
  CHECK(passed(asked, run_filter(asked, snapshot.get())) == Names_{"n2"});
  const Asked nowhere(asked.request.pod, {"n1", "n3"});
  const FilterResult result = run_filter(nowhere, snapshot.get());
  CHECK(result.passed.empty());
  CHECK(refused(nowhere, result) == Names_{"!n1: ForbiddenByRule", "!n3: ForbiddenByRule"});
}

TEST_CASE("where no planned node is usable, the pool's strategy chooses among those offered") {
  FilterWorld world;
  auto spec = pool("p");
  const auto strategy = GENERATE(values<std::pair<allocation::Strategy, std::string>>({
      {allocation::Strategy::BestFit, "n3"},
      {allocation::Strategy::WorstFit, "n1"},
      {allocation::Strategy::FirstFit, "n1"},
  }));
  spec.strategy = strategy.first;
  world.add(spec);
  const Asked asked(world.admit(pod("a").cpu(2), {"n9"}), {"x1", "n3", "n2", "n1"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{strategy.second});
  CHECK(result.refused.size() == 3);
}

TEST_CASE("N3: of thousands of nodes those that cannot take the pod have a reason, and the less "
          "preferred are left out together") {
  FilterWorld world;
  const auto shown = world.admit(pod("a").cpu(2), GENERATE(values<Names_>({{"m7"}, {"n9"}})));
  Names_ names{"x1"}; // of another pool
  for (std::size_t i = 0; i < kLessPreferredToldMax + 3; ++i) {
    names.push_back("m" + std::to_string(i));
    world.add(node(names.back(), 8));
  }
  world.add(pod("big").in("web").unmanaged().cpu(7).bound("m7"));
  const Asked many(shown, names);
  const FilterResult result = run_filter(many, world.snapshot().get());
  CHECK(result.passed.size() == 1);
  const Names_ reasons = refused(many, result);
  CHECK(std::ranges::count(reasons, "m7: InsufficientNodeResources") == 1);
  CHECK(std::ranges::count(reasons, "!x1: NodeNotInPool") == 1);
  CHECK(reasons.size() == 2);

  const auto placed = world.admit(pod("b").cpu(2), {"m3"});
  const FilterResult planned = run_filter(Asked(placed, names), world.snapshot().get());
  CHECK(planned.passed.size() == 1);
  CHECK(planned.refused.empty());

  names.pop_back();
  const Asked fewer(shown, names); // one that passes, two that cannot, the others
  CHECK(run_filter(fewer, world.snapshot().get()).refused.size() == names.size() - 1);
}

TEST_CASE("N1: the chosen nodes are of the record's pool, have room and take the pod") {
  FilterWorld world;
  auto cordoned = node("n4", 8);
  cordoned.unschedulable = true;
  auto tainted = node("n5", 8);
  tainted.taints = {{"dedicated", "gpu"}};
  world.add_all(cordoned, tainted, pod("full").in("web").unmanaged().cpu(8).bound("n2"));
  const Asked asked(world.admit(pod("a").cpu(6).selects("pool", "p"), {"n9"}),
                    {"n1", "n2", "n3", "n4", "n5", "n9", "x1"});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(passed(asked, result) == Names_{"n1"});
  CHECK(refused(asked, result) == Names_{"!n3: InsufficientNodeResources", "!n4: NodeNotReady",
                                         "!n5: NodeTainted", "!n9: NodeUnknown",
                                         "!x1: NodeNotInPool", "n2: InsufficientNodeResources"});
}

TEST_CASE("R4: what an open reservation holds is refused to admitted pods outside of it") {
  FilterWorld world;
  world.add(reservation("r", 20)); // everything
  const Asked outside(world.admit(pod("a").cpu(2), {"n9"}), {"n1", "n2", "n3"});
  CHECK(refused(outside, run_filter(outside, world.snapshot().get())) ==
        Names_{"!n1: NodeReserved", "!n2: NodeReserved", "!n3: NodeReserved"});

  auto inside_record = record("team-a", "p", {"n9"});
  inside_record.reservation = ReservationName{"r"};
  const PodView view = pod("b").cpu(2).admitted(inside_record);
  world.add(view);
  const Asked inside(wire_pod(view), {"n1", "n2", "n3"});
  CHECK(run_filter(inside, world.snapshot().get()).passed.size() == 1);
}

TEST_CASE("a managed pod without an admission goes nowhere, and preemption cannot help it") {
  FilterWorld world;
  const Asked asked(wire_pod(pod("a").unmanaged()), {"n1", "x1"}); // its namespace is managed
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(result.passed.empty());
  CHECK(refused(asked, result) == Names_{"!n1: NotAdmitted", "!x1: NotAdmitted"});
  CHECK(result.error.empty());
}

TEST_CASE("who asks for a pool's own resources without an admission goes nowhere, managed or not") {
  FilterWorld world;
  const auto ask = [&](const char* resource) {
    const Asked asked(wire_pod(pod("w").in("web").unmanaged().asks(resource, 1)), {"n1"});
    return refused(asked, run_filter(asked, world.snapshot().get()));
  };
  CHECK(ask("pool.berth.dev/licences") == Names_{"!n1: NotAdmitted"});
  CHECK(ask("example.com/licences").empty());
}

TEST_CASE("a DaemonSet's pod in a managed namespace, which gets no gate, is left alone") {
  FilterWorld world;
  const Asked asked(daemon_pod(pod("d"), "n1"), {"n1"});
  CHECK(run_filter(asked, world.snapshot().get()).passed == std::vector<Position>{0});
}

TEST_CASE("while the caches are cold, managed pods get an error and the others every node") {
  const auto record_of_a = record("team-a", "p", {"n1"});
  const Asked admitted(wire_pod(pod("a").admitted(record_of_a)), {"n1"});
  const FilterResult result = run_filter(admitted, nullptr);
  CHECK(result.passed.empty());
  CHECK(result.refused.empty());
  CHECK(result.error.find("CachesNotSynced") == 0);

  const Asked other(wire_pod(pod("w").in("web").unmanaged()), {"n1", "n2"});
  CHECK(passed(other, run_filter(other, nullptr)) == Names_{"n1", "n2"});
}

TEST_CASE("whole Node objects are answered with how to configure the scheduler") {
  Asked asked(wire_pod(pod("w").in("web").unmanaged()), {});
  asked.request.has_whole_nodes = true;
  CHECK(run_filter(asked, nullptr).error.find("nodeCacheCapable: true") != std::string::npos);
}

TEST_CASE("nothing asked is nothing answered") {
  FilterWorld world;
  const Asked asked(world.admit(pod("a"), {"n1"}), {});
  const FilterResult result = run_filter(asked, world.snapshot().get());
  CHECK(result == FilterResult{});
}
