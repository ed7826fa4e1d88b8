#include "lib/kube/codec_simdjson.hpp"

namespace berth::kube {
namespace {

constexpr std::size_t kFirstCapacityBytes = std::size_t{64} << 10U;
/// A parser that grew beyond this for one large document is given back afterwards.
constexpr std::size_t kKeptCapacityBytes = std::size_t{8} << 20U;

bool keep_bookmark_annotation(std::string_view key) {
  return key == kInitialEventsEnd;
}

Result<void> read_annotations(JsonElement value, WireEvent& into) {
  std::map<std::string, std::string> annotations;
  BERTH_CHECK(read_text_map(value, annotations, keep_bookmark_annotation));
  into.initial_events_end = !annotations.empty() && annotations.begin()->second == "true";
  return {};
}

Result<void> read_event_meta(JsonElement value, WireEvent& into) {
  return read_members(
      value, member("namespace", [&](JsonElement it) { return read_text(it, into.key.ns); }),
      member("name", [&](JsonElement it) { return read_text(it, into.key.name); }),
      member("uid", [&](JsonElement it) { return read_text(it, into.uid); }),
      member("resourceVersion",
             [&](JsonElement it) { return read_text(it, into.resource_version); }),
      member("annotations", [&](JsonElement it) { return read_annotations(it, into); }));
}

/// The Status inside an ERROR event; what it lacks stays zero.
Result<void> read_status(JsonElement value, WireEvent& into) {
  const auto read_details = [&](JsonElement details) {
    return read_members(details, member("retryAfterSeconds", [&](JsonElement it) {
                          return read_integer(it, into.retry_after_seconds);
                        }));
  };
  return read_members(
      value, member("code", [&](JsonElement it) { return read_integer(it, into.status_code); }),
      member("reason", [&](JsonElement it) { return read_text(it, into.status_reason); }),
      member("message", [&](JsonElement it) { return read_text(it, into.message); }),
      member("details", read_details));
}

Result<void> read_object_head(JsonElement value, WireEvent& into) {
  return read_members(
      value, member("apiVersion", [&](JsonElement it) { return read_text(it, into.api_version); }),
      member("kind", [&](JsonElement it) { return read_text(it, into.kind); }),
      member("metadata", [&](JsonElement it) { return read_event_meta(it, into); }));
}

} // namespace

SimdjsonEnvelopes::SimdjsonEnvelopes(ResourceType type) : type_(std::move(type)) {}

Result<SimdjsonEnvelopes::PageView> SimdjsonEnvelopes::read_page(std::string page) {
  page_ = std::move(page);
  const std::size_t bytes = page_.size();
  page_.resize(bytes + simdjson::SIMDJSON_PADDING);
  BERTH_TRY(const JsonElement document, parse(std::string_view(page_).substr(0, bytes), true));
  PageView view;
  const auto read_items = [&](JsonElement it) -> Result<void> {
    if (it.get_array().get(view.items) != simdjson::SUCCESS)
      return refuse_type("a list");
    view.has_items = true;
    return {};
  };
  const auto read_meta = [&](JsonElement meta) {
    return read_members(
        meta,
        member("resourceVersion",
               [&](JsonElement it) { return read_text(it, view.head.resource_version); }),
        member("continue",
               [&](JsonElement it) { return read_text(it, view.head.continue_token); }));
  };
  BERTH_CHECK(read_members(
      document, member("kind", [&](JsonElement it) { return read_text(it, view.head.kind); }),
      member("metadata", read_meta), member("items", read_items)));
  BERTH_CHECK(check_list(view.head, type_));
  return view;
}

Result<SimdjsonEnvelopes::EventView> SimdjsonEnvelopes::read_event(std::string_view line) {
  if (!page_.empty()) // the list is over, and its last page may have been all of it
    std::string().swap(page_);
  BERTH_TRY(const JsonElement document, parse(line, false));
  WireEvent event;
  EventView view;
  bool has_object = false;
  BERTH_CHECK(read_members(
      document, member("type", [&](JsonElement it) { return read_text(it, event.type); }),
      member("object", [&](JsonElement it) -> Result<void> {
        view.object = it;
        has_object = true;
        return {};
      })));
  if (!has_object)
    return fail(Code::Invalid, "a watch event without an object");
  BERTH_CHECK(event.type == "ERROR" ? read_status(view.object, event)
                                    : read_object_head(view.object, event));
  BERTH_TRY(view.info, interpret(std::move(event), type_));
  return view;
}

Result<JsonElement> SimdjsonEnvelopes::parse(std::string_view text, bool padded) {
  if (!parser_ || parser_->capacity() > kKeptCapacityBytes) {
    parser_ = std::make_unique<simdjson::dom::parser>();
    if (parser_->allocate(kFirstCapacityBytes, kJsonDepthMax) != simdjson::SUCCESS)
      return fail(Code::Internal, "no memory for a JSON parser");
  }
  JsonElement root;
  const auto problem = parser_->parse(text.data(), text.size(), !padded).get(root);
  if (problem == simdjson::DEPTH_ERROR)
    return fail(Code::Invalid,
                "JSON nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
  if (problem != simdjson::SUCCESS)
    return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(problem));
  return root;
}

Malformed describe_malformed(JsonElement object, const Error& error) {
  WireEvent event;
  Malformed malformed;
  malformed.why = error.message;
  if (read_object_head(object, event)) {
    malformed.key = std::move(event.key);
    malformed.uid = std::move(event.uid);
  }
  return malformed;
}

} // namespace berth::kube
