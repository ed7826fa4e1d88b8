// N1 against the rules written out: whatever the cluster, no plan breaks one.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "lib/allocation/placement.hpp"
#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr int kKeys = 3;
constexpr int kValues = 3;

std::string key_name(int key) {
  return "k" + std::to_string(key);
}
std::string value_name(int value) {
  return "v" + std::to_string(value);
}

/// A rule, as simple as it gets: what is in the way of a broken or failing expression counts.
struct GivenRule {
  int kind = 0; ///< of match: every pod, a label, an expression, one that fails, one that is broken
  int team = 0; ///< 0: both
  int key = 0;
  std::vector<int> values{};
  bool forbids = false;
  int on_label = 0;

  friend void showValue(const GivenRule& rule, std::ostream& out) {
    out << "{kind " << rule.kind << ", team " << rule.team << (rule.forbids ? ", not " : ", ")
        << key_name(rule.key) << " of " << rule.values.size() << ", label " << rule.on_label << "}";
  }
};

struct GivenPod {
  int team = 1;
  int label = 0; ///< 0: none
  int cores = 1;

  friend void showValue(const GivenPod& pod, std::ostream& out) {
    out << "{team " << pod.team << ", label " << pod.label << ", cores " << pod.cores << "}";
  }
};

std::string team_name(int team) {
  return "team-" + std::to_string(team);
}

RuleSpec spec_of(const GivenRule& given, std::size_t number) {
  RuleSpec spec;
  spec.name = "r" + std::to_string(number);
  if (given.team != 0)
    spec.match.namespaces = {team_name(given.team)};
  const std::string label = value_name(given.on_label);
  if (given.kind == 1)
    spec.match.pod_selector = Selector::of({{"l", label}});
  if (given.kind == 2)
    spec.match.expression = "has(pod.labels.l) && pod.labels.l == '" + label + "'";
  if (given.kind == 3)
    spec.match.expression = "pod.labels.l == '" + label + "'";
  if (given.kind == 4)
    spec.match.expression = "pod.labels.l = '" + label + "'";
  Requirement requirement{key_name(given.key)};
  for (const int value : given.values)
    requirement.values.push_back(value_name(value));
  const bool any = requirement.values.empty();
  requirement.op = given.forbids ? (any ? SelectorOperator::DoesNotExist : SelectorOperator::NotIn)
                                 : (any ? SelectorOperator::Exists : SelectorOperator::In);
  spec.effect.node_requirements = {std::move(requirement)};
  return spec;
}

/// The law, written out: whether the rule lets the pod run there.
bool allows(const GivenRule& rule, const GivenPod& pod, const NodeView& node) {
  if (rule.team != 0 && rule.team != pod.team)
    return true;
  const bool has_label = pod.label == rule.on_label && pod.label != 0;
  const bool is_for_it =
      rule.kind == 0 || rule.kind == 4 || has_label || (rule.kind == 3 && pod.label == 0);
  if (!is_for_it)
    return true;
  const std::string* label = node.labels.find(key_name(rule.key));
  const bool is_listed =
      label != nullptr && (rule.values.empty() || std::ranges::any_of(rule.values, [&](int value) {
                             return value_name(value) == *label;
                           }));
  return is_listed != rule.forbids;
}

rc::Gen<GivenRule> any_rule() {
  return rc::gen::build<GivenRule>(
      rc::gen::set(&GivenRule::kind, rc::gen::inRange(0, 5)),
      rc::gen::set(&GivenRule::team, rc::gen::inRange(0, 3)),
      rc::gen::set(&GivenRule::key, rc::gen::inRange(0, kKeys)),
      rc::gen::set(&GivenRule::values,
                   rc::gen::unique<std::vector<int>>(rc::gen::inRange(0, kValues))),
      rc::gen::set(&GivenRule::forbids),
      rc::gen::set(&GivenRule::on_label, rc::gen::inRange(1, 3)));
}

rc::Gen<GivenPod> any_pod() {
  return rc::gen::build<GivenPod>(rc::gen::set(&GivenPod::team, rc::gen::inRange(1, 3)),
                                  rc::gen::set(&GivenPod::label, rc::gen::inRange(0, 3)),
                                  rc::gen::set(&GivenPod::cores, rc::gen::inRange(1, 5)));
}

std::vector<GivenRule> some_rules() {
  const auto count = *rc::gen::inRange<std::size_t>(0, 4);
  return *rc::gen::container<std::vector<GivenRule>>(count, any_rule());
}

struct Scene {
  std::vector<GivenRule> rules{};
  std::vector<GivenPod> pods{};
  std::vector<NodeView> nodes{};
  World world;

  void set_rules(std::vector<GivenRule> given) {
    rules = std::move(given);
    PolicySpec policy;
    for (std::size_t i = 0; i < rules.size(); ++i)
      policy.rules.push_back(spec_of(rules[i], i));
    world.add(policy);
  }
  [[nodiscard]] const NodeView& node_named(const NodeName& name) const {
    return *std::ranges::find(nodes, name, &NodeView::name);
  }
  [[nodiscard]] bool all_allow(const GivenPod& pod, const NodeName& name) const {
    return std::ranges::all_of(
        rules, [&](const GivenRule& rule) { return allows(rule, pod, node_named(name)); });
  }
};

PodBuilder builder_of(const GivenPod& given, std::size_t number) {
  PodBuilder builder = pod("p" + std::to_string(number)).in(team_name(given.team)).cpu(given.cores);
  if (given.label != 0)
    builder.label("l", value_name(given.label));
  return builder;
}

Scene any_scene() {
  Scene scene;
  const auto nodes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < nodes; ++i) {
    NodeView view = node("n" + std::to_string(i), 6);
    for (int key = 0; key < kKeys; ++key)
      if (const int value = *rc::gen::inRange(0, kValues + 1); value < kValues)
        view.labels.set(key_name(key), value_name(value));
    scene.nodes.push_back(view);
    scene.world.add(view);
  }
  scene.world.add(pool("p"));
  for (int team = 1; team <= 2; ++team)
    scene.world.add(quota(team_name(team)).of(team_name(team)).pool("p").cpu(100));
  scene.set_rules(some_rules());
  const auto count = *rc::gen::inRange<std::size_t>(1, 8);
  scene.pods = *rc::gen::container<std::vector<GivenPod>>(count, any_pod());
  for (std::size_t i = 0; i < scene.pods.size(); ++i)
    scene.world.add(builder_of(scene.pods[i], i));
  return scene;
}

std::size_t number_of(const PodView& pod) {
  return std::stoul(pod.name.substr(1));
}

} // namespace

TEST_CASE("N1: no planned node breaks a rule, and a pod that waits has no room where rules allow") {
  rc::check([] {
    Scene scene = any_scene();
    const Plan plan = scene.world.step();
    for (const Admission& admission : plan.admissions)
      for (const MemberAdmission& member : admission.members)
        for (const NodeName& planned : member.record.planned_nodes)
          RC_ASSERT(scene.all_allow(scene.pods[number_of(*member.pod)], planned));
    const auto after = scene.world.snapshot();
    for (const Waiting& waiting : plan.waiting) {
      const PodView& pod = *waiting.workload->waiting.front();
      PlacementQuery query = query_for(*after, pod);
      query.pool = PoolName{"p"};
      for (const NodeView& node : scene.nodes)
        RC_ASSERT(check(*after, node.name, query).has_value());
    }
  });
}

TEST_CASE("N1: whatever rules come later, a node is offered to an admitted pod only if all allow") {
  rc::check([] {
    Scene scene = any_scene();
    const Plan plan = scene.world.step();
    scene.set_rules(some_rules());
    const auto snapshot = scene.world.snapshot();
    std::vector<NodeIndex> every(snapshot->nodes->size());
    std::iota(every.begin(), every.end(), NodeIndex{0});
    PlacementScratch scratch;
    for (const Admission& admission : plan.admissions)
      for (const MemberAdmission& member : admission.members) {
        PodView shown = builder_of(scene.pods[number_of(*member.pod)], number_of(*member.pod));
        shown.admission = member.record;
        shown.gated = false;
        const PlacementQuery query = query_for(*snapshot, shown);
        const NodeChoice choice = choose_nodes(*snapshot, query, every, every.size(), scratch);
        for (const std::uint32_t chosen : choice.chosen)
          RC_ASSERT(scene.all_allow(scene.pods[number_of(shown)],
                                    snapshot->nodes->node(every[chosen]).view.name));
      }
  });
}

TEST_CASE("L3: rules that came before the pods or after them give the same plan") {
  rc::check([] {
    Scene scene = any_scene();
    const auto rules = some_rules();
    World other;
    for (const NodeView& node : scene.nodes)
      other.add(node);
    scene.set_rules(rules);
    PolicySpec policy;
    for (std::size_t i = 0; i < rules.size(); ++i)
      policy.rules.push_back(spec_of(rules[i], i));
    other.add(policy);
    for (std::size_t i = 0; i < scene.pods.size(); ++i)
      other.add(builder_of(scene.pods[i], i));
    for (int team = 1; team <= 2; ++team)
      other.add(quota(team_name(team)).of(team_name(team)).pool("p").cpu(100));
    other.add(pool("p"));
    const auto planned = [](const Plan& plan) {
      std::vector<std::pair<std::string, std::vector<NodeName>>> found;
      for (const Admission& admission : plan.admissions)
        found.emplace_back(admission.members[0].pod->name,
                           admission.members[0].record.planned_nodes);
      return found;
    };
    RC_ASSERT(planned(scene.world.plan()) == planned(other.plan()));
  });
}
