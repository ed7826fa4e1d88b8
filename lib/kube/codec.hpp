#pragma once
// Codec<T>: how one kind of object is read from the wire, as functions, so that a Reflector needs
// no parser in its header. Hot kinds (pods, nodes) use simdjson, custom resources nlohmann_json;
// make_*_codec() in codec_simdjson.hpp and codec_json.hpp build one from a function for one object.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/kube/list_watch.hpp"

namespace berth::kube {

template <class T>
struct Page {
  std::string resource_version;
  std::string continue_token;
  std::vector<std::shared_ptr<const T>> items;
  /// Objects that could not be decoded, as "namespace/name: why"; they are not in items.
  std::vector<std::string> malformed;
};

template <class T>
struct Event {
  ListWatchSink::EventInfo info;
  std::shared_ptr<const T> object; ///< null for bookmarks and errors
};

template <class T>
struct Codec {
  std::function<Result<Page<T>>(std::string page)> decode_page;
  std::function<Result<Event<T>>(std::string_view line)> decode_event;
};

} // namespace berth::kube
