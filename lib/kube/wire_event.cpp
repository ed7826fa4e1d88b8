#include "lib/kube/wire_event.hpp"

#include <utility>

namespace berth::kube {
namespace {

using EventInfo = ListWatchSink::EventInfo;
using EventType = ListWatchSink::EventType;

constexpr std::size_t kNameBytesShown = 64;

std::optional<EventType> event_type_from(std::string_view name) {
  if (name == "ADDED")
    return EventType::Added;
  if (name == "MODIFIED")
    return EventType::Modified;
  if (name == "DELETED")
    return EventType::Deleted;
  if (name == "BOOKMARK")
    return EventType::Bookmark;
  if (name == "ERROR")
    return EventType::Error;
  return std::nullopt;
}

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text.substr(0, kNameBytesShown)) + '"';
}

EventInfo interpret_error(WireEvent event) {
  EventInfo info;
  info.type = EventType::Error;
  const bool expired = event.status_reason == "Expired" || event.status_reason == "Gone";
  if (event.status_code >= 100 && event.status_code < 600)
    info.status_code = static_cast<int>(event.status_code);
  if (expired)
    info.status_code = 410;
  info.message = event.message.empty() ? "the watch ended with an error" : std::move(event.message);
  if (event.retry_after_seconds > 0 && event.retry_after_seconds < 86'400)
    info.retry_after = std::chrono::seconds{event.retry_after_seconds};
  return info;
}

} // namespace

Result<EventInfo> interpret(WireEvent event, const ResourceType& type) {
  const auto event_type = event_type_from(event.type);
  if (!event_type)
    return fail(Code::Invalid, "unknown type of watch event " + in_quotes(event.type));
  if (*event_type == EventType::Error)
    return interpret_error(std::move(event));

  EventInfo info;
  info.type = *event_type;
  const bool ours = event.kind == type.kind && event.api_version == type.api_version();
  if (info.type == EventType::Bookmark) {
    if (ours) {
      info.resource_version = std::move(event.resource_version);
      info.initial_events_end = event.initial_events_end;
    }
    return info;
  }
  if (!ours)
    return fail(Code::Invalid, "a watch of " + type.kind + " delivered " + in_quotes(event.kind));
  if (event.resource_version.empty() || event.key.name.empty())
    return fail(Code::Invalid, "a watch event without a name or resourceVersion");
  info.resource_version = std::move(event.resource_version);
  return info;
}

Result<void> check_list(const WirePage& page, const ResourceType& type) {
  if (page.kind != type.kind + "List")
    return fail(Code::Invalid,
                "a list of " + type.kind + " was answered with " + in_quotes(page.kind));
  return {};
}

} // namespace berth::kube
