#include "lib/kube/codec_json.hpp"

namespace berth::kube {
namespace {

using api::Json;

/// Pages of 500 objects at the API server's limit of 1.5 MB each.
constexpr std::size_t kPageBytesMax = std::size_t{768} << 20U;
constexpr std::size_t kEventBytesMax = std::size_t{16} << 20U;

const Json& member_or_null(const Json& object, const char* name) {
  static const Json null;
  if (!object.is_object())
    return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

std::string text_or_empty(const Json& object, const char* name) {
  const Json& value = member_or_null(object, name);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::int64_t integer_or_zero(const Json& object, const char* name) {
  const Json& value = member_or_null(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

WireEvent head_of(const Json& object) {
  const Json& meta = member_or_null(object, "metadata");
  WireEvent head;
  head.api_version = text_or_empty(object, "apiVersion");
  head.kind = text_or_empty(object, "kind");
  head.key = {text_or_empty(meta, "namespace"), text_or_empty(meta, "name")};
  head.uid = text_or_empty(meta, "uid");
  head.resource_version = text_or_empty(meta, "resourceVersion");
  head.initial_events_end =
      text_or_empty(member_or_null(meta, "annotations"), kInitialEventsEnd) == "true";
  head.status_code = integer_or_zero(object, "code");
  head.status_reason = text_or_empty(object, "reason");
  head.message = text_or_empty(object, "message");
  head.retry_after_seconds =
      integer_or_zero(member_or_null(object, "details"), "retryAfterSeconds");
  return head;
}

} // namespace

Result<JsonPageView> read_json_page(std::string_view text, const ResourceType& type) {
  BERTH_TRY(Json document, api::parse_json(text, {kPageBytesMax, kJsonDepthMax}));
  const Json& meta = member_or_null(document, "metadata");
  JsonPageView view;
  view.head.kind = text_or_empty(document, "kind");
  view.head.resource_version = text_or_empty(meta, "resourceVersion");
  view.head.continue_token = text_or_empty(meta, "continue");
  BERTH_CHECK(check_list(view.head, type));
  const auto items = document.find("items");
  if (items == document.end() || items->is_null())
    return view;
  if (!items->is_array())
    return fail(Code::Invalid, "items: must be a list");
  view.items = std::move(*items);
  return view;
}

Result<JsonEventView> read_json_event(std::string_view line, const ResourceType& type) {
  BERTH_TRY(Json document, api::parse_json(line, {kEventBytesMax, kJsonDepthMax}));
  if (!member_or_null(document, "object").is_object())
    return fail(Code::Invalid, "a watch event without an object");
  JsonEventView view;
  view.object = std::move(document["object"]);
  WireEvent event = head_of(view.object);
  event.type = text_or_empty(document, "type");
  BERTH_TRY(view.info, interpret(std::move(event), type));
  return view;
}

Malformed describe_malformed(const Json& object, const Error& error) {
  WireEvent head = head_of(object);
  return {std::move(head.key), std::move(head.uid), error.message};
}

} // namespace berth::kube
