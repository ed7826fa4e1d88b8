#pragma once
// Whom an event is about: the pod, or the AllocationRequest that a unit is of.

#include "lib/allocation/pod.hpp"
#include "lib/api/labels.hpp"
#include "lib/cluster/request_units.hpp"
#include "lib/kube/events.hpp"

namespace berth::op {

[[nodiscard]] inline kube::ObjectReference reference_to(const allocation::PodView& view) {
  const kube::ObjectKey key{view.namespace_name, view.name};
  if (const auto request = cluster::request_uid_of(view.uid))
    return {std::string(api::kApiVersion), "AllocationRequest", key, *request};
  return {"v1", "Pod", key, view.uid.str()};
}

} // namespace berth::op
