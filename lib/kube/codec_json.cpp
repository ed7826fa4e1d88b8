#include "lib/kube/codec_json.hpp"
#include "lib/api/json_reading.hpp"

namespace berth::kube {
namespace {

using api::Json;

/// Pages of 500 objects at the API server's limit of 1.5 MB each.
constexpr std::size_t kPageBytesMax = std::size_t{768} << 20U;
constexpr std::size_t kEventBytesMax = std::size_t{16} << 20U;

WireEvent head_of(const Json& object) {
  const Json& meta = api::member_in(object, "metadata");
  WireEvent head;
  head.api_version = api::text_in(object, "apiVersion");
  head.kind = api::text_in(object, "kind");
  head.key = {api::text_in(meta, "namespace"), api::text_in(meta, "name")};
  head.uid = api::text_in(meta, "uid");
  head.resource_version = api::text_in(meta, "resourceVersion");
  head.initial_events_end =
      api::text_in(api::member_in(meta, "annotations"), kInitialEventsEnd) == "true";
  head.status_code = api::integer_in(object, "code");
  head.status_reason = api::text_in(object, "reason");
  head.message = api::text_in(object, "message");
  head.retry_after_seconds =
      api::integer_in(api::member_in(object, "details"), "retryAfterSeconds");
  return head;
}

} // namespace

Result<JsonPageView> read_json_page(std::string_view text, const ResourceType& type) {
  BERTH_TRY(Json document, api::parse_json(text, {kPageBytesMax, kJsonDepthMax}));
  const Json& meta = api::member_in(document, "metadata");
  JsonPageView view;
  view.head.kind = api::text_in(document, "kind");
  view.head.resource_version = api::text_in(meta, "resourceVersion");
  view.head.continue_token = api::text_in(meta, "continue");
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
  if (!api::member_in(document, "object").is_object())
    return fail(Code::Invalid, "a watch event without an object");
  JsonEventView view;
  view.object = std::move(document["object"]);
  WireEvent event = head_of(view.object);
  event.type = api::text_in(document, "type");
  BERTH_TRY(view.info, interpret(std::move(event), type));
  return view;
}

Malformed describe_malformed(const Json& object, const Error& error) {
  WireEvent head = head_of(object);
  return {std::move(head.key), std::move(head.uid), error.message};
}

} // namespace berth::kube
