#include "analyzer/sources/workloads.hpp"

#include <utility>

#include "analyzer/sources/container_lists.hpp"
#include "analyzer/sources/pod_ties.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_members;
using WorkloadResult = Result<std::shared_ptr<const Workload>>;

constexpr std::int64_t kReplicasMax = 1'000'000;

WorkloadResult decode_workload(JsonElement value, api::ScalingTargetKind kind) {
  auto workload = std::make_shared<Workload>();
  workload->kind = kind;
  std::int64_t replicas = 1;
  ContainerLists lists;
  const auto read_pod_spec = [&](JsonElement it) {
    return read_members(
        it,
        member("nodeSelector",
               [&](JsonElement one) { return read_selector(one, workload->is_choosy); }),
        member("affinity",
               [&](JsonElement one) {
                 return read_affinity(one, workload->is_choosy, workload->is_choosy);
               }),
        member("containers", [&](JsonElement l) { return read_list(l, false, lists.containers); }),
        member("initContainers",
               [&](JsonElement l) { return read_list(l, true, lists.sidecars); }));
  };
  const auto read_template = [&](JsonElement it) {
    return read_members(it, member("spec", read_pod_spec));
  };
  const auto read_spec = [&](JsonElement it) {
    return read_members(it,
                        member(kind == api::ScalingTargetKind::Job ? "parallelism" : "replicas",
                               [&](JsonElement n) { return kube::read_integer(n, replicas); }),
                        member("template", read_template));
  };
  BERTH_CHECK(read_members(
      value, member("metadata", [&](JsonElement it) { return read_meta(it, workload->meta); }),
      member("spec", read_spec)));
  BERTH_CHECK(check_meta(workload->meta));
  if (replicas < 0 || replicas > kReplicasMax)
    return fail(Code::Invalid, "spec: replicas or parallelism: must be 0 to 1000000");
  workload->replicas = static_cast<std::int32_t>(replicas);
  workload->containers = std::move(lists).take();
  workload->pushed = api::read_pushed_usage(workload->meta.annotations);
  workload->meta.labels.clear();
  workload->meta.annotations.clear();
  return workload;
}

} // namespace

const kube::ResourceType& type_of(api::ScalingTargetKind kind) {
  switch (kind) {
  case api::ScalingTargetKind::StatefulSet: return kube::types::stateful_set();
  case api::ScalingTargetKind::Job: return kube::types::job();
  default: return kube::types::deployment();
  }
}

WorkloadResult decode_workload_text(api::ScalingTargetKind kind, const std::string& text) {
  return kube::decode_one_text<Workload>(
      text, [kind](JsonElement it) { return decode_workload(it, kind); });
}

kube::Codec<Workload> make_workload_codec(api::ScalingTargetKind kind) {
  return kube::make_simdjson_codec<Workload>(
      type_of(kind), [kind](JsonElement it) { return decode_workload(it, kind); });
}

} // namespace berth::analyzer
