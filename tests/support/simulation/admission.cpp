#include "tests/support/simulation/admission.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

constexpr const char* kGate = "berth.dev/admission";
constexpr const char* kManaged = "berth.dev/managed";
constexpr std::array kOwnAnnotations = {"berth.dev/admitted", "berth.dev/nominated",
                                        "berth.dev/revocable-after", "berth.dev/explain",
                                        "berth.dev/rolled-back"};
/// What decides which charge a pod is: fixed once it exists.
constexpr std::array kChargeKeys = {"berth.dev/managed",      "berth.dev/quota",
                                    "berth.dev/workload",     "berth.dev/workload-size",
                                    "berth.dev/workload-max", "berth.dev/reservation",
                                    "berth.dev/preemptible"};
constexpr std::array kOtherNamespaces = {"kube-system", "kube-public", "kube-node-lease",
                                         "berth-system"};
constexpr std::array kDaemonUsers = {"system:serviceaccount:kube-system:daemon-set-controller",
                                     "system:kube-controller-manager"};

using Reason = std::optional<std::string>;

bool is_pod(const AdmissionContext& context, std::string_view subresource) {
  const auto& info = context.info;
  return info.resource->type.kind == "Pod" && info.subresource == subresource &&
         std::find(kOtherNamespaces.begin(), kOtherNamespaces.end(), info.key.ns) ==
             kOtherNamespaces.end();
}

bool has_gate(const Json& pod) {
  const Json& gates = at(pod, "/spec/schedulingGates");
  return std::any_of(gates.begin(), gates.end(),
                     [](const Json& gate) { return text_at(gate, "/name") == kGate; });
}

/// An annotation or label, or null.
Json metadata_value(const Json* object, const char* field, const char* key) {
  if (object == nullptr)
    return nullptr;
  const Json& map = at(*object, fmt::format("/metadata/{}", field));
  return map.is_object() ? map.value(key, Json(nullptr)) : Json(nullptr);
}

bool is_managed(const Json& pod, const AdmissionContext& context) {
  const Json labels = context.namespace_labels();
  return (labels.is_object() && labels.value(kManaged, "") == "true") ||
         metadata_value(&pod, "labels", kManaged) == "true";
}

bool is_made_by_daemon_controller(const Json& pod, const AdmissionContext& context) {
  const Json& owners = at(pod, "/metadata/ownerReferences");
  return std::find(kDaemonUsers.begin(), kDaemonUsers.end(), context.info.user) !=
             kDaemonUsers.end() &&
         std::any_of(owners.begin(), owners.end(), [](const Json& owner) {
           return text_at(owner, "/kind") == "DaemonSet" && at(owner, "/controller") == true;
         });
}

void add_gate(Json& pod, const AdmissionContext& context) {
  if (context.info.verb != Verb::Create || !is_pod(context, "") || !is_managed(pod, context))
    return;
  if (text_at(pod, "/spec/nodeName").empty() && !has_gate(pod) &&
      !is_made_by_daemon_controller(pod, context))
    pod["spec"]["schedulingGates"].push_back({{"name", kGate}});
}

Reason guard_pods(const Json& after, const Json* before, const AdmissionContext& context) {
  if (!(is_pod(context, "") || is_pod(context, "status")) || context.info.user == kOperatorUser)
    return std::nullopt;
  if (before != nullptr && has_gate(*before) && !has_gate(after))
    return "must not remove the scheduling gate berth.dev/admission: only the Berth operator "
           "admits "
           "pods";
  for (const auto* key : kOwnAnnotations)
    if (metadata_value(&after, "annotations", key) != metadata_value(before, "annotations", key))
      return "must not set, change or remove the annotations berth.dev/admitted, "
             "berth.dev/nominated, berth.dev/revocable-after, berth.dev/explain and "
             "berth.dev/rolled-back: only the "
             "Berth operator writes them";
  if (before == nullptr)
    return std::nullopt;
  for (const auto* key : kChargeKeys)
    for (const auto* field : {"labels", "annotations"})
      if (metadata_value(&after, field, key) != metadata_value(before, field, key))
        return "must not change berth.dev/managed, quota, workload, workload-size, workload-max, "
               "reservation or preemptible after creation, as that would move the pod's charge: "
               "create a new pod";
  return std::nullopt;
}

Reason guard_bindings(const Json& binding, const Json*, const AdmissionContext& context) {
  if (!is_pod(context, "binding"))
    return std::nullopt;
  for (const auto* field : {"/metadata/annotations", "/metadata/labels"})
    for (const auto& [key, value] : at(binding, field).items())
      if (key.starts_with("berth.dev/"))
        return "must not carry labels or annotations of berth.dev, which would be merged into the "
               "pod";
  return std::nullopt;
}

Reason guard_node_name(const Json& pod, const Json* before, const AdmissionContext& context) {
  if (before != nullptr || !is_pod(context, "") || !is_managed(pod, context) ||
      context.info.user.starts_with("system:node:") || text_at(pod, "/spec/nodeName").empty())
    return std::nullopt;
  return "must not set spec.nodeName on a pod that Berth manages: use a node selector or affinity";
}

} // namespace

Json AdmissionContext::namespace_labels() const {
  const auto found = store.get({"", "v1", "namespaces", "Namespace", false}, info.key.ns);
  return found ? at(*found, "/metadata/labels") : Json(nullptr);
}

Answer<Json> admit(const std::vector<AdmissionHook>& hooks, Json object, const Json* before,
                   const AdmissionContext& context) {
  for (const auto& hook : hooks)
    if (hook.mutate)
      hook.mutate(object, context);
  for (const auto& hook : hooks)
    if (hook.refuse)
      if (const auto why = hook.refuse(object, before, context))
        return tl::unexpected(forbidden(
            context.info.group_resource(), text_at(object, "/metadata/name"),
            fmt::format("ValidatingAdmissionPolicy '{}' with binding '{}' denied request: {}",
                        hook.name, hook.name, *why)));
  return object;
}

std::vector<AdmissionHook> make_berth_policies() {
  return {{"berth-gate", add_gate, nullptr},
          {"berth-guard-pods", nullptr, guard_pods},
          {"berth-guard-bindings", nullptr, guard_bindings},
          {"berth-guard-node-name", nullptr, guard_node_name}};
}

} // namespace berth::simulation
