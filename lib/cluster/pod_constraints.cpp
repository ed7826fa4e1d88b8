// The part of the pod codec that reads where a pod may run.

#include "lib/cluster/pod_draft.hpp"

namespace berth::cluster {
namespace {

using allocation::NodeSelectorTerm;
using allocation::Requirement;
using kube::JsonElement;
using kube::member;
using kube::read_elements;
using kube::read_members;
using kube::read_text;

Result<void> read_requirement(JsonElement value, std::vector<Requirement>& into) {
  Requirement requirement;
  std::string_view op;
  const auto read_value = [&](JsonElement it) {
    return read_text(it, requirement.values.emplace_back());
  };
  BERTH_CHECK(read_members(
      value, member("key", [&](JsonElement it) { return read_text(it, requirement.key); }),
      member("operator", [&](JsonElement it) { return read_text(it, op); }),
      member("values", [&](JsonElement it) { return read_elements(it, read_value); })));
  const auto known = allocation::selector_operator_from(op);
  if (!known)
    return fail(Code::Invalid, "operator: \"" + std::string(op.substr(0, 32)) + "\" is unknown");
  requirement.op = *known;
  into.push_back(std::move(requirement));
  return {};
}

Result<void> read_term(JsonElement value, std::vector<NodeSelectorTerm>& into) {
  NodeSelectorTerm term;
  const auto read_expression = [&](JsonElement it) {
    return read_requirement(it, term.match_expressions);
  };
  const auto read_field = [&](JsonElement it) { return read_requirement(it, term.match_fields); };
  BERTH_CHECK(read_members(
      value,
      member("matchExpressions",
             [&](JsonElement it) { return read_elements(it, read_expression); }),
      member("matchFields", [&](JsonElement it) { return read_elements(it, read_field); })));
  into.push_back(std::move(term));
  return {};
}

Result<void> read_required_nodes(JsonElement value, PodDraft& into) {
  auto& terms = into.constraints.required_affinity.emplace();
  const auto read_next = [&](JsonElement it) { return read_term(it, terms); };
  return read_members(value, member("nodeSelectorTerms",
                                    [&](JsonElement it) { return read_elements(it, read_next); }));
}

/// Sets `flag` if the list has any element.
Result<void> read_presence(JsonElement value, bool& flag) {
  return read_elements(value, [&](JsonElement) -> Result<void> {
    flag = true;
    return {};
  });
}

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

Result<void> read_node_affinity(JsonElement value, PodDraft& into) {
  return read_members(
      value, member(kRequired, [&](JsonElement it) { return read_required_nodes(it, into); }),
      member(kPreferred,
             [&](JsonElement it) { return read_presence(it, into.pod.has_soft_constraints); }));
}

Result<void> read_pod_affinity(JsonElement value, PodDraft& into) {
  return read_members(
      value,
      member(kRequired,
             [&](JsonElement it) { return read_presence(it, into.pod.view.has_pod_rules); }),
      member(kPreferred,
             [&](JsonElement it) { return read_presence(it, into.pod.has_soft_constraints); }));
}

} // namespace

Result<void> read_affinity(JsonElement value, PodDraft& into) {
  return read_members(
      value, member("nodeAffinity", [&](JsonElement it) { return read_node_affinity(it, into); }),
      member("podAffinity", [&](JsonElement it) { return read_pod_affinity(it, into); }),
      member("podAntiAffinity", [&](JsonElement it) { return read_pod_affinity(it, into); }));
}

Result<void> read_toleration(JsonElement value, PodDraft& into) {
  allocation::Toleration toleration;
  std::string_view op = "Equal";
  std::string_view effect;
  BERTH_CHECK(read_members(
      value, member("key", [&](JsonElement it) { return read_text(it, toleration.key); }),
      member("value", [&](JsonElement it) { return read_text(it, toleration.value); }),
      member("operator", [&](JsonElement it) { return read_text(it, op); }),
      member("effect", [&](JsonElement it) { return read_text(it, effect); })));
  // A word of a later Kubernetes: tolerating too little is the safe side.
  if (op != "Equal" && op != "Exists")
    return {};
  toleration.op = op == "Exists" ? allocation::Toleration::Operator::Exists
                                 : allocation::Toleration::Operator::Equal;
  if (effect == "NoSchedule")
    toleration.effect = allocation::TaintEffect::NoSchedule;
  else if (effect == "PreferNoSchedule")
    toleration.effect = allocation::TaintEffect::PreferNoSchedule;
  else if (effect == "NoExecute")
    toleration.effect = allocation::TaintEffect::NoExecute;
  else if (!effect.empty())
    return {};
  into.constraints.tolerations.push_back(std::move(toleration));
  return {};
}

Result<void> read_spread_constraint(JsonElement value, PodDraft& into) {
  std::string_view when;
  BERTH_CHECK(read_members(
      value, member("whenUnsatisfiable", [&](JsonElement it) { return read_text(it, when); })));
  (when == "DoNotSchedule" ? into.pod.view.has_pod_rules : into.pod.has_soft_constraints) = true;
  return {};
}

} // namespace berth::cluster
