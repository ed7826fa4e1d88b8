#include "scheduler-extender/decode.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <vector>

#include "lib/base/name_hash.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "lib/kube/simdjson_reading.hpp"
#include "lib/kube/wire_event.hpp"
#include "scheduler-extender/name_set.hpp"
#include "scheduler-extender/trailing_names.hpp"

namespace berth::extender {

namespace {

namespace dom = simdjson::dom;
using kube::JsonElement;
using kube::refuse_member;
using kube::refuse_type;

/// Buffers that one huge body made are not kept for the small ones after it.
constexpr std::size_t kKeptBytesMax = std::size_t{1} << 20U;
constexpr std::size_t kBufferBytesMin = std::size_t{64} << 10U;

using Keys = std::vector<std::string_view>;

Result<void> refuse_duplicate_keys(JsonElement element, Keys& keys);
/// The named fields of a Go struct, in the order of `names`; nothing for an absent or null one.
template <std::size_t N>
Result<std::array<std::optional<JsonElement>, N>>
fields_of(JsonElement element, const std::array<std::string_view, N>& names);
Result<std::shared_ptr<const cluster::Pod>> pod_of(std::optional<JsonElement> element);
Result<void> read_names(JsonElement element, std::vector<std::string_view>& names);
Result<void> read_nodes(JsonElement element, std::vector<NodeVictims>& nodes);
Result<std::string_view> name_of(std::optional<JsonElement> element, std::size_t bytes_max);
Result<std::string> argument(std::optional<JsonElement> element, std::string_view field,
                             std::size_t bytes_max);

} // namespace

struct Decoder::Buffers {
  dom::parser parser{kBodyBytesMax};
  Keys keys;
  std::string without_names;
  std::string_view names_text;
  std::vector<std::string_view> names;
  std::vector<std::uint64_t> hashes;
  std::vector<NodeVictims> nodes;
  NameSet seen;

  /// The document as JSON, its depth and keys checked and nothing behind it.
  Result<JsonElement> parse(std::string& body);
  /// The same for an ExtenderArgs; where its names can be read without a parser they are, and the
  /// document has an empty list instead.
  Result<JsonElement> parse_args(std::string& body);
};

Decoder::Decoder() : buffers_(std::make_unique<Buffers>()) {}
Decoder::~Decoder() = default;

Result<PlacementRequest> Decoder::placement(std::string& body) {
  BERTH_TRY(const JsonElement document, buffers_->parse_args(body));
  constexpr std::array<std::string_view, 3> kFields{"Pod", "Nodes", "NodeNames"};
  BERTH_TRY(const auto fields, fields_of(document, kFields));
  const auto& [pod, nodes, node_names] = fields;
  PlacementRequest request;
  BERTH_TRY(request.pod, pod_of(pod));
  request.has_whole_nodes = nodes.has_value() && !node_names.has_value();
  if (node_names)
    BERTH_CHECK(read_names(*node_names, buffers_->names));
  hash_names(buffers_->names, buffers_->hashes);
  if (const auto twice = buffers_->seen.first_repeated(buffers_->names, buffers_->hashes))
    return refuse_member(*twice, {Code::Invalid, "the node is named twice", {}});
  request.node_names = buffers_->names;
  request.name_hashes = buffers_->hashes;
  request.names_text = buffers_->names_text;
  return request;
}

Result<PreemptRequest> Decoder::preempt(std::string& body) {
  BERTH_TRY(const JsonElement document, buffers_->parse(body));
  constexpr std::array<std::string_view, 3> kFields{"Pod", "NodeNameToVictims",
                                                    "NodeNameToMetaVictims"};
  BERTH_TRY(const auto fields, fields_of(document, kFields));
  const auto& [pod, whole_victims, victims] = fields;
  if (whole_victims && !victims)
    return fail(Code::Invalid, std::string(kWantsNames));
  PreemptRequest request;
  BERTH_TRY(request.pod, pod_of(pod));
  buffers_->nodes.clear();
  if (victims)
    BERTH_CHECK(read_nodes(*victims, buffers_->nodes));
  request.nodes = buffers_->nodes;
  return request;
}

Result<BindRequest> Decoder::bind(std::string& body) {
  BERTH_TRY(const JsonElement document, buffers_->parse(body));
  constexpr std::array<std::string_view, 4> kFields{"PodNamespace", "PodName", "PodUID", "Node"};
  BERTH_TRY(const auto fields, fields_of(document, kFields));
  BindRequest request;
  BERTH_TRY(request.pod_namespace, argument(fields[0], kFields[0], kNameBytesMax));
  BERTH_TRY(request.pod_name, argument(fields[1], kFields[1], kNameBytesMax));
  BERTH_TRY(request.pod_uid, argument(fields[2], kFields[2], kUidBytesMax));
  BERTH_TRY(request.node, argument(fields[3], kFields[3], kNameBytesMax));
  return request;
}

Result<JsonElement> Decoder::Buffers::parse(std::string& body) {
  if (body.size() > kBodyBytesMax)
    return fail(Code::TooLarge, "the body is longer than 8 MiB");
  if (parser.capacity() > kKeptBytesMax)
    parser = dom::parser(kBodyBytesMax);
  if (parser.capacity() < body.size()) {
    const std::size_t wanted = std::bit_ceil(std::max(body.size(), kBufferBytesMin));
    if (parser.allocate(wanted, kube::kJsonDepthMax) != simdjson::SUCCESS)
      return fail(Code::Internal, "no memory for a JSON parser");
  }
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  JsonElement document;
  if (const auto problem = parser.parse(body.data(), body.size(), false).get(document))
    return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(problem));
  keys.clear();
  BERTH_CHECK(refuse_duplicate_keys(document, keys));
  return document;
}

Result<JsonElement> Decoder::Buffers::parse_args(std::string& body) {
  names.clear();
  const auto list = body.size() <= kBodyBytesMax ? read_trailing_names(body, names) : std::nullopt;
  names_text = list.value_or("");
  if (!list) {
    names.clear();
    return parse(body);
  }
  const auto list_at = static_cast<std::size_t>(list->data() - body.data());
  without_names.assign(body, 0, list_at).append("[]}");
  return parse(without_names);
}

namespace {

tl::unexpected<Error> refuse(std::string_view name, std::string_view why) {
  return refuse_member(name, {Code::Invalid, std::string(why), {}});
}

/// Two readers may believe different ones of two equal keys, so there must be no two. `keys` is one
/// stack for the whole walk, whose depth the parser bounds.
Result<void> refuse_duplicate_keys(JsonElement element, Keys& keys) {
  if (element.is_array()) {
    for (const JsonElement item : dom::array(element))
      if (item.is_object() || item.is_array()) // most are thousands of names
        BERTH_CHECK(refuse_duplicate_keys(item, keys));
    return {};
  }
  if (!element.is_object())
    return {};
  const auto first = static_cast<std::ptrdiff_t>(keys.size());
  for (const auto [key, value] : dom::object(element))
    keys.push_back(key);
  std::sort(keys.begin() + first, keys.end());
  const auto twice = std::adjacent_find(keys.begin() + first, keys.end());
  if (twice != keys.end())
    return refuse(*twice, "appears twice");
  keys.resize(static_cast<std::size_t>(first));
  for (const auto [key, value] : dom::object(element))
    BERTH_CHECK(refuse_duplicate_keys(value, keys));
  return {};
}

bool equal_but_for_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(left, right, {}, lower, lower);
}

template <std::size_t N>
Result<std::array<std::optional<JsonElement>, N>>
fields_of(JsonElement element, const std::array<std::string_view, N>& names) {
  dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS)
    return refuse_type("an object");
  std::array<std::optional<JsonElement>, N> fields{};
  std::array<bool, N> seen{};
  for (const auto [key, value] : object) {
    for (std::size_t i = 0; i < N; ++i) {
      if (!equal_but_for_case(key, names[i]))
        continue;
      if (std::exchange(seen[i], true))
        return refuse(key, "appears twice");
      if (!value.is_null())
        fields[i] = value;
    }
  }
  return fields;
}

Result<std::shared_ptr<const cluster::Pod>> pod_of(std::optional<JsonElement> element) {
  if (!element)
    return refuse("Pod", "is missing");
  auto pod = cluster::decode_pod(*element);
  if (!pod)
    return refuse_member("Pod", pod.error());
  return std::move(*pod);
}

Result<void> read_names(JsonElement element, std::vector<std::string_view>& names) {
  dom::array array;
  if (element.get_array().get(array) != simdjson::SUCCESS)
    return refuse("NodeNames", "must be a list");
  if (array.size() > kNodesMax)
    return refuse("NodeNames", "names more than 100000 nodes");
  for (const JsonElement item : array) {
    std::string_view name;
    const bool is_text = item.get_string().get(name) == simdjson::SUCCESS;
    if (!is_text || name.empty() || name.size() > kNameBytesMax)
      return refuse_member("NodeNames", name_of(item, kNameBytesMax).error());
    names.push_back(name);
  }
  return {};
}

Result<NodeVictims> victims_of(std::string_view node, JsonElement element) {
  constexpr std::array<std::string_view, 2> kFields{"Pods", "NumPDBViolations"};
  BERTH_TRY(const auto fields, fields_of(element, kFields));
  NodeVictims victims{node, {}, 0};
  if (fields[1])
    BERTH_CHECK(kube::read_integer(*fields[1], victims.pdb_violations));
  if (victims.pdb_violations < 0)
    return refuse("NumPDBViolations", "must not be negative");
  if (!fields[0])
    return victims;
  BERTH_CHECK(kube::read_elements(*fields[0], [&](JsonElement pod) -> Result<void> {
    constexpr std::array<std::string_view, 1> kUid{"UID"};
    BERTH_TRY(const auto uid, fields_of(pod, kUid));
    BERTH_TRY(const std::string_view text, name_of(uid[0], kUidBytesMax));
    victims.uids.push_back(text);
    return {};
  }));
  return victims;
}

Result<void> read_nodes(JsonElement element, std::vector<NodeVictims>& nodes) {
  dom::object object;
  if (element.get_object().get(object) != simdjson::SUCCESS)
    return refuse("NodeNameToMetaVictims", "must be an object");
  if (object.size() > kNodesMax)
    return refuse("NodeNameToMetaVictims", "names more than 100000 nodes");
  for (const auto [node, value] : object) {
    if (node.empty() || node.size() > kNameBytesMax)
      return refuse("NodeNameToMetaVictims", "has a key that can name no node");
    auto victims = victims_of(node, value);
    if (!victims)
      return refuse_member(node, victims.error());
    nodes.push_back(std::move(*victims));
  }
  return {};
}

Result<std::string_view> name_of(std::optional<JsonElement> element, std::size_t bytes_max) {
  if (!element)
    return fail(Code::Invalid, "is missing");
  std::string_view text;
  BERTH_CHECK(kube::read_text(*element, text));
  if (text.empty() || text.size() > bytes_max)
    return fail(Code::Invalid, "must have 1 to " + std::to_string(bytes_max) + " bytes");
  return text;
}

Result<std::string> argument(std::optional<JsonElement> element, std::string_view field,
                             std::size_t bytes_max) {
  const auto text = name_of(element, bytes_max);
  if (!text)
    return refuse_member(field, text.error());
  return std::string(*text);
}

} // namespace

} // namespace berth::extender
