#include "tests/support/simulation/placement.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/ensure.hpp"
#include "tests/support/simulation/selector.hpp"

namespace berth::simulation {
namespace {

using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

ResourceVector read_amounts(const Json& amounts) {
  ResourceVector vector;
  for (const auto& [name, amount] : amounts.items()) {
    const auto quantity =
        resources::Quantity::parse(amount.is_string() ? amount.get<std::string>() : amount.dump());
    ensure(quantity.has_value(), "the simulated cluster holds only readable quantities");
    const ResourceName resource(name);
    vector.set(resource, resources::amount_of(resource, *quantity));
  }
  return vector;
}

ResourceVector container_requests(const Json& container) {
  return read_amounts(at(container, "/resources/requests"));
}

bool is_sidecar(const Json& init) {
  return text_at(init, "/restartPolicy") == "Always";
}

bool tolerates(const Json& toleration, const Json& taint) {
  const std::string key = text_at(toleration, "/key");
  const std::string effect = text_at(toleration, "/effect");
  if (!effect.empty() && effect != text_at(taint, "/effect"))
    return false;
  if (!key.empty() && key != text_at(taint, "/key"))
    return false;
  if (text_at(toleration, "/operator") == "Exists")
    return true;
  return !key.empty() && text_at(toleration, "/value") == text_at(taint, "/value");
}

bool is_tolerated(const Json& pod, const Json& taint) {
  const Json& tolerations = at(pod, "/spec/tolerations");
  return std::any_of(tolerations.begin(), tolerations.end(),
                     [&](const Json& toleration) { return tolerates(toleration, taint); });
}

std::optional<std::string> untolerated_taint(const Json& pod, const Json& node) {
  if (at(node, "/spec/unschedulable") == true &&
      !is_tolerated(pod, {{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}}))
    return "node(s) were unschedulable";
  for (const auto& taint : at(node, "/spec/taints"))
    if (text_at(taint, "/effect") != "PreferNoSchedule" && !is_tolerated(pod, taint))
      return fmt::format("node(s) had untolerated taint {{{}: {}}}", text_at(taint, "/key"),
                         text_at(taint, "/value"));
  return std::nullopt;
}

bool requirement_holds(const Json& requirement, const Json& labels) {
  const std::string op = text_at(requirement, "/operator");
  if (op != "Gt" && op != "Lt")
    return LabelSelector::from_struct({{"matchExpressions", Json::array({requirement})}})
        .matches(labels);
  const std::string key = text_at(requirement, "/key");
  if (!labels.is_object() || !labels.contains(key))
    return false;
  const std::int64_t value = std::atoll(labels.at(key).get<std::string>().c_str());
  const std::int64_t bound = std::atoll(text_at(requirement, "/values/0").c_str());
  return op == "Gt" ? value > bound : value < bound;
}

bool term_matches(const Json& term, const Json& node) {
  const Json& expressions = at(term, "/matchExpressions");
  const Json& fields = at(term, "/matchFields");
  if (expressions.empty() && fields.empty())
    return false; // an empty term matches nothing
  const Json named = {{"metadata.name", text_at(node, "/metadata/name")}};
  const auto holds_for = [](const Json& labels) {
    return [&labels](const Json& requirement) { return requirement_holds(requirement, labels); };
  };
  return std::all_of(expressions.begin(), expressions.end(),
                     holds_for(at(node, "/metadata/labels"))) &&
         std::all_of(fields.begin(), fields.end(), holds_for(named));
}

bool selects_node(const Json& pod, const Json& node) {
  const Json& labels = at(node, "/metadata/labels");
  for (const auto& [key, value] : at(pod, "/spec/nodeSelector").items())
    if (!labels.is_object() || labels.value(key, "") != value)
      return false;
  const Json& terms = at(pod, "/spec/affinity/nodeAffinity/"
                              "requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
  return terms.empty() || std::any_of(terms.begin(), terms.end(),
                                      [&](const Json& term) { return term_matches(term, node); });
}

} // namespace

ResourceVector pod_requests(const Json& pod) {
  ResourceVector running;
  ResourceVector sidecars;
  ResourceVector largest_init;
  for (const auto& init : at(pod, "/spec/initContainers")) {
    // Sidecars started so far run beside each later init container.
    largest_init.raise_to(container_requests(init) + sidecars);
    if (is_sidecar(init))
      sidecars += container_requests(init);
  }
  for (const auto& container : at(pod, "/spec/containers"))
    running += container_requests(container);
  running += sidecars;
  running.raise_to(largest_init);
  for (const auto& entry : read_amounts(at(pod, "/spec/resources/requests")))
    running.set(entry.name, entry.amount);
  running += read_amounts(at(pod, "/spec/overhead"));
  running.set(ResourceName::pods(), Amount{1});
  return running;
}

Room read_node(Object node) {
  ResourceVector allocatable = read_amounts(at(*node, "/status/allocatable"));
  return {std::move(node), std::move(allocatable)};
}

std::optional<FilterFailure> filter_node(const Demand& demand, const Room& room,
                                         const ResourceVector& used) {
  if (auto taint = untolerated_taint(demand.pod, *room.node))
    return FilterFailure{std::move(*taint), false};
  if (!selects_node(demand.pod, *room.node))
    return FilterFailure{"node(s) didn't match Pod's node affinity/selector", false};
  if (const auto missing = demand.asked.first_short(room.allocatable - used))
    return FilterFailure{fmt::format("Insufficient {}", missing->str()),
                         demand.asked.get(*missing) <= room.allocatable.get(*missing)};
  return std::nullopt;
}

std::int64_t score_node(const Demand& demand, const Room& room, const ResourceVector& used) {
  const ResourceVector after = used + demand.asked;
  std::int64_t sum = 0;
  for (const auto& name : {ResourceName::cpu(), ResourceName::memory()}) {
    const std::int64_t whole = room.allocatable.get(name).value();
    const std::int64_t free = whole - after.get(name).value();
    sum += whole > 0 && free > 0 ? free * 100 / whole : 0;
  }
  return sum / 2;
}

bool is_terminated(const Json& pod) {
  const std::string phase = text_at(pod, "/status/phase");
  return phase == "Succeeded" || phase == "Failed";
}

} // namespace berth::simulation
