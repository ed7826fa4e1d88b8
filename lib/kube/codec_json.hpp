#pragma once
// Codec<T> over nlohmann_json, for kinds with few objects: custom resources, quotas. Parsing is
// guarded (depth, duplicate keys) by lib/api. Included by .cpp files only.

#include <memory>
#include <utility>

#include "lib/api/json.hpp"
#include "lib/kube/codec.hpp"
#include "lib/kube/wire_event.hpp"

namespace berth::kube {

struct JsonPageView {
  WirePage head;
  api::Json items = api::Json::array();
};
struct JsonEventView {
  ListWatchSink::EventInfo info;
  api::Json object;
};
[[nodiscard]] Result<JsonPageView> read_json_page(std::string_view text, const ResourceType& type);
[[nodiscard]] Result<JsonEventView> read_json_event(std::string_view line,
                                                    const ResourceType& type);
[[nodiscard]] Malformed describe_malformed(const api::Json& object, const Error& error);

/// `decode`: const api::Json& -> Result<T>.
template <class T, class Decode>
[[nodiscard]] Codec<T> make_json_codec(ResourceType type, Decode decode) {
  Codec<T> codec;
  codec.decode_page = [type, decode](std::string text) -> Result<Page<T>> {
    BERTH_TRY(auto view, read_json_page(text, type));
    Page<T> page;
    page.resource_version = std::move(view.head.resource_version);
    page.continue_token = std::move(view.head.continue_token);
    for (const api::Json& object : view.items) {
      Result<T> item = decode(object);
      if (item)
        page.items.push_back(std::make_shared<const T>(std::move(*item)));
      else
        page.malformed.push_back(describe_malformed(object, item.error()));
    }
    return page;
  };
  codec.decode_event = [type, decode](std::string_view line) -> Result<Event<T>> {
    BERTH_TRY(auto view, read_json_event(line, type));
    Event<T> event;
    event.info = std::move(view.info);
    using EventType = ListWatchSink::EventType;
    if (event.info.type == EventType::Bookmark || event.info.type == EventType::Error)
      return event;
    Result<T> object = decode(view.object);
    if (object)
      event.object = std::make_shared<const T>(std::move(*object));
    else
      event.malformed = describe_malformed(view.object, object.error());
    return event;
  };
  return codec;
}

} // namespace berth::kube
