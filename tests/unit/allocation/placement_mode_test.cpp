// How chosen nodes reach kube-scheduler, and what becomes of pods that are pinned to nodes which
// are lost before they are bound.

#include "lib/allocation/placement_mode.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

const NodeSelectorTerm kZoneTerm{{{"zone", SelectorOperator::In, {"a", "b"}}}, {}};
const NodeSelectorTerm kGpuTerm{{{"gpu", SelectorOperator::Exists, {}}}, {}};
const NodeSelectorTerm kNamedTerm{{},
                                  {{std::string(kNodeNameField), SelectorOperator::In, {"n1"}}}};

PlacementMode auto_mode(const PodBuilder& pod, bool is_sampled = false) {
  return choose_mode(std::nullopt, pod.build(), is_sampled).mode;
}
PlacementMode pinned_mode(const PodBuilder& pod) {
  return choose_mode(PlacementMode::Candidates, pod.build(), false).mode;
}

/// Two nodes, and a pod pinned to both that is not bound yet.
World pinned_world() {
  World world;
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), quota("a").of("team-a").pool("p").cpu(20),
                pod("web").cpu(3).recreated());
  const Plan plan = world.step();
  REQUIRE(plan.admissions.size() == 1);
  REQUIRE(plan.admissions[0].members[0].record.mode == PlacementMode::Candidates);
  return world;
}

} // namespace

TEST_CASE("Auto pins a single pod that its controller would make again, and no other") {
  CHECK(auto_mode(pod("p").recreated()) == PlacementMode::Candidates);
  CHECK(auto_mode(pod("p")) == PlacementMode::Extender);
  CHECK(auto_mode(pod("p").recreated().gang("g", 2)) == PlacementMode::Extender);
  CHECK(auto_mode(pod("p").recreated().inside("r")) == PlacementMode::Extender);
  CHECK(auto_mode(pod("p").recreated().affinity({kZoneTerm})) == PlacementMode::Extender);
  CHECK(auto_mode(pod("p").recreated().asks("nvidia.com/gpu", 1)) == PlacementMode::Extender);
  PodView rules = pod("p").recreated();
  rules.has_pod_rules = true;
  CHECK(choose_mode(std::nullopt, rules, false).mode == PlacementMode::Extender);
  PodView ungated = pod("p").recreated();
  ungated.gated = false;
  CHECK(choose_mode(std::nullopt, ungated, false).mode == PlacementMode::Extender);
}

TEST_CASE("Auto nominates what it does not pin where kube-scheduler might not look at the plan") {
  const bool is_sampled = true;
  CHECK(auto_mode(pod("p").recreated().gang("g", 2), is_sampled) == PlacementMode::Nominate);
  CHECK(auto_mode(pod("p").inside("r"), is_sampled) == PlacementMode::Nominate);
  CHECK(auto_mode(pod("p").asks("nvidia.com/gpu", 1), is_sampled) == PlacementMode::Nominate);
  CHECK(auto_mode(pod("p"), is_sampled) == PlacementMode::Nominate);
  CHECK(auto_mode(pod("p").recreated(), is_sampled) == PlacementMode::Candidates);
  CHECK(choose_mode(PlacementMode::Extender, pod("p"), is_sampled).mode == PlacementMode::Extender);
}

TEST_CASE("kube-scheduler looks at all of a hundred nodes, and at fewer in proportion of more") {
  CHECK(scheduler_sample(0) == 0);
  CHECK(scheduler_sample(100) == 100);
  CHECK(scheduler_sample(101) == 100);
  CHECK(scheduler_sample(256) == 122);
  CHECK(scheduler_sample(1'000) == 420);
  CHECK(scheduler_sample(5'000) == 500);
  CHECK(scheduler_sample(15'000) == 750);
}

TEST_CASE("Auto nominates in a pool that is larger than the scheduler's sample, and in no other") {
  const auto mode_beside = [](int pool_nodes, int others) {
    World world;
    world.add_all(pool("p"), quota("a").of("team-a").pool("p").cpu(20), pod("bare").cpu(3));
    for (int i = 0; i < pool_nodes; ++i)
      world.add(node("n" + std::to_string(i), 8));
    for (int i = 0; i < others; ++i) {
      NodeView other = node("other" + std::to_string(i), 8);
      other.labels = {{"pool", "other"}};
      world.add(other);
    }
    const Plan plan = world.step();
    REQUIRE(plan.admissions.size() == 1);
    return plan.admissions[0].members[0].record.mode;
  };
  CHECK(mode_beside(100, 0) == PlacementMode::Extender);
  CHECK(mode_beside(101, 0) == PlacementMode::Nominate);
  CHECK(mode_beside(101, 155) == PlacementMode::Extender);
}

TEST_CASE("a policy that asks for candidates gets them wherever the API server allows a pin") {
  CHECK(pinned_mode(pod("p").recreated().gang("g", 2)) == PlacementMode::Candidates);
  CHECK(pinned_mode(pod("p").recreated().affinity({kZoneTerm})) == PlacementMode::Candidates);
  CHECK(pinned_mode(pod("p")) == PlacementMode::Extender);
  CHECK(pinned_mode(pod("p").recreated().affinity({kZoneTerm, kGpuTerm})) ==
        PlacementMode::Extender);
  CHECK(pinned_mode(pod("p").recreated().affinity({kNamedTerm})) == PlacementMode::Extender);
  CHECK(pinned_mode(pod("p").recreated().affinity({})) == PlacementMode::Extender);
}

TEST_CASE("whatever mode it comes to, the choice says why") {
  for (const auto wanted :
       {std::optional<PlacementMode>{}, std::optional{PlacementMode::Candidates},
        std::optional{PlacementMode::Nominate}, std::optional{PlacementMode::Extender}}) {
    CHECK_FALSE(choose_mode(wanted, pod("p"), false).why.empty());
    CHECK_FALSE(choose_mode(wanted, pod("p").recreated(), true).why.empty());
  }
}

TEST_CASE("each candidate has a term of its own, and the author's one term keeps what it says") {
  const std::vector<NodeName> two{NodeName{"n1"}, NodeName{"n2"}};
  const auto free = pinned_terms(Constraints{}, two);
  REQUIRE(free.size() == 2);
  CHECK(free[0] == kNamedTerm);
  const auto own = pinned_terms(Constraints{{}, {{kZoneTerm}}, {}}, {{two[0]}});
  REQUIRE(own.size() == 1);
  CHECK(own[0].match_expressions == kZoneTerm.match_expressions);
  CHECK(own[0].match_fields == kNamedTerm.match_fields);
}

TEST_CASE("taking the pins out again gives the constraints as their author wrote them") {
  CHECK(rc::check([] {
    Constraints written;
    if (*rc::gen::arbitrary<bool>())
      written.required_affinity = {{kZoneTerm}};
    if (*rc::gen::arbitrary<bool>())
      written.node_selector.set("disk", "ssd");
    std::vector<NodeName> candidates;
    const int count = written.required_affinity ? 1 : *rc::gen::inRange(1, 16);
    for (int i = 0; i < count; ++i)
      candidates.emplace_back("n" + std::to_string(i));
    Constraints pinned = written;
    pinned.required_affinity = pinned_terms(written, candidates);
    RC_ASSERT(pinned != written);
    RC_ASSERT(without_pins(pinned, candidates) == written);
  }));
}

TEST_CASE("a mode that names one node leaves the others out of the record") {
  AdmissionRecord record;
  const std::vector<NodeName> two{NodeName{"n1"}, NodeName{"n2"}};
  plan_nodes(record, pod("p"), {two, PlacementMode::Nominate, false});
  CHECK(record.planned_nodes.size() == 1);
  plan_nodes(record, pod("p").recreated().affinity({kZoneTerm}),
             {two, PlacementMode::Candidates, false});
  CHECK(record.planned_nodes.size() == 1);
  plan_nodes(record, pod("p").recreated(), {two, PlacementMode::Candidates, false});
  CHECK(record.planned_nodes == two);
  plan_nodes(record, pod("p").recreated(), {{}, PlacementMode::Nominate, false});
  CHECK(record.mode == PlacementMode::Extender); // there is nothing to nominate
}

TEST_CASE("a pinned pod with one candidate left is not stranded") {
  World world = pinned_world();
  world.state.remove_node(NodeName{"n1"});
  CHECK(world.plan().strandings.empty());
}

TEST_CASE("a pinned pod whose every candidate is deleted, cordoned or filled is stranded") {
  World world = pinned_world();
  const auto lose = GENERATE(as<std::string>{}, "delete", "cordon", "taint", "fill");
  CAPTURE(lose);
  for (const std::string name : {"n1", "n2"}) {
    NodeView changed = node(name, 8);
    if (lose == "delete")
      world.state.remove_node(NodeName{name});
    changed.unschedulable = lose == "cordon";
    if (lose == "taint")
      changed.taints.push_back(Taint{"broken", "", TaintEffect::NoSchedule});
    if (lose == "cordon" || lose == "taint")
      world.add(changed);
    if (lose == "fill") // by a pod that asked nobody
      world.add(pod("intruder-" + name).unmanaged().cpu(8).bound(name));
  }
  const Plan plan = world.plan();
  REQUIRE(plan.strandings.size() == 1);
  CHECK(plan.strandings[0].pod->name == "web");
  CHECK(plan.strandings[0].candidates.size() == 2);
  CHECK(plan.replannings.empty()); // its affinity cannot be loosened
}

TEST_CASE("a pod is not stranded once it is bound, or terminating") {
  World world = pinned_world();
  const auto snapshot = world.snapshot();
  PodView web = *snapshot->find_pod(PodUid{"uid-web"});
  SECTION("bound") {
    web.node = NodeName{"n1"};
  }
  SECTION("terminating") {
    web.terminating = true;
  }
  world.add(web);
  world.state.remove_node(NodeName{"n1"});
  world.state.remove_node(NodeName{"n2"});
  CHECK(world.plan().strandings.empty());
}

TEST_CASE("L2: a nomination without an admission holds nothing") {
  World world;
  PodView half = pod("half").cpu(8);
  half.nominated_node = NodeName{"n1"};
  world.add_all(pool("p"), node("n1", 8), quota("a").of("team-a").pool("p").cpu(8), half);
  CHECK(admitted_names(world.plan()) == std::vector<std::string>{"half"});
}

TEST_CASE("a pool's policy says how many nodes are named, and how; elsewhere the program does") {
  World world;
  PolicySpec policy;
  policy.pools = {PoolName{"p"}};
  policy.placement = Placement{PlacementMode::Nominate, 1};
  NodeView other = node("m1", 8);
  other.labels.set("pool", "other");
  NodeView second = node("m2", 8);
  second.labels.set("pool", "other");
  world.add_all(pool("p"), pool("other"), node("n1", 8), node("n2", 8), other, second, policy,
                quota("a").of("team-a").pool("p").cpu(8),
                quota("b").of("team-b").pool("other").cpu(8), pod("here").cpu(1).recreated(),
                pod("there").in("team-b").cpu(1).recreated());
  world.policy.placement.candidates = 2;
  const Plan plan = world.plan();
  REQUIRE(plan.admissions.size() == 2);
  for (const Admission& admission : plan.admissions) {
    const AdmissionRecord& record = admission.members.front().record;
    const bool is_here = record.pool == PoolName{"p"};
    CHECK(record.mode == (is_here ? PlacementMode::Nominate : PlacementMode::Candidates));
    CHECK(record.planned_nodes.size() == (is_here ? 1 : 2));
  }
}
