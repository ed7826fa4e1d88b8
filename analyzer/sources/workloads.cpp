#include "analyzer/sources/workloads.hpp"

#include <algorithm>
#include <utility>

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
using WorkloadResult = Result<std::shared_ptr<const Workload>>;
using PodResult = Result<std::shared_ptr<const WorkloadPod>>;

constexpr std::size_t kContainersMax = 64;
constexpr std::int64_t kReplicasMax = 1'000'000;

bool keep_no_annotation(std::string_view) {
  return false;
}

Result<void> read_meta(JsonElement value, api::ObjectMeta& into) {
  return kube::read_object_meta(value, into, keep_no_annotation);
}

Result<void> check_meta(const api::ObjectMeta& meta) {
  if (meta.name.empty() || meta.uid.empty())
    return fail(Code::Invalid, "metadata: name and uid must be set");
  return {};
}

Result<void> read_container(JsonElement value, std::vector<WorkloadContainer>& into) {
  if (into.size() >= kContainersMax)
    return fail(Code::TooLarge, "too many containers");
  WorkloadContainer container;
  const auto read_resources = [&](JsonElement it) {
    return read_members(it,
                        member("requests",
                               [&](JsonElement amounts) {
                                 container.has_requests = true;
                                 return cluster::read_amounts(amounts, container.requests);
                               }),
                        member("limits", [&](JsonElement amounts) {
                          container.has_limits = true;
                          return cluster::read_amounts(amounts, container.limits);
                        }));
  };
  BERTH_CHECK(read_members(
      value, member("name", [&](JsonElement it) { return read_text(it, container.name); }),
      member("resources", read_resources)));
  into.push_back(std::move(container));
  return {};
}

Result<void> read_containers(JsonElement value, std::vector<WorkloadContainer>& into) {
  return read_elements(value, [&](JsonElement it) { return read_container(it, into); });
}

WorkloadResult decode_workload(JsonElement value, api::ScalingTargetKind kind) {
  auto workload = std::make_shared<Workload>();
  workload->kind = kind;
  std::int64_t replicas = 1;
  const auto read_pod_spec = [&](JsonElement it) {
    return read_members(it, member("containers", [&](JsonElement list) {
                          return read_containers(list, workload->containers);
                        }));
  };
  const auto read_template = [&](JsonElement it) {
    return read_members(it, member("spec", read_pod_spec));
  };
  const auto read_spec = [&](JsonElement it) {
    return read_members(
        it, member("replicas", [&](JsonElement n) { return kube::read_integer(n, replicas); }),
        member("template", read_template));
  };
  BERTH_CHECK(read_members(
      value, member("metadata", [&](JsonElement it) { return read_meta(it, workload->meta); }),
      member("spec", read_spec)));
  BERTH_CHECK(check_meta(workload->meta));
  if (replicas < 0 || replicas > kReplicasMax)
    return fail(Code::Invalid, "spec: replicas: must be 0 to 1000000");
  workload->replicas = static_cast<std::int32_t>(replicas);
  workload->meta.labels.clear();
  return workload;
}

/// Which workload a pod is of: of a ReplicaSet it is the Deployment before the hash in its name.
std::optional<WorkloadRef> workload_of(const api::ObjectMeta& meta) {
  const auto owner =
      std::ranges::find_if(meta.owners, [](const auto& one) { return one.controller; });
  if (owner == meta.owners.end())
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

/// The state of a container: when it began, or why it ended.
Result<void> read_state(JsonElement value, TimePoint& started, std::string_view& reason) {
  return read_members(value,
                      member("running",
                             [&](JsonElement it) {
                               return read_members(it, member("startedAt", [&](JsonElement at) {
                                                     return kube::read_time(at, started);
                                                   }));
                             }),
                      member("terminated", [&](JsonElement it) {
                        return read_members(it, member("reason", [&](JsonElement text) {
                                              return read_text(text, reason);
                                            }));
                      }));
}

struct PodDraft {
  std::shared_ptr<WorkloadPod> pod = std::make_shared<WorkloadPod>();
  std::vector<WorkloadContainer> specs{};
  std::vector<PodContainer> statuses{};
  std::string_view phase{};
};

Result<void> read_container_status(JsonElement value, PodDraft& draft) {
  PodContainer status;
  TimePoint started{};
  TimePoint ignored{};
  std::string_view reason;
  std::string_view last_reason;
  BERTH_CHECK(read_members(
      value, member("name", [&](JsonElement it) { return read_text(it, status.name); }),
      member("restartCount",
             [&](JsonElement it) { return kube::read_integer(it, status.restarts); }),
      member("state", [&](JsonElement it) { return read_state(it, started, reason); }),
      member("lastState", [&](JsonElement it) { return read_state(it, ignored, last_reason); })));
  status.killed_for_memory = reason == "OOMKilled" || last_reason == "OOMKilled";
  draft.pod->started = std::max(draft.pod->started, started);
  draft.statuses.push_back(std::move(status));
  return {};
}

Result<void> read_pod_spec(JsonElement value, PodDraft& draft) {
  return read_members(
      value, member("nodeName", [&](JsonElement it) { return read_text(it, draft.pod->node); }),
      member("containers", [&](JsonElement it) { return read_containers(it, draft.specs); }));
}

Result<void> read_pod_status(JsonElement value, PodDraft& draft) {
  return read_members(value,
                      member("phase", [&](JsonElement it) { return read_text(it, draft.phase); }),
                      member("startTime",
                             [&](JsonElement it) -> Result<void> {
                               TimePoint started{};
                               BERTH_CHECK(kube::read_time(it, started));
                               draft.pod->started = std::max(draft.pod->started, started);
                               return {};
                             }),
                      member("containerStatuses", [&](JsonElement it) {
                        return read_elements(
                            it, [&](JsonElement one) { return read_container_status(one, draft); });
                      }));
}

PodResult decode_pod(JsonElement value) {
  PodDraft draft;
  WorkloadPod& pod = *draft.pod;
  BERTH_CHECK(read_members(
      value, member("metadata", [&](JsonElement it) { return read_meta(it, pod.meta); }),
      member("spec", [&](JsonElement it) { return read_pod_spec(it, draft); }),
      member("status", [&](JsonElement it) { return read_pod_status(it, draft); })));
  BERTH_CHECK(check_meta(pod.meta));
  pod.workload = workload_of(pod.meta);
  pod.running = draft.phase == "Running" && !pod.meta.deleted;
  for (const WorkloadContainer& spec : draft.specs) {
    const auto status = std::ranges::find(draft.statuses, spec.name, &PodContainer::name);
    PodContainer container = status == draft.statuses.end() ? PodContainer{} : *status;
    container.name = spec.name;
    container.limits = spec.limits;
    pod.containers.push_back(std::move(container));
    pod.requests += spec.requests;
  }
  pod.meta.labels.clear();
  pod.meta.owners.clear();
  return draft.pod;
}

template <class T, class Decode>
Result<std::shared_ptr<const T>> decode_text(std::string text, Decode decode) {
  simdjson::dom::parser parser;
  if (parser.allocate(text.size(), kube::kJsonDepthMax) != simdjson::SUCCESS)
    return fail(Code::TooLarge, "an object of " + std::to_string(text.size()) + " bytes");
  JsonElement element;
  if (const auto error = parser.parse(text).get(element); error != simdjson::SUCCESS)
    return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(error));
  return decode(element);
}

} // namespace

WorkloadResult decode_workload_text(api::ScalingTargetKind kind, std::string text) {
  return decode_text<Workload>(std::move(text),
                               [kind](JsonElement it) { return decode_workload(it, kind); });
}

PodResult decode_workload_pod_text(std::string text) {
  return decode_text<WorkloadPod>(std::move(text), decode_pod);
}

kube::Codec<Workload> make_workload_codec(api::ScalingTargetKind kind) {
  return kube::make_simdjson_codec<Workload>(
      kind == api::ScalingTargetKind::StatefulSet ? kube::types::stateful_set()
                                                  : kube::types::deployment(),
      [kind](JsonElement it) { return decode_workload(it, kind); });
}

kube::Codec<WorkloadPod> make_workload_pod_codec() {
  return kube::make_simdjson_codec<WorkloadPod>(kube::types::pod(), decode_pod);
}

} // namespace berth::analyzer
