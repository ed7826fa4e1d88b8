#pragma once
// Codec<T> over simdjson, for the kinds with many objects. One parser and its buffers are kept for
// the life of the codec, so a codec belongs to one executor. Included by .cpp files only.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lib/kube/codec.hpp"
#include "lib/kube/simdjson_reading.hpp"
#include "lib/kube/wire_event.hpp"

namespace berth::kube {

/// Parses pages and events and reads their envelopes; what it gives out is valid until the next
/// call. Nesting deeper than kJsonDepthMax is refused.
class SimdjsonEnvelopes {
public:
  explicit SimdjsonEnvelopes(ResourceType type);

  struct EventView {
    ListWatchSink::EventInfo info;
    JsonElement object;
  };
  /// Hands each item to `visit`, in turn: what is kept of a page besides its text is that of one.
  using VisitItem = std::function<void(JsonElement)>;
  [[nodiscard]] Result<WirePage> read_page(std::string page, const VisitItem& visit);
  [[nodiscard]] Result<EventView> read_event(std::string_view line);

private:
  using Part = simdjson::ondemand::value;

  [[nodiscard]] Result<JsonElement> parse(std::string_view text, bool padded);
  [[nodiscard]] Result<JsonElement> parse_part(Part& part);
  [[nodiscard]] Result<void> read_items(Part& part, const VisitItem& visit);
  [[nodiscard]] Result<void> read_page_member(std::string_view name, Part& part, WirePage& head,
                                              const VisitItem& visit);

  ResourceType type_;
  std::unique_ptr<simdjson::dom::parser> parser_;
};

/// Who a malformed object is, as far as that can be read.
[[nodiscard]] Malformed describe_malformed(JsonElement object, const Error& error);

/// One object by itself, for tests and fuzzing. `decode` as below.
template <class T, class Decode>
[[nodiscard]] Result<std::shared_ptr<const T>> decode_one_text(const std::string& text,
                                                               Decode decode) {
  simdjson::dom::parser parser;
  if (parser.allocate(text.size(), kJsonDepthMax) != simdjson::SUCCESS)
    return fail(Code::TooLarge, "an object of " + std::to_string(text.size()) + " bytes");
  JsonElement element;
  if (const auto error = parser.parse(text).get(element); error != simdjson::SUCCESS)
    return fail(Code::Invalid, std::string("not JSON: ") + simdjson::error_message(error));
  return decode(element);
}

/// `decode`: JsonElement -> Result<std::shared_ptr<const T>>.
template <class T, class Decode>
[[nodiscard]] Codec<T> make_simdjson_codec(ResourceType type, Decode decode) {
  const auto envelopes = std::make_shared<SimdjsonEnvelopes>(std::move(type));
  Codec<T> codec;
  codec.decode_page = [envelopes, decode](std::string text) -> Result<Page<T>> {
    Page<T> page;
    BERTH_TRY(WirePage head, envelopes->read_page(std::move(text), [&](JsonElement object) {
      Result<std::shared_ptr<const T>> item = decode(object);
      if (item)
        page.items.push_back(std::move(*item));
      else
        page.malformed.push_back(describe_malformed(object, item.error()));
    }));
    page.resource_version = std::move(head.resource_version);
    page.continue_token = std::move(head.continue_token);
    return page;
  };
  codec.decode_event = [envelopes, decode](std::string_view line) -> Result<Event<T>> {
    BERTH_TRY(auto view, envelopes->read_event(line));
    Event<T> event;
    event.info = std::move(view.info);
    using EventType = ListWatchSink::EventType;
    if (event.info.type == EventType::Bookmark || event.info.type == EventType::Error)
      return event;
    Result<std::shared_ptr<const T>> object = decode(view.object);
    if (object)
      event.object = std::move(*object);
    else
      event.malformed = describe_malformed(view.object, object.error());
    return event;
  };
  return codec;
}

} // namespace berth::kube
