#include "analyzer/sources/autoscalers.hpp"

#include <utility>

#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_members;
using kube::read_text;
using AutoscalerResult = Result<std::shared_ptr<const Autoscaler>>;

constexpr std::size_t kMetricsMax = 64;

Result<void> read_target(JsonElement value, std::optional<WorkloadRef>& into) {
  std::string_view group_version;
  std::string_view kind;
  WorkloadRef ref;
  BERTH_CHECK(read_members(
      value, member("apiVersion", [&](JsonElement it) { return read_text(it, group_version); }),
      member("kind", [&](JsonElement it) { return read_text(it, kind); }),
      member("name", [&](JsonElement it) { return read_text(it, ref.key.name); })));
  if (!group_version.starts_with("apps/") || ref.key.name.empty())
    return {};
  if (kind == "StatefulSet")
    ref.kind = api::ScalingTargetKind::StatefulSet;
  else if (kind != "Deployment")
    return {};
  into = std::move(ref);
  return {};
}

/// `resource` or `containerResource` of a metric: {name, target: {type: Utilization}}.
Result<void> read_resource(JsonElement value, Autoscaler& into) {
  std::string_view name;
  std::string_view type;
  const auto read_type = [&](JsonElement it) { return read_text(it, type); };
  BERTH_CHECK(read_members(value,
                           member("name", [&](JsonElement it) { return read_text(it, name); }),
                           member("target", [&](JsonElement it) {
                             return read_members(it, member("type", read_type));
                           })));
  if (type == "Utilization" && into.follows.size() < kMetricsMax)
    into.follows.emplace_back(name);
  return {};
}

Result<void> read_metric(JsonElement value, Autoscaler& into) {
  const auto read = [&](JsonElement it) { return read_resource(it, into); };
  return read_members(value, member("resource", read), member("containerResource", read));
}

Result<void> read_spec(JsonElement value, Autoscaler& into) {
  const auto read_metrics = [&](JsonElement list) {
    return kube::read_elements(list, [&](JsonElement it) { return read_metric(it, into); });
  };
  return read_members(
      value, member("scaleTargetRef", [&](JsonElement it) { return read_target(it, into.target); }),
      member("metrics", read_metrics));
}

AutoscalerResult decode_autoscaler(JsonElement value) {
  auto autoscaler = std::make_shared<Autoscaler>();
  api::ObjectMeta& meta = autoscaler->meta;
  const auto keep_no_annotation = [](std::string_view) { return false; };
  BERTH_CHECK(read_members(
      value,
      member("metadata",
             [&](JsonElement it) { return kube::read_object_meta(it, meta, keep_no_annotation); }),
      member("spec", [&](JsonElement it) { return read_spec(it, *autoscaler); })));
  if (meta.name.empty() || meta.uid.empty())
    return fail(Code::Invalid, "metadata: name and uid must be set");
  if (autoscaler->target)
    autoscaler->target->key.ns = meta.ns;
  meta.labels.clear();
  meta.owners.clear();
  return autoscaler;
}

} // namespace

AutoscalerResult decode_autoscaler_text(const std::string& text) {
  return kube::decode_one_text<Autoscaler>(text, decode_autoscaler);
}

kube::Codec<Autoscaler> make_autoscaler_codec() {
  return kube::make_simdjson_codec<Autoscaler>(kube::types::horizontal_pod_autoscaler(),
                                               decode_autoscaler);
}

} // namespace berth::analyzer
