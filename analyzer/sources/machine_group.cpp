#include "analyzer/sources/machine_group.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "lib/kube/codec_simdjson.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_members;

/// As many machines as a pool may have nodes.
constexpr std::int64_t kMachinesMax = 100'000;

constexpr std::string_view kPaused = "cluster.x-k8s.io/paused";
/// By each of these somebody else owns the size.
constexpr std::array<std::string_view, 3> kOwners{
    "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
    "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
    "cluster.x-k8s.io/replicas-managed-by"};

bool matters(std::string_view key) {
  return key == kPaused || std::ranges::find(kOwners, key) != kOwners.end();
}

Result<void> read_count(JsonElement value, std::int32_t& into) {
  std::int64_t count = 0;
  BERTH_CHECK(kube::read_integer(value, count));
  if (count < 0 || count > kMachinesMax)
    return fail(Code::Invalid, "must be 0 to " + std::to_string(kMachinesMax));
  into = static_cast<std::int32_t>(count);
  return {};
}

Result<std::shared_ptr<const MachineGroup>> decode_group(JsonElement value) {
  auto group = std::make_shared<MachineGroup>();
  api::ObjectMeta meta;
  std::string kind;
  std::string version;
  std::optional<std::int64_t> observed;
  group->asked = 1; // so the API server fills in a MachineDeployment
  const auto count = [](std::int32_t& into) {
    return [&into](JsonElement it) { return read_count(it, into); };
  };
  const auto read_spec = [&](JsonElement it) {
    return read_members(it, member("replicas", count(group->asked)),
                        member("paused", [&](JsonElement paused) {
                          return kube::read_bool(paused, group->is_paused);
                        }));
  };
  const auto read_status = [&](JsonElement it) {
    return read_members(it, member("replicas", count(group->present)),
                        member("readyReplicas", count(group->ready)),
                        member("observedGeneration", [&](JsonElement seen) {
                          return kube::read_integer(seen, observed.emplace());
                        }));
  };
  BERTH_CHECK(read_members(
      value, member("apiVersion", [&](JsonElement it) { return kube::read_text(it, version); }),
      member("kind", [&](JsonElement it) { return kube::read_text(it, kind); }),
      member("metadata", [&](JsonElement it) { return kube::read_object_meta(it, meta, matters); }),
      member("spec", read_spec), member("status", read_status)));
  if (meta.name.empty() || meta.resource_version.empty())
    return fail(Code::Invalid, "metadata: name and resourceVersion must be set");
  if (kind != "MachineDeployment" && kind != "MachinePool")
    return fail(Code::Invalid, "kind: must be MachineDeployment or MachinePool");
  if (kind == "MachinePool")
    group->kind = api::NodeGroupKind::MachinePool;
  group->version = version.substr(version.find('/') + 1);
  group->key = meta.key();
  group->resource_version = meta.resource_version;
  group->is_observed = observed.value_or(meta.generation) >= meta.generation;
  group->is_paused = group->is_paused || meta.annotations.contains(std::string(kPaused));
  group->is_deleted = meta.deleted.has_value();
  for (const std::string_view owner : kOwners)
    if (group->owned_by.empty() && meta.annotations.contains(std::string(owner)))
      group->owned_by = owner;
  return group;
}

} // namespace

std::string describe(const MachineGroup& group) {
  return std::string(to_string(group.kind)) + ' ' + to_string(group.key);
}

kube::ResourceType machine_type(api::NodeGroupKind kind, const std::string& version) {
  const bool is_pool = kind == api::NodeGroupKind::MachinePool;
  return {std::string(kClusterApiGroup), version, is_pool ? "machinepools" : "machinedeployments",
          std::string(to_string(kind)), true};
}

Result<MachineGroup> decode_machine_group(const std::string& text) {
  BERTH_TRY(const auto group, kube::decode_one_text<MachineGroup>(text, decode_group));
  return *group;
}

async::Task<Result<MachineGroup>> MachineGroups::read(const api::ProviderRef& ref) {
  const auto kind = ref.kind.value_or(api::NodeGroupKind::MachineDeployment);
  return group_.read<MachineGroup>(
      [kind](const std::string& version) { return machine_type(kind, version); },
      {ref.ns, ref.name}, decode_machine_group);
}

} // namespace berth::analyzer
