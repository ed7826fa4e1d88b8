#pragma once
// The metadata of Kubernetes objects, as far as Berth uses it: managedFields and the like are never
// kept. Shared by the custom resources here and by lib/kube, which names the same types as its own.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"

namespace berth::api {

/// A namespace and name; the namespace is empty for cluster-scoped objects.
struct ObjectKey {
  std::string ns;
  std::string name;

  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// "namespace/name", or the name alone.
[[nodiscard]] std::string to_string(const ObjectKey& key);

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;

  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

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
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

/// One custom resource as read from the API server; what lib/kube's Store<T> keeps.
template <class Spec, class Status>
struct Object {
  ObjectMeta meta;
  Spec spec;
  Status status;

  friend bool operator==(const Object&, const Object&) = default;
};

} // namespace berth::api
