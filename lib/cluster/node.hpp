#pragma once
// Node and Namespace: what Berth keeps of them; see node_codec.hpp.

#include "lib/allocation/node.hpp"
#include "lib/allocation/subject.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/api/pushed_usage.hpp"

namespace berth::cluster {

struct Node {
  api::ObjectMeta meta; ///< without labels and annotations: the view has the labels
  allocation::NodeView view;
  resources::ResourceVector capacity; ///< status.capacity, in base units
  api::PushedUsageRead pushed{};      ///< what is said of its use beside the metrics API
};

struct Namespace {
  api::ObjectMeta meta; ///< without labels and annotations: the view has the labels
  allocation::NamespaceView view;
};

} // namespace berth::cluster
