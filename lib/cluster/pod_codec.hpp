#pragma once
// The codec of pods: from the API server's JSON straight into cluster::Pod, by simdjson. A pod that
// only Berth's own labels make unreadable is kept with PodView::defect set, so that it can wait
// with a reason; what the API server itself would never serve is refused. Equal shapes are shared.
// tests/fuzz/pod feeds it.

#include <memory>
#include <string>

#include "lib/cluster/pod.hpp"
#include "lib/kube/codec.hpp"

namespace simdjson::dom {
class element;
}

namespace berth::cluster {

/// One pod as it stands inside a larger document (a list, an extender's request).
[[nodiscard]] Result<std::shared_ptr<const Pod>> decode_pod(simdjson::dom::element pod);
/// One pod as a document of its own.
[[nodiscard]] Result<std::shared_ptr<const Pod>> decode_pod_text(std::string text);
/// Lists and watches. The codec shares shapes among all pods that it decodes.
[[nodiscard]] kube::Codec<Pod> make_pod_codec();

} // namespace berth::cluster
