#pragma once
// What every Kubernetes object and every API path has in common: resource types here, keys and
// metadata in lib/api.

#include <string>
#include <string_view>

#include "lib/api/object_meta.hpp"

namespace berth::kube {

using api::ObjectKey;
using api::ObjectMeta;
using api::OwnerReference;
using api::to_string;

/// One kind of object as the API server serves it.
struct ResourceType {
  std::string group;   ///< empty for the core group
  std::string version; ///< "v1", "v1alpha1"
  std::string plural;  ///< path segment: "pods"
  std::string kind;    ///< "Pod"
  bool namespaced = true;

  /// "group/version", or the version alone for the core group: the apiVersion field.
  [[nodiscard]] std::string api_version() const;
  /// "/api/v1/namespaces/ns/pods" or "/apis/group/version/plural"; an empty namespace means all.
  [[nodiscard]] std::string collection_path(std::string_view ns) const;
  [[nodiscard]] std::string object_path(const ObjectKey& key) const;
};

} // namespace berth::kube
