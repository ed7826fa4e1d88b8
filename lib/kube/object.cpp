#include "lib/kube/object.hpp"

#include "lib/http/message.hpp"

namespace berth::kube {

std::string ResourceType::api_version() const {
  return group.empty() ? version : group + '/' + version;
}

std::string ResourceType::collection_path(std::string_view ns) const {
  std::string path = group.empty() ? "/api/" : "/apis/" + http::percent_encode(group) + '/';
  path += http::percent_encode(version);
  if (namespaced && !ns.empty())
    path += "/namespaces/" + http::percent_encode(ns);
  return path + '/' + http::percent_encode(plural);
}

std::string ResourceType::object_path(const ObjectKey& key) const {
  return collection_path(key.ns) + '/' + http::percent_encode(key.name);
}

} // namespace berth::kube
