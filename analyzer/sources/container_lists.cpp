#include "analyzer/sources/container_lists.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "analyzer/sources/pod_ties.hpp"
#include "lib/api/labels.hpp"
#include "lib/cluster/pod_draft.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_elements;
using kube::read_members;
using kube::read_text;

constexpr std::size_t kContainersMax = 64;
/// There is one for each resource that can be changed in place.
constexpr std::size_t kResizePoliciesMax = 8;

bool keep_annotation(std::string_view key) {
  return key == api::annotation::kAdmitted || key == api::annotation::kExplain ||
         key == api::annotation::kUsage || is_tie(key) ||
         std::ranges::find(kSizedByAutoscaler, key) != kSizedByAutoscaler.end();
}

/// As in a pod: what has a limit and no request asks for its limit.
void fill_in_requests(WorkloadContainer& container) {
  for (const auto& [resource, limit] : container.limits)
    if (!container.requests.contains(resource))
      container.requests.set(resource, limit);
}

/// Of a container's resizePolicy what cannot be changed while it runs on.
Result<void> read_resize_policy(JsonElement value, WorkloadContainer& container) {
  return read_elements(value, [&](JsonElement one) -> Result<void> {
    std::string_view resource;
    std::string_view policy;
    BERTH_CHECK(read_members(
        one, member("resourceName", [&](JsonElement it) { return read_text(it, resource); }),
        member("restartPolicy", [&](JsonElement it) { return read_text(it, policy); })));
    if (policy != "RestartContainer")
      return {};
    if (container.restarts_for.size() >= kResizePoliciesMax)
      return fail(Code::TooLarge, "too many resize policies");
    container.restarts_for.emplace_back(std::string(resource));
    return {};
  });
}

/// One of `spec.containers`, or of `spec.initContainers`, of which only sidecars are kept.
Result<void> read_container(JsonElement value, bool is_init, std::size_t position,
                            std::vector<WorkloadContainer>& into) {
  WorkloadContainer container;
  std::string_view restart_policy;
  const auto read_resources = [&](JsonElement it) {
    return read_members(it,
                        member("requests",
                               [&](JsonElement amounts) {
                                 container.has_requests = true;
                                 return cluster::read_amounts(amounts, container.requests);
                               }),
                        member("limits", [&](JsonElement amounts) {
                          return cluster::read_amounts(amounts, container.limits);
                        }));
  };
  BERTH_CHECK(read_members(
      value, member("name", [&](JsonElement it) { return read_text(it, container.name); }),
      member("restartPolicy", [&](JsonElement it) { return read_text(it, restart_policy); }),
      member("resizePolicy", [&](JsonElement it) { return read_resize_policy(it, container); }),
      member("resources", read_resources)));
  if (is_init && restart_policy != "Always")
    return {};
  if (into.size() >= kContainersMax)
    return fail(Code::TooLarge, "too many containers");
  fill_in_requests(container);
  container.is_sidecar = is_init;
  container.position = position;
  into.push_back(std::move(container));
  return {};
}

} // namespace

std::vector<WorkloadContainer> ContainerLists::take() && {
  std::ranges::move(sidecars, std::back_inserter(containers));
  return std::move(containers);
}

Result<void> read_list(JsonElement value, bool is_init, std::vector<WorkloadContainer>& into) {
  std::size_t position = 0;
  return read_elements(
      value, [&](JsonElement it) { return read_container(it, is_init, position++, into); });
}

Result<void> read_meta(JsonElement value, api::ObjectMeta& into) {
  return kube::read_object_meta(value, into, keep_annotation);
}

Result<void> check_meta(const api::ObjectMeta& meta) {
  if (meta.name.empty() || meta.uid.empty())
    return fail(Code::Invalid, "metadata: name and uid must be set");
  return {};
}

} // namespace berth::analyzer
