#pragma once
// The codecs of nodes and namespaces, by simdjson. What changes with every heartbeat of a kubelet
// (condition times, images, addresses) is not read, so an unchanged node compares equal.
// tests/fuzz/node feeds it.

#include <memory>
#include <string>

#include "lib/cluster/node.hpp"
#include "lib/kube/codec.hpp"

namespace berth::cluster {

[[nodiscard]] Result<std::shared_ptr<const Node>> decode_node_text(std::string text);
[[nodiscard]] kube::Codec<Node> make_node_codec();
[[nodiscard]] kube::Codec<Namespace> make_namespace_codec();

} // namespace berth::cluster
