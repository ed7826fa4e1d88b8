#pragma once
// What every Kubernetes object and every API path has in common: keys, metadata and resource types.

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"

namespace berth::kube {

/// A namespace and name; the namespace is empty for cluster-scoped objects.
struct ObjectKey {
  std::string ns;
  std::string name;

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// "namespace/name", or the name alone.
[[nodiscard]] std::string to_string(const ObjectKey& key);

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

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;

  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

/// The metadata Berth uses; managedFields and the like are never kept.
struct ObjectMeta {
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version; ///< opaque; never compared for order
  std::int64_t generation = 0;
  TimePoint created{};
  std::optional<TimePoint> deleted; ///< deletionTimestamp
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owners;

  [[nodiscard]] ObjectKey key() const { return {ns, name}; }
};

} // namespace berth::kube
