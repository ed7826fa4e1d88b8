#include "tests/support/simulation/watch.hpp"

#include <charconv>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

std::string line(std::string_view type, const Json& object) {
  return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object.dump());
}

FieldErrors validate(const ListQuery& query) {
  FieldErrors errors;
  if (query.send_initial_events && query.resource_version_match != "NotOlderThan")
    errors.push_back(
        forbidden_field("resourceVersionMatch",
                        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  if (!query.resource_version_match.empty() && !query.send_initial_events)
    errors.push_back(forbidden_field(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  return errors;
}

/// An object as a deletion shows it: its last state at the revision of the deletion.
Json deleted_object(const Json& before, Revision revision) {
  Json object = before;
  object["metadata"]["resourceVersion"] = std::to_string(revision);
  return object;
}

} // namespace

Answer<Watch> Watch::start(const ServerState& state, const RequestInfo& info, Revision visible) {
  const ListQuery& query = info.list;
  if (const auto errors = validate(query); !errors.empty())
    return tl::unexpected(invalid({"meta.k8s.io", "ListOptions"}, "", errors));
  const auto selector = Selector::parse(query.label_selector, query.field_selector, *info.resource);
  if (!selector)
    return tl::unexpected(selector.error());
  const std::string& text = query.resource_version;
  Revision asked = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), asked);
  if (!text.empty() && (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()))
    return tl::unexpected(plain_error("resourceVersion: Invalid value: \"" + text +
                                      "\": strconv.ParseUint: parsing \"" + text +
                                      "\": invalid syntax"));

  Watch watch{info, *selector, asked};
  const bool initial = query.send_initial_events.value_or(asked == 0);
  if (initial)
    // A streaming list without resourceVersion is as fresh as a consistent list.
    watch.initial_at_ = query.send_initial_events && text.empty() ? state.store.revision()
                                                                  : std::max(asked, visible);
  else if (asked == 0)
    watch.position_ = visible;
  watch.marks_initial_end_ = query.send_initial_events.value_or(false) && query.allow_bookmarks;
  return watch;
}

std::vector<std::string> Watch::take(const ServerState& state, Revision visible) {
  if (!over_ && initial_at_ && *initial_at_ <= visible) {
    position_ = std::max(*initial_at_, state.store.compacted());
    initial_at_.reset();
    add_initial(state);
  }
  if (!over_ && !initial_at_ && position_ < state.store.compacted()) {
    over_ = true;
    lines_.push_back(line("ERROR", expired(fmt::format("too old resource version: {} ({})",
                                                       position_, state.store.compacted()))
                                       .status));
  }
  if (!over_ && !initial_at_ && position_ < visible) {
    const auto& changes = state.store.changes();
    for (auto index = state.store.first_after(position_);
         index < changes.size() && changes[index].revision <= visible; ++index)
      add_change(changes[index]);
    position_ = visible;
  }
  return std::exchange(lines_, {});
}

void Watch::add_initial(const ServerState& state) {
  for (const auto& entry : state.store.list(info_.resource->type, position_))
    if (concerns(*entry.object))
      lines_.push_back(line("ADDED", *entry.object));
  if (marks_initial_end_)
    lines_.push_back(line("BOOKMARK", bookmark_object(true)));
}

void Watch::add_change(const Change& change) {
  if (change.type.group != info_.resource->type.group ||
      change.type.plural != info_.resource->type.plural)
    return;
  const bool before = change.before && concerns(*change.before);
  const bool after = change.after && concerns(*change.after);
  if (after)
    lines_.push_back(line(before ? "MODIFIED" : "ADDED", *change.after));
  else if (before)
    lines_.push_back(line("DELETED", deleted_object(*change.before, change.revision)));
}

bool Watch::concerns(const Json& object) const {
  if (!info_.key.ns.empty() && text_at(object, "/metadata/namespace") != info_.key.ns)
    return false;
  return selector_.matches(object);
}

std::optional<std::string> Watch::bookmark() const {
  if (over_ || initial_at_ || !info_.list.allow_bookmarks)
    return std::nullopt;
  return line("BOOKMARK", bookmark_object(false));
}

Json Watch::bookmark_object(bool ends_initial) const {
  Json metadata = {{"resourceVersion", std::to_string(position_)}};
  if (ends_initial)
    metadata["annotations"]["k8s.io/initial-events-end"] = "true";
  return {{"kind", info_.resource->type.kind},
          {"apiVersion", info_.resource->type.api_version()},
          {"metadata", std::move(metadata)}};
}

} // namespace berth::simulation
