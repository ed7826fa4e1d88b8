#pragma once
// ResourceQuota of Kubernetes, as far as Berth respects it (Q7), and its codec: what it limits of
// requests and of the number of pods. Berth never writes one.

#include "lib/allocation/namespace_quota.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/kube/codec.hpp"

namespace berth::cluster {

struct ResourceQuota {
  api::ObjectMeta meta; ///< without labels and annotations
  /// Nothing is hard in a quota with scopes: it is for some pods only, and the API server, which
  /// knows for which, enforces it when a pod is made. So are limits.* and counts of objects.
  allocation::NamespaceQuota view;
};

[[nodiscard]] kube::Codec<ResourceQuota> make_resource_quota_codec();

} // namespace berth::cluster
