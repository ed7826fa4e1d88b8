#include "tests/support/simulation/pod_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/timestamp.hpp"

namespace berth::simulation {
namespace {

constexpr std::string_view kUpdatable =
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)\n";
constexpr const char* kTerms =
    "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
constexpr std::string_view kTermsField =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";

void default_field(Json& object, const char* field, Json value) {
  if (!object.contains(field))
    object[field] = std::move(value);
}

void default_container(Json& container) {
  default_field(container, "imagePullPolicy", "IfNotPresent");
  default_field(container, "terminationMessagePath", "/dev/termination-log");
  default_field(container, "terminationMessagePolicy", "File");
  default_field(container, "resources", Json::object());
  Json& resources = container["resources"];
  for (const auto& [name, amount] : at(resources, "/limits").items())
    default_field(resources["requests"], name.c_str(), amount);
}

std::string qos_class(const Json& pod) {
  bool any = false;
  bool guaranteed = true;
  for (const auto* list : {"/spec/containers", "/spec/initContainers"}) {
    for (const auto& container : at(pod, list)) {
      for (const auto* name : {"cpu", "memory"}) {
        const Json& request = at(container, fmt::format("/resources/requests/{}", name));
        const Json& limit = at(container, fmt::format("/resources/limits/{}", name));
        any = any || !request.is_null() || !limit.is_null();
        guaranteed = guaranteed && !limit.is_null() && (request.is_null() || request == limit);
      }
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

std::set<std::string> gate_names(const Json& pod) {
  std::set<std::string> names;
  for (const auto& gate : at(pod, "/spec/schedulingGates"))
    names.insert(text_at(gate, "/name"));
  return names;
}

FieldErrors validate_gate_removal(const Json& updated, const Json& stored) {
  FieldErrors errors;
  const auto before = gate_names(stored);
  std::size_t index = 0;
  for (const auto& gate : at(updated, "/spec/schedulingGates")) {
    const std::string name = text_at(gate, "/name");
    if (!before.contains(name))
      errors.push_back(forbidden_field(
          fmt::format("spec.schedulingGates[{}].name", index),
          fmt::format("only deletion is allowed, but found new scheduling gate '{}'", name)));
    ++index;
  }
  return errors;
}

bool starts_with_list(const Json& longer, const Json& shorter) {
  return longer.size() >= shorter.size() &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

bool only_adds_requirements(const Json& updated, const Json& stored) {
  const Json& expressions = at(stored, "/matchExpressions");
  const Json& fields = at(stored, "/matchFields");
  if (expressions.empty() && fields.empty())
    return at(updated, "/matchExpressions").empty() && at(updated, "/matchFields").empty();
  return starts_with_list(at(updated, "/matchExpressions"), expressions) &&
         starts_with_list(at(updated, "/matchFields"), fields);
}

/// KEP-3838: while gated, node selection may be tightened.
FieldErrors validate_tightening(const Json& updated, const Json& stored) {
  FieldErrors errors;
  for (const auto& [key, value] : at(stored, "/nodeSelector").items()) {
    const Json& now = at(updated, "/nodeSelector");
    if (!now.is_object() || !now.contains(key) || now.at(key) != value) {
      errors.push_back(invalid_value(
          "spec.nodeSelector", now,
          "only additions to spec.nodeSelector are allowed (no mutations or deletions)"));
      break;
    }
  }
  const Json& before = at(stored, kTerms);
  const Json& after = at(updated, kTerms);
  if (before.empty())
    return errors;
  if (before.size() != after.size()) {
    errors.push_back(
        invalid_value(std::string(kTermsField), after,
                      "no additions/deletions to non-empty NodeSelectorTerms list are allowed"));
    return errors;
  }
  for (std::size_t index = 0; index < before.size(); ++index)
    if (!only_adds_requirements(after[index], before[index]))
      errors.push_back(invalid_value(fmt::format("{}[{}]", kTermsField, index), after[index],
                                     "only additions are allowed (no mutations or deletions)"));
  return errors;
}

/// The spec without the fields that an update may change.
Json immutable_part(Json spec, bool gated) {
  for (const auto* list : {"containers", "initContainers"})
    if (spec.contains(list))
      for (auto& container : spec[list])
        container.erase("image");
  for (const auto* field : {"activeDeadlineSeconds", "tolerations", "schedulingGates"})
    spec.erase(field);
  if (gated) {
    spec.erase("nodeSelector");
    erase_at(spec, "/affinity/nodeAffinity");
    if (at(spec, "/affinity").empty())
      spec.erase("affinity");
  }
  return spec;
}

FieldErrors validate_terms(const Json& pod) {
  FieldErrors errors;
  std::size_t index = 0;
  for (const auto& term : at(at(pod, "/spec"), kTerms)) {
    for (const auto& field : at(term, "/matchFields"))
      if (text_at(field, "/operator") == "In" && at(field, "/values").size() != 1)
        errors.push_back(required_field(
            fmt::format("{}[{}].matchFields[0].values", kTermsField, index),
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    ++index;
  }
  return errors;
}

} // namespace

void default_pod(Json& pod) {
  Json& spec = pod["spec"];
  if (!spec.is_object())
    spec = Json::object();
  for (const auto* list : {"containers", "initContainers"})
    if (spec.contains(list))
      for (auto& container : spec[list])
        default_container(container);
  default_field(spec, "dnsPolicy", "ClusterFirst");
  default_field(spec, "enableServiceLinks", true);
  default_field(spec, "restartPolicy", "Always");
  default_field(spec, "schedulerName", "default-scheduler");
  default_field(spec, "securityContext", Json::object());
  default_field(spec, "serviceAccountName", "default");
  default_field(spec, "terminationGracePeriodSeconds", 30);
}

Answer<void> resolve_priority(Json& pod, const VersionedStore& store) {
  const kube::ResourceType type{"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass",
                                false};
  Json& spec = pod["spec"];
  std::int64_t priority = 0;
  std::string policy = "PreemptLowerPriority";
  std::string name = text_at(spec, "/priorityClassName");
  Object chosen = name.empty() ? nullptr : store.get(type, name);
  if (name == "system-cluster-critical" || name == "system-node-critical") {
    priority = name == "system-node-critical" ? 2000001000 : 2000000000;
  } else if (!name.empty() && !chosen) {
    return tl::unexpected(forbidden({"", "pods"}, text_at(pod, "/metadata/name"),
                                    "no PriorityClass with name " + name + " was found"));
  } else if (name.empty()) {
    for (const auto& entry : store.list(type, store.revision()))
      if (at(*entry.object, "/globalDefault") == true)
        chosen = entry.object;
  }
  if (chosen) {
    priority = integer_at(*chosen, "/value");
    spec["priorityClassName"] = text_at(*chosen, "/metadata/name");
    if (const auto given = text_at(*chosen, "/preemptionPolicy"); !given.empty())
      policy = given;
  }
  if (spec.contains("priority") && integer_at(spec, "/priority") != priority)
    return tl::unexpected(forbidden(
        {"", "pods"}, text_at(pod, "/metadata/name"),
        fmt::format("the integer value of priority ({}) must not be provided in pod spec; priority "
                    "admission controller computed {} from the given PriorityClass name",
                    integer_at(spec, "/priority"), priority)));
  spec["priority"] = priority;
  spec["preemptionPolicy"] = policy;
  return {};
}

Json initial_pod_status(const Json& pod, TimePoint now) {
  Json status = {{"phase", "Pending"}, {"qosClass", qos_class(pod)}};
  if (!at(pod, "/spec/schedulingGates").empty())
    set_condition(status,
                  {{"type", "PodScheduled"},
                   {"status", "False"},
                   {"reason", "SchedulingGated"},
                   {"message", "Scheduling is blocked due to non-empty scheduling gates"}},
                  now);
  return status;
}

FieldErrors validate_new_pod(const Json& pod) {
  FieldErrors errors = validate_terms(pod);
  if (at(pod, "/spec/containers").empty())
    errors.push_back(required_field("spec.containers"));
  std::set<std::string> seen;
  std::size_t index = 0;
  for (const auto& gate : at(pod, "/spec/schedulingGates")) {
    const std::string name = text_at(gate, "/name");
    if (!seen.insert(name).second)
      errors.push_back(duplicate_value(fmt::format("spec.schedulingGates[{}]", index), name));
    ++index;
  }
  if (!text_at(pod, "/spec/nodeName").empty() && !seen.empty())
    errors.push_back(forbidden_field("spec.nodeName",
                                     "cannot be set until all schedulingGates have been cleared"));
  return errors;
}

FieldErrors validate_pod_update(const Json& updated, const Json& stored) {
  FieldErrors errors = validate_gate_removal(updated, stored);
  const bool gated = !gate_names(stored).empty();
  if (gated) {
    for (auto& error : validate_tightening(at(updated, "/spec"), at(stored, "/spec")))
      errors.push_back(std::move(error));
    for (auto& error : validate_terms(updated))
      errors.push_back(std::move(error));
  }
  const Json& before = at(stored, "/spec/tolerations");
  const Json& after = at(updated, "/spec/tolerations");
  for (const auto& toleration : before)
    if (std::find(after.begin(), after.end(), toleration) == after.end())
      errors.push_back(forbidden_field("spec.tolerations",
                                       "existing toleration can not be modified except its "
                                       "tolerationSeconds"));
  const Json fixed_after = immutable_part(at(updated, "/spec"), gated);
  const Json fixed_before = immutable_part(at(stored, "/spec"), gated);
  if (fixed_after != fixed_before)
    errors.push_back(forbidden_field("spec", std::string(kUpdatable) +
                                                 Json::diff(fixed_before, fixed_after).dump()));
  return errors;
}

FieldErrors validate_pod_resize(const Json& updated, const Json& stored) {
  const auto without_amounts = [](Json spec) {
    for (auto& container : spec["containers"])
      for (const auto* part : {"requests", "limits"})
        for (const auto* name : {"cpu", "memory"})
          erase_at(container, fmt::format("/resources/{}/{}", part, name));
    return spec;
  };
  FieldErrors errors;
  if (without_amounts(at(updated, "/spec")) != without_amounts(at(stored, "/spec")))
    errors.push_back(forbidden_field("spec", "only cpu and memory resources are mutable"));
  if (qos_class(updated) != text_at(stored, "/status/qosClass"))
    errors.push_back(invalid_value("spec", qos_class(updated), "Pod QOS Class may not change"));
  return errors;
}

void set_condition(Json& status, Json condition, TimePoint now) {
  Json& conditions = status["conditions"];
  if (!conditions.is_array())
    conditions = Json::array();
  const auto same = [&](const Json& present) { return present["type"] == condition["type"]; };
  const auto found = std::find_if(conditions.begin(), conditions.end(), same);
  condition["lastProbeTime"] = nullptr;
  condition["lastTransitionTime"] = format_time(now);
  if (found == conditions.end()) {
    conditions.push_back(std::move(condition));
    return;
  }
  if (found->at("status") == condition["status"])
    condition["lastTransitionTime"] = at(*found, "/lastTransitionTime");
  *found = std::move(condition);
}

std::int64_t grace_period_seconds(const Json& pod, const Json& delete_options) {
  const std::string phase = text_at(pod, "/status/phase");
  if (text_at(pod, "/spec/nodeName").empty() || phase == "Succeeded" || phase == "Failed")
    return 0;
  const std::int64_t by_spec = integer_at(pod, "/spec/terminationGracePeriodSeconds", 0);
  const std::int64_t seconds = integer_at(delete_options, "/gracePeriodSeconds", by_spec);
  return seconds < 0 ? 1 : seconds;
}

} // namespace berth::simulation
