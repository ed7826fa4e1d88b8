#include "lib/kube/codec_simdjson.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace berth::kube {
namespace {

constexpr std::size_t kFirstCapacityBytes = std::size_t{64} << 10U;
/// A parser that grew beyond this for one large document is given back afterwards.
constexpr std::size_t kKeptCapacityBytes = std::size_t{8} << 20U;

bool keep_bookmark_annotation(std::string_view key) {
  return key == kInitialEventsEnd;
}

/// A value of a page, which is found before it is parsed.
using Part = simdjson::ondemand::value;

tl::unexpected<Error> refuse(simdjson::error_code problem) {
  if (problem == simdjson::DEPTH_ERROR)
    return fail(Code::Invalid,
                "JSON nested deeper than " + std::to_string(kJsonDepthMax) + " levels");
  return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(problem));
}

template <class T>
Result<T> known(simdjson::simdjson_result<T> found) {
  T value;
  if (const auto problem = std::move(found).get(value); problem != simdjson::SUCCESS)
    return refuse(problem);
  return value;
}

/// As it stands in the page, from whose end a parser may read on.
Result<std::string_view> text_of(Part& part) {
  BERTH_TRY(const auto type, known(part.type()));
  switch (type) {
  case simdjson::ondemand::json_type::object: {
    BERTH_TRY(auto object, known(part.get_object()));
    return known(object.raw_json());
  }
  case simdjson::ondemand::json_type::array: {
    BERTH_TRY(auto array, known(part.get_array()));
    return known(array.raw_json());
  }
  default: return part.raw_json_token();
  }
}

Result<void> read_list_meta(JsonElement value, WirePage& into) {
  return read_members(
      value,
      member("resourceVersion",
             [&](JsonElement it) { return read_text(it, into.resource_version); }),
      member("continue", [&](JsonElement it) { return read_text(it, into.continue_token); }));
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

Result<JsonElement> SimdjsonEnvelopes::parse_part(Part& part) {
  BERTH_TRY(const std::string_view text, text_of(part));
  return parse(text, true);
}

Result<void> SimdjsonEnvelopes::read_items(Part& part, const VisitItem& visit) {
  BERTH_TRY(const auto type, known(part.type()));
  if (type == simdjson::ondemand::json_type::null)
    return {};
  if (type != simdjson::ondemand::json_type::array)
    return refuse_type("a list");
  BERTH_TRY(auto items, known(part.get_array()));
  for (auto each : items) {
    BERTH_TRY(Part item, known(std::move(each)));
    BERTH_TRY(const JsonElement object, parse_part(item));
    visit(object);
  }
  return {};
}

Result<void> SimdjsonEnvelopes::read_page_member(std::string_view name, Part& part, WirePage& head,
                                                 const VisitItem& visit) {
  if (name == "items")
    return read_items(part, visit);
  // What nobody asks for is looked at, too, so that what is not JSON is not taken for a page.
  BERTH_TRY(const JsonElement value, parse_part(part));
  if (value.is_null())
    return {};
  if (name == "kind")
    return read_text(value, head.kind);
  return name == "metadata" ? read_list_meta(value, head) : Result<void>{};
}

Result<WirePage> SimdjsonEnvelopes::read_page(std::string page, const VisitItem& visit) {
  const std::size_t bytes = page.size();
  page.resize(bytes + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::parser parser;
  if (parser.allocate(page.size(), kJsonDepthMax) != simdjson::SUCCESS)
    return fail(Code::TooLarge, "a page of " + std::to_string(bytes) + " bytes");
  BERTH_TRY(auto document, known(parser.iterate(page.data(), bytes, page.size())));
  BERTH_TRY(auto members, known(document.get_object()));
  WirePage head;
  std::vector<std::string> seen;
  for (auto each : members) {
    BERTH_TRY(auto field, known(std::move(each)));
    BERTH_TRY(const std::string_view key, known(field.unescaped_key()));
    const std::string name(key);
    if (std::ranges::find(seen, name) != seen.end())
      return refuse_member(name, Error{Code::Invalid, "appears twice"});
    Part part = field.value();
    if (const auto read = read_page_member(name, part, head, visit); !read)
      return refuse_member(name, read.error());
    if (name == "kind" || name == "metadata" || name == "items")
      seen.push_back(name);
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return fail(Code::Invalid, "not JSON: something follows the list");
  BERTH_CHECK(check_list(head, type_));
  return head;
}

Result<SimdjsonEnvelopes::EventView> SimdjsonEnvelopes::read_event(std::string_view line) {
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
  if (problem != simdjson::SUCCESS)
    return refuse(problem);
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
