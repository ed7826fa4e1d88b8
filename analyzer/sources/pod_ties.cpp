#include "analyzer/sources/pod_ties.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "lib/api/labels.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_elements;
using kube::read_members;

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";
constexpr std::string_view kDoNotDisrupt = "karpenter.sh/do-not-disrupt";
constexpr std::array<std::string_view, 2> kGangAnnotations{"scheduling.k8s.io/group-name",
                                                           "pod-group-name"};
constexpr std::array<std::string_view, 3> kGangLabels{
    api::label::kWorkload, "scheduling.x-k8s.io/pod-group", "kueue.x-k8s.io/pod-group-name"};

/// Whether there is anything in a list or map.
auto any(bool& is_any) {
  return [&is_any](JsonElement value) -> Result<void> {
    simdjson::dom::array list;
    simdjson::dom::object map;
    if (value.get_array().get(list) == simdjson::SUCCESS)
      is_any = is_any || list.size() > 0;
    else if (value.get_object().get(map) == simdjson::SUCCESS)
      is_any = is_any || map.size() > 0;
    else
      return kube::refuse_type("a list or an object");
    return {};
  };
}

bool is_said(const std::map<std::string, std::string>& said, std::string_view key,
             std::string_view value) {
  const auto found = said.find(std::string(key));
  return found != said.end() && found->second == value;
}

} // namespace

Result<void> read_selector(JsonElement value, bool& is_choosy) {
  return any(is_choosy)(value);
}

Result<void> read_affinity(JsonElement value, bool& to_pods, bool& to_nodes) {
  const auto read_term = [&](JsonElement term) {
    return read_members(term, member("matchExpressions", any(to_nodes)));
  };
  const auto read_terms = [&](JsonElement list) { return read_elements(list, read_term); };
  const auto read_required = [&](JsonElement it) {
    return read_members(it, member("nodeSelectorTerms", read_terms));
  };
  const auto read_of_node = [&](JsonElement it) {
    return read_members(it, member(kRequired, read_required));
  };
  const auto read_of_pods = [&](JsonElement it) {
    return read_members(it, member(kRequired, any(to_pods)));
  };
  return read_members(value, member("nodeAffinity", read_of_node),
                      member("podAffinity", read_of_pods), member("podAntiAffinity", read_of_pods));
}

Result<void> read_spread(JsonElement value, bool& is_choosy) {
  return read_elements(value, [&](JsonElement one) -> Result<void> {
    // As the API server fills it in: what says nothing forbids.
    std::string_view unsatisfiable = "DoNotSchedule";
    BERTH_CHECK(read_members(one, member("whenUnsatisfiable", [&](JsonElement it) {
                               return kube::read_text(it, unsatisfiable);
                             })));
    is_choosy = is_choosy || unsatisfiable == "DoNotSchedule";
    return {};
  });
}

Result<void> read_volumes(JsonElement value, bool& is_tied) {
  const auto tie = [&](JsonElement) -> Result<void> {
    is_tied = true;
    return {};
  };
  // What is in memory is lost with every restart anyway.
  const auto read_empty_dir = [&](JsonElement it) -> Result<void> {
    std::string_view medium;
    BERTH_CHECK(read_members(
        it, member("medium", [&](JsonElement text) { return kube::read_text(text, medium); })));
    is_tied = is_tied || medium != "Memory";
    return {};
  };
  return read_elements(value, [&](JsonElement one) {
    return read_members(one, member("hostPath", tie), member("persistentVolumeClaim", tie),
                        member("ephemeral", tie), member("emptyDir", read_empty_dir));
  });
}

bool is_tie(std::string_view annotation) {
  return annotation == kSafeToEvict || annotation == kDoNotDisrupt ||
         std::ranges::find(kGangAnnotations, annotation) != kGangAnnotations.end();
}

bool is_tied(const api::ObjectMeta& meta) {
  return is_said(meta.labels, api::label::kPreemptible, "false") ||
         is_said(meta.annotations, kSafeToEvict, "false") ||
         is_said(meta.annotations, kDoNotDisrupt, "true");
}

bool is_in_gang(const api::ObjectMeta& meta) {
  const auto among = [](const auto& said) {
    return [&said](std::string_view key) { return said.contains(std::string(key)); };
  };
  return std::ranges::any_of(kGangLabels, among(meta.labels)) ||
         std::ranges::any_of(kGangAnnotations, among(meta.annotations));
}

} // namespace berth::analyzer
