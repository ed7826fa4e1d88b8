#pragma once
// Codec<T>: how one kind of object is read from the wire, as functions, so that a Reflector needs
// no parser in its header. Hot kinds (pods, nodes) use simdjson, custom resources nlohmann_json;
// make_*_codec() in codec_simdjson.hpp and codec_json.hpp build one from a function for one object.
//
// Two kinds of bad input are told apart. A page or an event that cannot be read at all is an Error:
// the caller lists again. One object that T's decoder refuses is reported beside the others, since
// one user's odd object must not stop the view of everybody's.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/kube/list_watch.hpp"

namespace berth::kube {

/// An object that could not be decoded. Key and uid are as far as they could be read.
struct Malformed {
  ObjectKey key;
  std::string uid;
  std::string why;
};

template <class T>
struct Page {
  std::string resource_version;
  std::string continue_token;
  std::vector<std::shared_ptr<const T>> items;
  std::vector<Malformed> malformed; ///< these are not in items
};

template <class T>
struct Event {
  ListWatchSink::EventInfo info;
  std::shared_ptr<const T> object; ///< null for bookmarks, errors and malformed objects
  std::optional<Malformed> malformed;
};

template <class T>
struct Codec {
  std::function<Result<Page<T>>(std::string page)> decode_page;
  std::function<Result<Event<T>>(std::string_view line)> decode_event;
};

} // namespace berth::kube
