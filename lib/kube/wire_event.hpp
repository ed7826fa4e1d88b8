#pragma once
// The envelopes of lists and watch events, as either parser finds them, and the one place that
// says what they mean. Used by codec_simdjson.hpp and codec_json.hpp only.

#include <cstdint>
#include <optional>
#include <string>

#include "lib/kube/codec.hpp"

namespace berth::kube {

/// What the envelope of one watch event says about itself.
struct WireEvent {
  std::string type; ///< "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"
  std::string api_version;
  std::string kind;
  ObjectKey key;
  std::string uid;
  std::string resource_version;
  bool initial_events_end = false;
  std::int64_t status_code = 0; ///< of an ERROR event's Status, as are the next two
  std::string status_reason;
  std::string message;
  std::int64_t retry_after_seconds = 0;
};

/// The head of a list.
struct WirePage {
  std::string kind; ///< "PodList"
  std::string resource_version;
  std::string continue_token;
};

/// Invalid for an unknown type of event, an object of another kind and one without a version. A
/// bookmark of another kind has no resource_version, so that it moves nothing.
[[nodiscard]] Result<ListWatchSink::EventInfo> interpret(WireEvent event, const ResourceType& type);

/// Invalid when the answer is not a list of that type.
[[nodiscard]] Result<void> check_list(const WirePage& page, const ResourceType& type);

inline constexpr const char* kInitialEventsEnd = "k8s.io/initial-events-end";
/// JSON nested deeper is refused by every decoder.
inline constexpr std::size_t kJsonDepthMax = 64;

} // namespace berth::kube
