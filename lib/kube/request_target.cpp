#include "lib/kube/request_target.hpp"

#include <algorithm>

namespace berth::kube {
namespace {

/// DNS-1123 subdomains are the longest names there are.
constexpr std::size_t kSegmentBytesMax = 253;

Result<std::string> collection_target(const ResourceType& type, std::string_view ns) {
  if (ns.empty())
    return type.collection_path({});
  if (!type.namespaced)
    return fail(Code::Invalid, type.kind + " has no namespace");
  BERTH_CHECK(check_path_segment("namespace", ns));
  return type.collection_path(ns);
}

} // namespace

Result<std::string> object_target(const ResourceType& type, const ObjectKey& key,
                                  std::string_view subresource) {
  if (type.namespaced == key.ns.empty())
    return fail(Code::Invalid, type.kind + (type.namespaced ? " needs a" : " has no") +
                                   " namespace: \"" + to_string(key) + '"');
  BERTH_CHECK(check_path_segment("name", key.name));
  BERTH_TRY(std::string target, collection_target(type, key.ns));
  target = type.object_path(key);
  if (subresource.empty())
    return target;
  BERTH_CHECK(check_path_segment("subresource", subresource));
  return target + '/' + std::string(subresource);
}

Result<std::string> list_target(const ResourceType& type, const ListOptions& options) {
  BERTH_TRY(std::string target, collection_target(type, options.ns));
  add_query(target, "labelSelector", options.label_selector);
  add_query(target, "fieldSelector", options.field_selector);
  if (options.limit > 0)
    add_query(target, "limit", std::to_string(options.limit));
  if (!options.continue_token.empty()) {
    // The token carries the version of its first page; the server refuses both together.
    add_query(target, "continue", options.continue_token);
    return target;
  }
  add_query(target, "resourceVersion", options.resource_version.value_or(""));
  if (options.exact)
    add_query(target, "resourceVersionMatch", "Exact");
  return target;
}

Result<std::string> watch_target(const ResourceType& type, const WatchOptions& options) {
  BERTH_TRY(std::string target, collection_target(type, options.ns));
  add_query(target, "watch", "1");
  add_query(target, "allowWatchBookmarks", "true");
  add_query(target, "labelSelector", options.label_selector);
  add_query(target, "fieldSelector", options.field_selector);
  add_query(target, "resourceVersion", options.resource_version);
  if (options.send_initial_events) {
    add_query(target, "sendInitialEvents", "true");
    add_query(target, "resourceVersionMatch", "NotOlderThan");
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.timeout).count();
  add_query(target, "timeoutSeconds", std::to_string(seconds));
  return target;
}

Result<std::string> create_target(const ResourceType& type, std::string_view ns,
                                  std::string_view field_manager) {
  if (type.namespaced && ns.empty())
    return fail(Code::Invalid, type.kind + " needs a namespace");
  BERTH_TRY(std::string target, collection_target(type, ns));
  add_query(target, "fieldManager", field_manager);
  return target;
}

Result<void> check_path_segment(std::string_view field, std::string_view segment) {
  const auto refused = [&](std::string_view why) {
    return fail(Code::Invalid, std::string(field) + " " + std::string(why));
  };
  if (segment.empty())
    return refused("is empty");
  if (segment.size() > kSegmentBytesMax)
    return refused("is longer than " + std::to_string(kSegmentBytesMax) + " bytes");
  if (segment == "." || segment == "..")
    return refused("must not be \".\" or \"..\"");
  const bool readable = std::none_of(segment.begin(), segment.end(), [](unsigned char c) {
    return c < 0x20 || c == 0x7f || c == '/' || c == '%';
  });
  if (!readable)
    return refused("must not contain '/', '%' or control characters");
  return {};
}

void add_query(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty())
    return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += name;
  target += '=';
  target += http::percent_encode(value);
}

} // namespace berth::kube
