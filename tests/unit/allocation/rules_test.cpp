// Rules of an AllocationPolicy: whom they are for, and what they do to placement.

#include <catch2/catch.hpp>

#include "lib/allocation/placement.hpp"
#include "lib/allocation/placement_mode.hpp"
#include "lib/allocation/stranding.hpp"
#include "tests/support/allocation/rule_world.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

using Texts = std::vector<std::string>;

/// The first planned node of the pod's admission; empty if it waits.
std::string planned(const Plan& plan, const std::string& pod_name) {
  for (const Admission& admission : plan.admissions)
    for (const MemberAdmission& member : admission.members)
      if (member.pod->name == pod_name && !member.record.planned_nodes.empty())
        return member.record.planned_nodes.front().str();
  return "";
}

Texts rules_of_record(const Plan& plan) {
  REQUIRE(plan.admissions.size() == 1);
  return plan.admissions[0].members[0].record.rules;
}

} // namespace

TEST_CASE("N1: what a rule requires and forbids holds for every node that is planned") {
  SECTION("a label with one of the values") {
    RuleWorld world({in_europe()});
    world.add(pod("a").cpu(1));
    CHECK(planned(world.plan(), "a") == "eu-1");
  }
  SECTION("no label with one of the values") {
    RuleSpec no_us = rule("no-us");
    no_us.effect.node_requirements = {not_in("region", {"us"})};
    RuleWorld world({no_us});
    world.add(pod("a").cpu(8));
    world.add(pod("b").cpu(8));
    const Plan plan = world.plan();
    CHECK(planned(plan, "a") == "eu-1");
    const auto* why = why_waiting(plan, "b");
    REQUIRE(why != nullptr);
    CHECK(why->reason == Reason::InsufficientCapacity);
  }
  SECTION("none of the marks of spot nodes") {
    RuleSpec no_spot = rule("no-spot");
    no_spot.effect.spot = Spot::Forbid;
    for (const auto& [label, value] : kSpotLabels) {
      RuleWorld world({no_spot});
      world.add(labelled("eu-1", 8, {{std::string(label), std::string(value)}}));
      world.add(pod("a").cpu(1));
      CAPTURE(label);
      CHECK(planned(world.plan(), "a") == "us-1");
    }
  }
}

TEST_CASE("N3: work that rules leave no node waits, and its reason names the rule") {
  RuleSpec nowhere = rule("on-the-moon");
  nowhere.effect.node_requirements = {in("region", {"moon", "mars"})};
  RuleWorld world({nowhere});
  world.add(pod("a").cpu(1));
  const auto plan = world.plan();
  const auto* why = why_waiting(plan, "a");
  REQUIRE(why != nullptr);
  CHECK(why->reason == Reason::ForbiddenByRule);
  CHECK(why->message.find("2 ForbiddenByRule (rule on-the-moon: region In (moon, mars))") !=
        std::string::npos);
}

TEST_CASE("an admission names the rules that were for the pod, in the policy's order") {
  RuleSpec other = rule("other");
  other.match.namespaces = {"team-b"};
  RuleSpec urgent = rule("urgent");
  urgent.effect.priority_offset = 10;
  RuleWorld world({urgent, other, in_europe()});
  world.add(pod("a").cpu(1));
  CHECK(rules_of_record(world.plan()) == Texts{"urgent", "in-europe"});
}

TEST_CASE("a rule is for work that all of its match holds for") {
  RuleSpec spec = in_europe();
  PodBuilder builder = pod("a").cpu(1).label("tier", "web").priority(5);
  bool is_for_it = false;
  SECTION("the workload's quota") {
    spec.match.quotas = {QuotaName{"team-a"}};
    is_for_it = true;
  }
  SECTION("a quota above it") {
    spec.match.quotas = {QuotaName{"team-b"}, QuotaName{"org"}};
    is_for_it = true;
  }
  SECTION("not another quota") {
    spec.match.quotas = {QuotaName{"team-b"}};
  }
  SECTION("its namespace") {
    spec.match.namespaces = {"team-a"};
    is_for_it = true;
  }
  SECTION("not another namespace") {
    spec.match.namespaces = {"team-b"};
  }
  SECTION("its labels") {
    spec.match.pod_selector = Selector::of({{"tier", "web"}});
    is_for_it = true;
  }
  SECTION("not other labels") {
    spec.match.pod_selector = Selector::of({{"tier", "db"}});
  }
  SECTION("an expression") {
    spec.match.expression = "pod.labels.tier == 'web' && pod.priority == 5 && "
                            "pod.quota == 'team-a' && pod.namespace == 'team-a' && "
                            "pod.serviceAccountName == 'default' && pod.requests['cpu'] == 1000 "
                            "&& pod.name == 'a'";
    is_for_it = true;
  }
  SECTION("not an expression that does not hold") {
    spec.match.expression = "pod.priority > 5";
  }
  SECTION("not if one of two does not hold") {
    spec.match.namespaces = {"team-a"};
    spec.match.expression = "pod.priority > 5";
  }
  RuleWorld world({spec});
  world.add(labelled("eu-1", 16, {{"region", "eu"}})); // BestFit would take us-1
  world.add(builder);
  const Plan plan = world.plan();
  CHECK(planned(plan, "a") == (is_for_it ? "eu-1" : "us-1"));
  CHECK(rules_of_record(plan) == (is_for_it ? Texts{"in-europe"} : Texts{}));
}

TEST_CASE("N1: where an expression is broken or fails, what the rule demands counts all the same") {
  const std::string expression = GENERATE("pod.labls['x'] == 'y'", "pod.labels['gone'] == 'y'");
  RuleSpec wishes = rule("wishes");
  wishes.match.expression = expression;
  wishes.effect.priority_offset = 1000;
  RuleWorld world({in_europe(expression), wishes});
  world.add(labelled("eu-1", 16, {{"region", "eu"}}));
  world.add(pod("a").cpu(1));
  const Plan plan = world.plan();
  CHECK(planned(plan, "a") == "eu-1");
  CHECK(rules_of_record(plan) == Texts{"in-europe"}); // a wish of which nobody knows is none
  world.add(pod("b").cpu(12).priority(-1));
  world.add(pod("c").cpu(12));
  CHECK(why_waiting(world.plan(), "b")
            ->message.find("rule in-europe: region In (eu), as its expression cannot tell") !=
        std::string::npos);
}

TEST_CASE("a fault names the rule and the place in its expression") {
  const auto faults = faults_of(with_rules({in_europe("pod.nme == 'a'"), in_europe("true")}));
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].rule == "in-europe");
  CHECK(faults[0].message.starts_with("column 5: unknown field pod.nme; there are pod.name,"));
}

TEST_CASE("rules of a policy are in force in its pools only") {
  World world;
  PolicySpec general = with_rules({in_europe()});
  PolicySpec gpu;
  gpu.name = "gpu";
  gpu.created = kNow;
  gpu.pools = {PoolName{"g"}};
  world.add_all(pool("p"), pool("g"), labelled("us-1", 8, {{"region", "us"}}),
                labelled("us-2", 8, {{"region", "us"}, {"pool", "g"}}),
                quota("team-a").of("team-a").pool("p").cpu(32).pool("g").cpu(32), general, gpu);
  world.add(pod("a").cpu(1));
  CHECK(planned(world.plan(), "a") == "us-2");
  gpu.rules = {in_europe()};
  world.add(gpu);
  CHECK(planned(world.plan(), "a").empty());
  gpu.pools = {PoolName{"p"}};
  world.add(gpu);
  world.state.remove_policy("default");
  CHECK(planned(world.plan(), "a") == "us-2");
}

TEST_CASE("N2: preferred labels and spot nodes are chosen where they have room, and else others") {
  RuleSpec wish = rule("wish");
  wish.effect.preferences = {{{in("region", {"eu"})}, 1000}};
  NodeView large = labelled("eu-1", 16, {{"region", "eu"}});
  SECTION("a label") {}
  SECTION("spot") {
    wish.effect.preferences.clear();
    wish.effect.spot = Spot::Prefer;
    large.labels.set("cloud.google.com/gke-spot", "true");
  }
  RuleWorld world({wish});
  world.add(large);
  world.add(pod("a").cpu(1));
  CHECK(planned(world.plan(), "a") == "eu-1");
  world.add(pod("full").cpu(16).admitted(record("team-b", "p", {"eu-1"})).bound("eu-1"));
  CHECK(planned(world.plan(), "a") == "us-1");
}

TEST_CASE("a changed policy, quota or label is obeyed from the next snapshot on") {
  RuleSpec for_org = in_europe();
  for_org.match.quotas = {QuotaName{"org"}};
  RuleWorld world({});
  world.add(labelled("eu-1", 16, {{"region", "eu"}}));
  world.add(pod("a").cpu(1));
  CHECK(planned(world.plan(), "a") == "us-1");
  world.add(with_rules({for_org}));
  CHECK(planned(world.plan(), "a") == "eu-1");
  world.add(quota("team-a").of("team-a").pool("p").cpu(32)); // it leaves the organisation
  CHECK(planned(world.plan(), "a") == "us-1");
  world.add(with_rules({in_europe("'eu' in pod.labels")}));
  CHECK(planned(world.plan(), "a") == "us-1");
  world.add(pod("a").cpu(1).label("eu", "yes"));
  CHECK(planned(world.plan(), "a") == "eu-1");
  world.state.remove_policy("default");
  CHECK(planned(world.plan(), "a") == "us-1");
}

TEST_CASE("feeding a pod that did not change is no change, whatever rules are for it") {
  RuleWorld world({in_europe()});
  const PodView fed = pod("a").cpu(1);
  world.add(fed);
  const auto before = world.snapshot();
  CHECK_FALSE(world.state.upsert_pod(fed));
  CHECK(world.snapshot() == before);
}

TEST_CASE("N1: check() refuses nodes that a rule forbids, to pods that the snapshot knows or not") {
  RuleWorld world({in_europe("pod.labels.tier == 'web'")});
  const PodView admitted =
      pod("a").cpu(1).label("tier", "web").admitted(record("team-a", "p", {"us-1"}));
  const bool is_known = GENERATE(true, false);
  if (is_known)
    world.add(pod("a").cpu(1).label("tier", "web"));
  const auto snapshot = world.snapshot();
  const auto rejection = check(*snapshot, NodeName{"us-1"}, query_for(*snapshot, admitted));
  REQUIRE(rejection);
  CHECK(rejection->reason == Reason::ForbiddenByRule);
  CHECK(rejection->detail == "rule in-europe: region In (eu)");
  CHECK_FALSE(rejection->preemption_may_help);
  CHECK_FALSE(check(*snapshot, NodeName{"eu-1"}, query_for(*snapshot, admitted)));
}

TEST_CASE("a pod's own charge does not stand in its way where rules are for it") {
  RuleWorld world({in_europe()});
  const PodView admitted = pod("a").cpu(8).admitted(record("team-a", "p", {"eu-1"}));
  world.add(admitted);
  const auto snapshot = world.snapshot();
  CHECK_FALSE(check(*snapshot, NodeName{"eu-1"}, query_for(*snapshot, admitted)));
}

TEST_CASE("a pinned pod is stranded once rules forbid all of its candidates") {
  RuleWorld world({});
  AdmissionRecord pinned = record("team-a", "p", {"us-1"});
  pinned.mode = PlacementMode::Candidates;
  world.add(pod("a").cpu(1).recreated().admitted(pinned));
  CHECK(find_stranded(*world.snapshot()).empty());
  world.add(with_rules({in_europe()}));
  const auto stranded = find_stranded(*world.snapshot());
  REQUIRE(stranded.size() == 1);
  CHECK(stranded[0].candidates.front().reason == Reason::ForbiddenByRule);
}

TEST_CASE(
    "the terms of an admission hold what its pool and rules demand, and are read back as one") {
  Constraints own;
  own.rules = {{.pools = {PoolName{"p"}},
                .demands = {{"r", in("region", {"eu"})}, {"s", not_in("spot", {"yes"})}}}};
  const std::vector<Requirement> ruled{in("region", {"eu"}), not_in("spot", {"yes"})};
  const PoolSpec selects{.name = PoolName{"p"}, .node_selector = {{in("kind", {"cpu"})}}};
  const std::vector<Requirement> demanded{in("kind", {"cpu"}), ruled[0], ruled[1]};
  AdmissionRecord written = record("a", "p", {"n1", "n2"});
  SECTION("a term of their own where the pod has none") {
    CHECK(admitted_terms(own, written, &selects) == std::vector{NodeSelectorTerm{demanded, {}}});
  }
  SECTION("every term of the pod that can match, behind what it says itself") {
    own.required_affinity = {{{in("zone", {"a"})}, {}}, {}, {{in("region", {"eu"})}, {}}};
    const auto terms = admitted_terms(own, written, &selects).value();
    REQUIRE(terms.size() == 3);
    CHECK(terms[0].match_expressions ==
          std::vector{in("zone", {"a"}), demanded[0], demanded[1], demanded[2]});
    CHECK(terms[1] == NodeSelectorTerm{});
    CHECK(terms[2].match_expressions == std::vector{ruled[0], demanded[0], ruled[1]});
  }
  SECTION("each pin those of rules alone: it names a node of the pool") {
    written.mode = PlacementMode::Candidates;
    Constraints pinned = own;
    pinned.required_affinity = admitted_terms(own, written, &selects);
    REQUIRE(pinned.required_affinity->size() == 2);
    for (const auto& term : *pinned.required_affinity) {
      CHECK(term.match_expressions == ruled);
      CHECK(term.match_fields.size() == 1);
    }
    CHECK(without_pins(pinned, written.planned_nodes).required_affinity ==
          std::vector{NodeSelectorTerm{ruled, {}}});
  }
  SECTION("nothing where nothing is demanded") {
    const PoolSpec takes_all{.name = PoolName{"p"}};
    CHECK_FALSE(admitted_terms(Constraints{}, written, &takes_all));
    CHECK_FALSE(admitted_terms(Constraints{}, written, nullptr));
  }
}
