#pragma once
// PriorityClass of Kubernetes and its codec. Pods carry their priority as a number; what is no pod
// (AllocationRequest) names a class, and this says what that means.

#include <cstdint>

#include "lib/api/object_meta.hpp"
#include "lib/kube/codec.hpp"

namespace berth::cluster {

struct PriorityClass {
  api::ObjectMeta meta;
  std::int32_t value = 0;
  bool is_default = false; ///< of what names no class

  friend bool operator==(const PriorityClass&, const PriorityClass&) = default;
};

[[nodiscard]] kube::Codec<PriorityClass> make_priority_class_codec();

} // namespace berth::cluster
