// What is read of pods: whose they are, how far they are, and what became of their containers.

#include <algorithm>
#include <utility>

#include "analyzer/sources/container_lists.hpp"
#include "analyzer/sources/pod_ties.hpp"
#include "lib/api/admission_record.hpp"
#include "lib/api/labels.hpp"
#include "lib/cluster/pod_draft.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_elements;
using kube::read_members;
using kube::read_text;
using resources::ResourceVector;
using PodResult = Result<std::shared_ptr<const WorkloadPod>>;

/// Which workload a pod is of: of a ReplicaSet it is the Deployment before the hash in its name.
std::optional<WorkloadRef> workload_of(const api::ObjectMeta& meta) {
  const auto owner =
      std::ranges::find_if(meta.owners, [](const auto& one) { return one.controller; });
  if (owner == meta.owners.end())
    return std::nullopt;
  if (owner->kind == "Job" && owner->api_version.starts_with("batch/"))
    return WorkloadRef{api::ScalingTargetKind::Job, {meta.ns, owner->name}};
  // Others have Kinds of the same names: a StatefulSet of apps.kruise.io is none that we patch.
  if (!owner->api_version.starts_with("apps/"))
    return std::nullopt;
  if (owner->kind == "StatefulSet")
    return WorkloadRef{api::ScalingTargetKind::StatefulSet, {meta.ns, owner->name}};
  const auto hash = meta.labels.find("pod-template-hash");
  if (owner->kind != "ReplicaSet" || hash == meta.labels.end())
    return std::nullopt;
  const std::string suffix = '-' + hash->second;
  if (!owner->name.ends_with(suffix) || owner->name.size() == suffix.size())
    return std::nullopt;
  return WorkloadRef{api::ScalingTargetKind::Deployment,
                     {meta.ns, owner->name.substr(0, owner->name.size() - suffix.size())}};
}

/// The state of a container: when it began, or why it ended and when.
struct ContainerState {
  TimePoint started{};
  TimePoint finished{};
  std::string_view reason{};

  [[nodiscard]] bool is_memory_kill() const { return reason == "OOMKilled"; }
};

Result<void> read_state(JsonElement value, ContainerState& into) {
  const auto read_at = [](TimePoint& at) {
    return [&at](JsonElement it) { return kube::read_time(it, at); };
  };
  return read_members(value,
                      member("running",
                             [&](JsonElement it) {
                               return read_members(it, member("startedAt", read_at(into.started)));
                             }),
                      member("terminated", [&](JsonElement it) {
                        return read_members(it, member("finishedAt", read_at(into.finished)),
                                            member("reason", [&](JsonElement text) {
                                              return read_text(text, into.reason);
                                            }));
                      }));
}

/// What the kubelet says of a container. `requests` are in force, `allocated` taken from the node.
struct StatusDraft {
  PodContainer container{};
  std::optional<ResourceVector> allocated{};
  std::optional<ResourceVector> requests{};
};

struct PodDraft {
  std::shared_ptr<WorkloadPod> pod = std::make_shared<WorkloadPod>();
  ContainerLists specs{};
  std::vector<StatusDraft> statuses{};
  std::string_view phase{};
  std::string_view node{}; ///< that it is bound to
  std::string_view qos{};
  bool has_node_affinity = false; ///< its own, or Berth's
};

Result<void> read_container_status(JsonElement value, PodDraft& draft) {
  StatusDraft status;
  PodContainer& container = status.container;
  ContainerState state;
  ContainerState last;
  const auto read_amounts_to = [](std::optional<ResourceVector>& into) {
    return [&into](JsonElement it) { return cluster::read_amounts(it, into.emplace()); };
  };
  const auto read_resources = [&](JsonElement it) {
    return read_members(it, member("requests", read_amounts_to(status.requests)),
                        member("limits", [&](JsonElement amounts) {
                          return cluster::read_amounts(amounts, container.limits);
                        }));
  };
  BERTH_CHECK(read_members(
      value, member("name", [&](JsonElement it) { return read_text(it, container.name); }),
      member("resources", read_resources),
      member("allocatedResources", read_amounts_to(status.allocated)),
      member("state", [&](JsonElement it) { return read_state(it, state); }),
      member("lastState", [&](JsonElement it) { return read_state(it, last); })));
  if (state.is_memory_kill())
    container.killed = state.finished;
  else if (last.is_memory_kill()) // who began again since was killed before that
    container.killed = last.finished == TimePoint{} ? state.started : last.finished;
  draft.pod->started = std::max(draft.pod->started, state.started);
  draft.statuses.push_back(std::move(status));
  return {};
}

Result<void> read_gate(JsonElement value, WorkloadPod& pod) {
  std::string_view name;
  BERTH_CHECK(
      read_members(value, member("name", [&](JsonElement it) { return read_text(it, name); })));
  pod.is_gated = pod.is_gated || name == api::kAdmissionGate;
  return {};
}

Result<void> read_pod_spec(JsonElement value, PodDraft& draft) {
  ContainerLists& specs = draft.specs;
  const auto read_gates = [&](JsonElement list) {
    return read_elements(list, [&](JsonElement one) { return read_gate(one, *draft.pod); });
  };
  WorkloadPod& pod = *draft.pod;
  const auto note = [](Result<void> (*read)(JsonElement, bool&), bool& into) {
    return [read, &into](JsonElement it) { return read(it, into); };
  };
  return read_members(
      value, member("nodeName", [&](JsonElement it) { return read_text(it, draft.node); }),
      member("priority", [&](JsonElement it) { return kube::read_integer(it, pod.priority); }),
      member("nodeSelector", note(read_selector, pod.is_choosy)),
      member("affinity",
             [&](JsonElement it) {
               return read_affinity(it, pod.is_choosy, draft.has_node_affinity);
             }),
      member("topologySpreadConstraints", note(read_spread, pod.is_choosy)),
      member("volumes", note(read_volumes, pod.is_tied)), member("schedulingGates", read_gates),
      member("containers", [&](JsonElement l) { return read_list(l, false, specs.containers); }),
      member("initContainers", [&](JsonElement l) { return read_list(l, true, specs.sidecars); }));
}

struct ConditionDraft {
  std::string_view type{};
  std::string_view status{};
  std::string_view reason{};
  TimePoint changed{};
};

/// A resize that waits is newer than one that is on its way: it is the one that is asked for now.
void take_resize(const ConditionDraft& condition, WorkloadPod& pod) {
  const bool is_pending = condition.type == "PodResizePending";
  if (condition.status != "True" || (!is_pending && condition.type != "PodResizeInProgress"))
    return;
  if (!is_pending && pod.resize != PodResizeStage::None)
    return;
  if (is_pending)
    pod.resize =
        condition.reason == "Infeasible" ? PodResizeStage::Infeasible : PodResizeStage::Deferred;
  else
    pod.resize = condition.reason == "Error" ? PodResizeStage::Error : PodResizeStage::InProgress;
  pod.resize_changed = condition.changed;
}

Result<void> read_condition(JsonElement value, WorkloadPod& pod) {
  ConditionDraft condition;
  BERTH_CHECK(read_members(
      value, member("type", [&](JsonElement it) { return read_text(it, condition.type); }),
      member("status", [&](JsonElement it) { return read_text(it, condition.status); }),
      member("reason", [&](JsonElement it) { return read_text(it, condition.reason); }),
      member("lastTransitionTime",
             [&](JsonElement it) { return kube::read_time(it, condition.changed); })));
  if (condition.type == "Ready") {
    pod.ready = condition.status == "True";
    pod.ready_changed = condition.changed;
  }
  take_resize(condition, pod);
  return {};
}

PodQos qos_of(std::string_view text) {
  if (text == "Guaranteed")
    return PodQos::Guaranteed;
  if (text == "BestEffort")
    return PodQos::BestEffort;
  return text == "Burstable" ? PodQos::Burstable : PodQos::Unknown;
}

Result<void> read_pod_status(JsonElement value, PodDraft& draft) {
  const auto read_statuses = [&](JsonElement list) {
    return read_elements(list, [&](JsonElement one) { return read_container_status(one, draft); });
  };
  const auto read_conditions = [&](JsonElement list) {
    return read_elements(list, [&](JsonElement one) { return read_condition(one, *draft.pod); });
  };
  return read_members(
      value, member("phase", [&](JsonElement it) { return read_text(it, draft.phase); }),
      member("qosClass", [&](JsonElement it) { return read_text(it, draft.qos); }),
      member("startTime", [&](JsonElement it) { return kube::read_time(it, draft.pod->accepted); }),
      member("conditions", read_conditions), member("containerStatuses", read_statuses),
      member("initContainerStatuses", read_statuses));
}

PodStage stage_of(std::string_view phase, const api::ObjectMeta& meta) {
  if (meta.deleted || phase == "Succeeded" || phase == "Failed")
    return PodStage::Ended;
  return phase == "Running" ? PodStage::Running : PodStage::Waiting;
}

/// A record that cannot be read is the operator's to tell of.
std::optional<PodAdmission> admission_of(const api::ObjectMeta& meta) {
  const auto record = meta.annotations.find(std::string(api::annotation::kAdmitted));
  if (record == meta.annotations.end())
    return std::nullopt;
  auto admission = api::decode_admission(record->second);
  return admission
             ? std::optional(PodAdmission{std::move(admission->quota), std::move(admission->pool)})
             : std::nullopt;
}

/// Why the operator says that it waits begins with the word for it.
bool is_told_of_no_room(const api::ObjectMeta& meta) {
  const auto told = meta.annotations.find(std::string(api::annotation::kExplain));
  return told != meta.annotations.end() &&
         told->second.starts_with(std::string(to_string(Reason::InsufficientCapacity)) + ':');
}

/// Where it is, or why it is nowhere yet.
void take_place(const PodDraft& draft, WorkloadPod& pod) {
  pod.node = draft.node;
  pod.is_tied = pod.is_tied || is_tied(pod.meta);
  const bool has_its_own_affinity = draft.has_node_affinity && !pod.admission;
  pod.is_choosy = pod.is_choosy || has_its_own_affinity || is_in_gang(pod.meta);
  pod.is_unbound = pod.admission && draft.node.empty() && pod.stage == PodStage::Waiting;
  if (!pod.is_gated)
    return;
  pod.lacks_room = is_told_of_no_room(pod.meta);
  if (const auto quota = pod.meta.labels.find(std::string(api::label::kQuota));
      quota != pod.meta.labels.end())
    pod.quota = quota->second;
}

/// What of `asked` is otherwise in force; nothing where all of it is, or nobody says.
std::optional<ResourceVector> differing(const StatusDraft& status, const ResourceVector& asked) {
  for (const auto* said : {&status.requests, &status.allocated}) {
    if (!*said)
      continue;
    const bool is_same = std::ranges::all_of(
        **said, [&](const auto& entry) { return asked.get(entry.name) == entry.amount; });
    if (!is_same)
      return *said;
  }
  return std::nullopt;
}

PodContainer joined(WorkloadContainer&& spec, const StatusDraft* status) {
  PodContainer container = status == nullptr ? PodContainer{} : status->container;
  container.name = std::move(spec.name);
  container.requests = std::move(spec.requests);
  if (status != nullptr)
    container.requests_in_force = differing(*status, container.requests);
  container.is_sidecar = spec.is_sidecar;
  container.restarts_for = std::move(spec.restarts_for);
  if (container.limits.empty())
    container.limits = std::move(spec.limits);
  else if (container.limits != spec.limits)
    container.asked_limits = std::move(spec.limits);
  return container;
}

PodResult decode_workload_pod(JsonElement value) {
  PodDraft draft;
  WorkloadPod& pod = *draft.pod;
  BERTH_CHECK(read_members(
      value, member("metadata", [&](JsonElement it) { return read_meta(it, pod.meta); }),
      member("spec", [&](JsonElement it) { return read_pod_spec(it, draft); }),
      member("status", [&](JsonElement it) { return read_pod_status(it, draft); })));
  BERTH_CHECK(check_meta(pod.meta));
  pod.workload = workload_of(pod.meta);
  pod.stage = stage_of(draft.phase, pod.meta);
  pod.started = std::max(pod.started, pod.accepted);
  pod.is_sized_by_autoscaler = std::ranges::any_of(kSizedByAutoscaler, [&](std::string_view key) {
    return pod.meta.annotations.contains(std::string(key));
  });
  pod.qos = qos_of(draft.qos);
  pod.admission = admission_of(pod.meta);
  take_place(draft, pod);
  for (WorkloadContainer& spec : std::move(draft.specs).take()) {
    const auto status = std::ranges::find(draft.statuses, spec.name, [](const StatusDraft& one) {
      return std::string_view(one.container.name);
    });
    PodContainer container =
        joined(std::move(spec), status == draft.statuses.end() ? nullptr : &*status);
    if (container.killed == TimePoint{}) // no time is told: no later than it began again
      container.killed = pod.started;
    pod.containers.push_back(std::move(container));
  }
  pod.meta.labels.clear();
  pod.meta.annotations.clear();
  pod.meta.owners.clear();
  return draft.pod;
}

} // namespace

PodResult decode_workload_pod_text(const std::string& text) {
  return kube::decode_one_text<WorkloadPod>(text, decode_workload_pod);
}

kube::Codec<WorkloadPod> make_workload_pod_codec() {
  return kube::make_simdjson_codec<WorkloadPod>(kube::types::pod(), decode_workload_pod);
}

} // namespace berth::analyzer
