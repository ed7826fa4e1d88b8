#include <fmt/format.h>

#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/pod_rules.hpp"
#include "tests/support/simulation/selector.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {
namespace {

const kube::ResourceType& budget_type() {
  static const kube::ResourceType kType{"policy", "v1", "poddisruptionbudgets",
                                        "PodDisruptionBudget", true};
  return kType;
}

/// Why a pod cannot be bound, or "".
std::string binding_obstacle(const Json& pod) {
  const std::string name = text_at(pod, "/metadata/name");
  if (!at(pod, "/metadata/deletionTimestamp").is_null())
    return fmt::format("pod {} is being deleted, cannot be assigned to a host", name);
  if (const auto node = text_at(pod, "/spec/nodeName"); !node.empty())
    return fmt::format("pod {} is already assigned to node \"{}\"", name, node);
  if (!at(pod, "/spec/schedulingGates").empty())
    return fmt::format("pod {} has non-empty .spec.schedulingGates", name);
  return "";
}

/// What UID or resourceVersion in a binding's metadata does not hold, or "".
std::string failed_precondition(const Json& metadata, const Json& pod, const std::string& key) {
  const auto failed = [&](std::string_view what, const std::string& asked,
                          const std::string& stored) {
    return fmt::format("StorageError: invalid object, Code: 4, Key: /registry/pods/{}, "
                       "ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: {} in "
                       "precondition: {}, {} in object meta: {}",
                       key, what, asked, what, stored);
  };
  const std::string uid = text_at(metadata, "/uid");
  if (!uid.empty() && uid != text_at(pod, "/metadata/uid"))
    return failed("UID", uid, text_at(pod, "/metadata/uid"));
  const std::string version = text_at(metadata, "/resourceVersion");
  if (!version.empty() && version != text_at(pod, "/metadata/resourceVersion"))
    return failed("ResourceVersion", version, text_at(pod, "/metadata/resourceVersion"));
  return "";
}

Json bound_pod(const Json& pod, const Json& binding, TimePoint now) {
  Json bound = pod;
  bound["spec"]["nodeName"] = text_at(binding, "/target/name");
  bound["status"].erase("nominatedNodeName");
  for (const auto& [name, value] : at(binding, "/metadata/annotations").items())
    bound["metadata"]["annotations"][name] = value;
  set_condition(bound["status"], {{"type", "PodScheduled"}, {"status", "True"}}, now);
  return bound;
}

/// Pods that never ran, have ended or are going anyway are no disruption.
bool ignores_budgets(const Json& pod) {
  const std::string phase = text_at(pod, "/status/phase");
  return phase == "Succeeded" || phase == "Failed" || phase == "Pending" ||
         !at(pod, "/metadata/deletionTimestamp").is_null();
}

bool is_ready(const Json& pod) {
  for (const auto& condition : at(pod, "/status/conditions"))
    if (text_at(condition, "/type") == "Ready")
      return text_at(condition, "/status") == "True";
  return false;
}

std::vector<Object> budgets_of(const ServerState& state, const Json& pod) {
  std::vector<Object> budgets;
  const std::string prefix = text_at(pod, "/metadata/namespace") + "/";
  for (const auto& entry : state.store.list(budget_type(), state.store.revision(), prefix)) {
    if (!entry.key.starts_with(prefix))
      break;
    const auto selector = LabelSelector::from_struct(at(*entry.object, "/spec/selector"));
    if (selector.matches(at(pod, "/metadata/labels")))
      budgets.push_back(entry.object);
  }
  return budgets;
}

Refusal budget_refusal(const Json& budget, const std::string& why, int retry_after_seconds) {
  Refusal refusal = too_many_requests(
      "Cannot evict pod as it would violate the pod's disruption budget.", retry_after_seconds);
  refusal.status["details"]["causes"] =
      Json::array({{{"reason", "DisruptionBudget"},
                    {"message", fmt::format("The disruption budget {} {}",
                                            text_at(budget, "/metadata/name"), why)}}});
  return refusal;
}

/// An unready pod may go while the budget's healthy pods suffice, or always, by its policy.
bool unhealthy_may_go(const Json& pod, const Json& budget) {
  if (is_ready(pod))
    return false;
  if (text_at(budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow")
    return true;
  const auto desired = integer_at(budget, "/status/desiredHealthy");
  return desired > 0 && integer_at(budget, "/status/currentHealthy") >= desired;
}

/// Takes one disruption out of a budget, or says that there is none.
Answer<void> spend_budget(ServerState& state, const RequestInfo& info, const Json& budget) {
  const auto& status = at(budget, "/status");
  if (integer_at(status, "/observedGeneration") < integer_at(budget, "/metadata/generation"))
    return tl::unexpected(budget_refusal(budget, "is still being processed by the server.", 10));
  const auto allowed = integer_at(status, "/disruptionsAllowed");
  if (allowed <= 0)
    return tl::unexpected(budget_refusal(budget,
                                         fmt::format("needs {} healthy pods and has {} currently",
                                                     integer_at(status, "/desiredHealthy"),
                                                     integer_at(status, "/currentHealthy")),
                                         0));
  if (info.dry_run)
    return {};
  Json spent = budget;
  spent["status"]["disruptionsAllowed"] = allowed - 1;
  spent["status"]["disruptedPods"][info.key.name] = format_time(state.clock.now());
  RequestInfo write = info;
  write.resource = state.registry.find("policy", "v1", "poddisruptionbudgets");
  write.key.name = text_at(budget, "/metadata/name");
  write.subresource = "status";
  state.commit(write, write.storage_key(), std::move(spent));
  return {};
}

Answer<void> check_budgets(ServerState& state, const RequestInfo& info, const Json& pod) {
  if (ignores_budgets(pod))
    return {};
  const auto budgets = budgets_of(state, pod);
  if (budgets.size() > 1)
    return tl::unexpected(plain_error("This pod has more than one PodDisruptionBudget, which the "
                                      "eviction subresource does not support."));
  if (budgets.empty() || unhealthy_may_go(pod, *budgets.front()))
    return {};
  return spend_budget(state, info, *budgets.front());
}

bool preconditions_hold(const Json& options, const Json& pod) {
  const std::string uid = text_at(options, "/preconditions/uid");
  const std::string version = text_at(options, "/preconditions/resourceVersion");
  return (uid.empty() || uid == text_at(pod, "/metadata/uid")) &&
         (version.empty() || version == text_at(pod, "/metadata/resourceVersion"));
}

} // namespace

Answer<Json> handle_binding(ServerState& state, const RequestInfo& info, Json body) {
  if (text_at(body, "/metadata/name") != info.key.name)
    return tl::unexpected(bad_request("name in URL does not match name in Binding object"));
  if (text_at(body, "/target/name").empty())
    return tl::unexpected(invalid({"", "Binding"}, info.key.name, {required_field("target.name")}));
  const AdmissionContext context{info, state.store};
  if (auto admitted = admit(state.hooks, body, nullptr, context); !admitted)
    return admitted;
  const auto stored = find_stored(state, info);
  if (!stored)
    return tl::unexpected(stored.error());
  const std::string failed =
      failed_precondition(at(body, "/metadata"), **stored, info.storage_key());
  if (!failed.empty())
    return tl::unexpected(conflict({"", "pods"}, info.key.name, failed));
  if (const auto why = binding_obstacle(**stored); !why.empty())
    return tl::unexpected(conflict({"", "pods/binding"}, info.key.name, why));
  state.commit(info, info.storage_key(), bound_pod(**stored, body, state.clock.now()));
  Json status = success();
  status["code"] = 201;
  return status;
}

Answer<Json> handle_eviction(ServerState& state, const RequestInfo& info, Json body) {
  if (text_at(body, "/metadata/name") != info.key.name)
    return tl::unexpected(bad_request("name in URL does not match name in Eviction object"));
  const auto stored = find_stored(state, info);
  if (!stored)
    return tl::unexpected(stored.error());
  if (auto checked = check_budgets(state, info, **stored); !checked)
    return tl::unexpected(checked.error());
  Json options = at(body, "/deleteOptions");
  if (!info.dry_run && preconditions_hold(options, **stored)) {
    Json disrupted = **stored;
    set_condition(disrupted["status"],
                  {{"type", "DisruptionTarget"},
                   {"status", "True"},
                   {"reason", "EvictionByEvictionAPI"},
                   {"message", "Eviction API: evicting"}},
                  state.clock.now());
    const auto written = state.commit(info, info.storage_key(), std::move(disrupted));
    if (!text_at(options, "/preconditions/resourceVersion").empty())
      options["preconditions"]["resourceVersion"] = text_at(*written, "/metadata/resourceVersion");
  }
  auto deleted = handle_delete(state, info, options);
  if (!deleted)
    return deleted;
  Json status = success();
  status["code"] = 201;
  return status;
}

} // namespace berth::simulation
