#include "lib/cluster/node_codec.hpp"

#include <utility>

#include "lib/api/labels.hpp"
#include "lib/cluster/pod_draft.hpp"
#include "lib/kube/codec_simdjson.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cluster {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_elements;
using kube::read_members;
using kube::read_text;
using NodeResult = Result<std::shared_ptr<const Node>>;

bool keep_no_annotation(std::string_view) {
  return false;
}

bool keep_usage(std::string_view annotation) {
  return annotation == api::annotation::kUsage;
}

/// Moves the labels from the metadata to where allocation looks at them.
allocation::Labels take_labels(api::ObjectMeta& meta) {
  allocation::Labels labels;
  for (auto& [key, value] : std::exchange(meta.labels, {}))
    labels.set(key, std::move(value));
  return labels;
}

Result<void> read_taint(JsonElement value, std::vector<allocation::Taint>& into) {
  allocation::Taint taint;
  std::string_view effect;
  BERTH_CHECK(
      read_members(value, member("key", [&](JsonElement it) { return read_text(it, taint.key); }),
                   member("value", [&](JsonElement it) { return read_text(it, taint.value); }),
                   member("effect", [&](JsonElement it) { return read_text(it, effect); })));
  // An effect of a later Kubernetes keeps pods away: placing too little is the safe side.
  if (effect == "PreferNoSchedule")
    taint.effect = allocation::TaintEffect::PreferNoSchedule;
  else if (effect == "NoExecute")
    taint.effect = allocation::TaintEffect::NoExecute;
  into.push_back(std::move(taint));
  return {};
}

Result<void> read_condition(JsonElement value, bool& ready) {
  std::string_view type;
  std::string_view status;
  BERTH_CHECK(
      read_members(value, member("type", [&](JsonElement it) { return read_text(it, type); }),
                   member("status", [&](JsonElement it) { return read_text(it, status); })));
  if (type == "Ready")
    ready = status == "True";
  return {};
}

NodeResult read_node(JsonElement value) {
  auto node = std::make_shared<Node>();
  auto& view = node->view;
  view.ready = false;
  const auto read_next_taint = [&](JsonElement it) { return read_taint(it, view.taints); };
  const auto read_next_condition = [&](JsonElement it) { return read_condition(it, view.ready); };
  const auto read_spec = [&](JsonElement it) {
    return read_members(
        it,
        member("taints", [&](JsonElement list) { return read_elements(list, read_next_taint); }),
        member("unschedulable",
               [&](JsonElement flag) { return kube::read_bool(flag, view.unschedulable); }));
  };
  const auto read_status = [&](JsonElement it) {
    return read_members(
        it,
        member("allocatable",
               [&](JsonElement amounts) { return read_amounts(amounts, view.allocatable); }),
        member("capacity",
               [&](JsonElement amounts) { return read_amounts(amounts, node->capacity); }),
        member("conditions",
               [&](JsonElement list) { return read_elements(list, read_next_condition); }));
  };
  BERTH_CHECK(read_members(
      value,
      member("metadata",
             [&](JsonElement it) { return kube::read_object_meta(it, node->meta, keep_usage); }),
      member("spec", read_spec), member("status", read_status)));
  if (node->meta.name.empty())
    return fail(Code::Invalid, "metadata: name must be set");
  view.name = NodeName{node->meta.name};
  view.labels = take_labels(node->meta);
  node->pushed = api::read_pushed_usage(node->meta.annotations);
  node->meta.annotations.clear();
  return node;
}

} // namespace

NodeResult decode_node_text(std::string text) {
  simdjson::dom::parser parser;
  if (parser.allocate(text.size(), kube::kJsonDepthMax) != simdjson::SUCCESS)
    return fail(Code::TooLarge, "a node of " + std::to_string(text.size()) + " bytes");
  JsonElement element;
  if (const auto error = parser.parse(text).get(element); error != simdjson::SUCCESS)
    return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(error));
  return read_node(element);
}

kube::Codec<Node> make_node_codec() {
  return kube::make_simdjson_codec<Node>(kube::types::node(), read_node);
}

kube::Codec<Namespace> make_namespace_codec() {
  return kube::make_simdjson_codec<Namespace>(
      kube::types::namespace_(), [](JsonElement value) -> Result<std::shared_ptr<const Namespace>> {
        auto name_space = std::make_shared<Namespace>();
        BERTH_CHECK(read_members(value, member("metadata", [&](JsonElement it) {
                                   return kube::read_object_meta(it, name_space->meta,
                                                                 keep_no_annotation);
                                 })));
        name_space->view.name = name_space->meta.name;
        name_space->view.labels = take_labels(name_space->meta);
        return name_space;
      });
}

} // namespace berth::cluster
