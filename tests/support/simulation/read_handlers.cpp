#include <charconv>

#include "tests/support/simulation/continue_token.hpp"
#include "tests/support/simulation/selector.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {
namespace {

constexpr std::string_view kContinueExpired =
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list.";

/// The snapshot that a list is read from, and the first key of its page.
struct Start {
  Revision revision = 0;
  std::string from;
};

Answer<Revision> parse_version(const std::string& text) {
  Revision revision = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size())
    return tl::unexpected(bad_request("Invalid value: \"" + text + "\": invalid resource version"));
  return revision;
}

/// The revision a read without continue token is answered at.
Answer<Revision> revision_to_read(const VersionedStore& store, const ListQuery& query,
                                  Revision visible) {
  if (query.resource_version.empty())
    return store.revision();
  const auto asked = parse_version(query.resource_version);
  if (!asked)
    return asked;
  if (query.resource_version_match == "Exact") {
    if (*asked > store.revision())
      return tl::unexpected(version_too_large(*asked, store.revision()));
    if (*asked < store.compacted())
      return tl::unexpected(expired("The resourceVersion for the provided list is too old."));
    return *asked;
  }
  if (*asked > visible)
    return tl::unexpected(version_too_large(*asked, visible));
  return visible;
}

FieldErrors validate(const ListQuery& query) {
  FieldErrors errors;
  const std::string& match = query.resource_version_match;
  if (!match.empty() && query.resource_version.empty())
    errors.push_back(
        forbidden_field("resourceVersionMatch",
                        "resourceVersionMatch is forbidden unless resourceVersion is provided"));
  if (!match.empty() && !query.continue_token.empty())
    errors.push_back(forbidden_field(
        "resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  if (match == "Exact" && query.resource_version == "0")
    errors.push_back(
        forbidden_field("resourceVersionMatch",
                        "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
  if (query.send_initial_events)
    errors.push_back(
        forbidden_field("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

Answer<Start> start_of(const VersionedStore& store, const RequestInfo& info, Revision visible) {
  const ListQuery& query = info.list;
  const std::string prefix = info.key.ns.empty() ? "" : info.key.ns + "/";
  if (query.continue_token.empty()) {
    const auto revision = revision_to_read(store, query, visible);
    if (!revision)
      return tl::unexpected(revision.error());
    return Start{*revision, prefix};
  }
  if (!query.resource_version.empty() && query.resource_version != "0")
    return tl::unexpected(
        bad_request("specifying resource version is not allowed when using continue"));
  const auto token = decode_continue(query.continue_token);
  if (!token)
    return tl::unexpected(token.error());
  if (token->revision < 0)
    return Start{store.revision(), prefix + token->start};
  const auto revision = static_cast<Revision>(token->revision);
  if (revision < store.compacted()) {
    Refusal refusal = expired(std::string(kContinueExpired));
    refusal.status["metadata"]["continue"] = encode(ContinueToken{-1, token->start});
    return tl::unexpected(std::move(refusal));
  }
  return Start{revision, prefix + token->start};
}

std::size_t count_from(const std::vector<Entry>& entries, std::size_t index,
                       const std::string& prefix) {
  std::size_t count = 0;
  while (index + count < entries.size() && entries[index + count].key.starts_with(prefix))
    ++count;
  return count;
}

} // namespace

Answer<Json> handle_get(const ServerState& state, const RequestInfo& info, Revision visible) {
  const auto revision = revision_to_read(state.store, info.list, visible);
  if (!revision)
    return tl::unexpected(revision.error());
  const auto found = state.store.get(info.resource->type, info.storage_key(), *revision);
  if (!found)
    return tl::unexpected(not_found(info.group_resource(), info.key.name));
  return *found;
}

Answer<Json> handle_list(const ServerState& state, const RequestInfo& info, Revision visible) {
  const ListQuery& query = info.list;
  if (const auto errors = validate(query); !errors.empty())
    return tl::unexpected(invalid({"meta.k8s.io", "ListOptions"}, "", errors));
  const auto selector = Selector::parse(query.label_selector, query.field_selector, *info.resource);
  if (!selector)
    return tl::unexpected(selector.error());
  const auto start = start_of(state.store, info, visible);
  if (!start)
    return tl::unexpected(start.error());

  const std::string prefix = info.key.ns.empty() ? "" : info.key.ns + "/";
  const auto entries = state.store.list(info.resource->type, start->revision, start->from);
  // A list at resourceVersion 0 comes from the watch cache, which ignores limits.
  const std::size_t limit = query.resource_version == "0" ? 0 : query.limit;
  Json items = Json::array();
  Json metadata = {{"resourceVersion", std::to_string(start->revision)}};
  for (std::size_t index = 0; index < entries.size(); ++index) {
    const Entry& entry = entries[index];
    if (!entry.key.starts_with(prefix))
      break;
    if (!selector->matches(*entry.object))
      continue;
    if (limit > 0 && items.size() == limit) {
      metadata["continue"] = encode(ContinueToken{static_cast<std::int64_t>(start->revision),
                                                  entry.key.substr(prefix.size())});
      if (selector->empty())
        metadata["remainingItemCount"] = count_from(entries, index, prefix);
      break;
    }
    items.push_back(*entry.object);
  }
  return Json{{"kind", info.resource->type.kind + "List"},
              {"apiVersion", info.resource->type.api_version()},
              {"metadata", std::move(metadata)},
              {"items", std::move(items)}};
}

} // namespace berth::simulation
