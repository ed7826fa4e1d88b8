// The part of the pod codec that reads spec and status, containers above all.

#include "lib/cluster/pod_draft.hpp"

namespace berth::cluster {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_elements;
using kube::read_integer;
using kube::read_members;
using kube::read_text;

Result<void> read_requests(JsonElement value, resources::ResourceVector& into) {
  return read_members(value,
                      member("requests", [&](JsonElement it) { return read_amounts(it, into); }));
}

Result<void> read_container(JsonElement value, std::vector<PodDraft::Container>& into) {
  PodDraft::Container container;
  std::string_view restart_policy;
  BERTH_CHECK(read_members(
      value, member("name", [&](JsonElement it) { return read_text(it, container.name); }),
      member("resources", [&](JsonElement it) { return read_requests(it, container.requests); }),
      member("allocatedResources",
             [&](JsonElement it) { return read_amounts(it, container.allocated); }),
      member("restartPolicy", [&](JsonElement it) { return read_text(it, restart_policy); }),
      member("state", [&](JsonElement it) { return read_container_state(it, container); }),
      member("lastState", [&](JsonElement it) { return read_container_state(it, container); })));
  container.restarts_always = restart_policy == "Always";
  into.push_back(std::move(container));
  return {};
}

Result<void> read_containers(JsonElement value, std::vector<PodDraft::Container>& into) {
  return read_elements(value, [&](JsonElement it) { return read_container(it, into); });
}

Result<void> read_node_selector(JsonElement value, PodDraft& into) {
  std::map<std::string, std::string> labels;
  BERTH_CHECK(kube::read_text_map(value, labels));
  for (auto& [key, wanted] : labels)
    into.constraints.node_selector.set(key, std::move(wanted));
  return {};
}

Result<void> read_gate(JsonElement value, PodDraft& into) {
  return read_members(value, member("name", [&](JsonElement it) {
                        return read_text(it, into.pod.scheduling_gates.emplace_back());
                      }));
}

Result<void> read_node_name(JsonElement value, NodeName& into) {
  std::string_view name;
  BERTH_CHECK(read_text(value, name));
  into = NodeName{name};
  return {};
}

Result<void> read_priority(JsonElement value, std::int32_t& into) {
  std::int64_t priority = 0;
  BERTH_CHECK(read_integer(value, priority));
  if (priority != static_cast<std::int32_t>(priority))
    return kube::refuse_type("a whole number of 32 bits");
  into = static_cast<std::int32_t>(priority);
  return {};
}

Result<void> read_condition(JsonElement value, PodDraft& into) {
  std::string_view type;
  std::string_view reason;
  std::optional<TimePoint> since;
  BERTH_CHECK(
      read_members(value, member("type", [&](JsonElement it) { return read_text(it, type); }),
                   member("reason", [&](JsonElement it) { return read_text(it, reason); }),
                   member("lastTransitionTime",
                          [&](JsonElement it) { return kube::read_time(it, since.emplace()); })));
  if (type == "DisruptionTarget")
    into.disrupted = since;
  if (type == "PodScheduled" && reason == "Unschedulable")
    into.pod.is_unschedulable = true; // no other status has that reason
  if (type == "PodResizePending" && reason == "Infeasible")
    into.resize_infeasible = true;
  return {};
}

} // namespace

Result<void> read_pod_spec(JsonElement value, PodDraft& into) {
  auto& view = into.pod.view;
  const auto read_next_gate = [&](JsonElement it) { return read_gate(it, into); };
  const auto read_next_toleration = [&](JsonElement it) { return read_toleration(it, into); };
  const auto read_next_spread = [&](JsonElement it) { return read_spread_constraint(it, into); };
  return read_members(
      value, member("nodeName", [&](JsonElement it) { return read_node_name(it, view.node); }),
      member("schedulerName",
             [&](JsonElement it) { return read_text(it, into.pod.scheduler_name); }),
      member("serviceAccountName",
             [&](JsonElement it) { return read_text(it, view.service_account); }),
      member("restartPolicy",
             [&](JsonElement it) -> Result<void> {
               std::string_view policy;
               BERTH_CHECK(read_text(it, policy));
               into.pod.restarts_always = policy == "Always";
               return {};
             }),
      member("priority", [&](JsonElement it) { return read_priority(it, view.priority); }),
      member("schedulingGates", [&](JsonElement it) { return read_elements(it, read_next_gate); }),
      member("nodeSelector", [&](JsonElement it) { return read_node_selector(it, into); }),
      member("affinity", [&](JsonElement it) { return read_affinity(it, into); }),
      member("tolerations",
             [&](JsonElement it) { return read_elements(it, read_next_toleration); }),
      member("topologySpreadConstraints",
             [&](JsonElement it) { return read_elements(it, read_next_spread); }),
      member("containers", [&](JsonElement it) { return read_containers(it, into.containers); }),
      member("initContainers",
             [&](JsonElement it) { return read_containers(it, into.init_containers); }),
      member("resources",
             [&](JsonElement it) { return read_requests(it, into.pod_level.emplace()); }),
      member("overhead", [&](JsonElement it) { return read_amounts(it, into.overhead); }),
      member("activeDeadlineSeconds", [&](JsonElement it) {
        return read_integer(it, into.active_deadline_seconds.emplace());
      }));
}

Result<void> read_pod_status(JsonElement value, PodDraft& into) {
  auto& view = into.pod.view;
  const auto read_next_condition = [&](JsonElement it) { return read_condition(it, into); };
  return read_members(
      value, member("phase", [&](JsonElement it) { return read_text(it, into.phase); }),
      member("reason", [&](JsonElement it) { return read_text(it, into.status_reason); }),
      member("startTime",
             [&](JsonElement it) { return kube::read_time(it, view.started.emplace()); }),
      member("nominatedNodeName",
             [&](JsonElement it) { return read_node_name(it, view.nominated_node); }),
      member("conditions", [&](JsonElement it) { return read_elements(it, read_next_condition); }),
      member("containerStatuses",
             [&](JsonElement it) { return read_containers(it, into.container_statuses); }),
      member("initContainerStatuses",
             [&](JsonElement it) { return read_containers(it, into.init_container_statuses); }),
      member("resources", [&](JsonElement it) { return read_requests(it, into.pod_level_actual); }),
      member("allocatedResources",
             [&](JsonElement it) { return read_amounts(it, into.pod_level_allocated); }));
}

} // namespace berth::cluster
