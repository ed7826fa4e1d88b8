#pragma once
// The observe part of `kubectl berth release`: what an uninstalled Berth still holds: pods at its
// gate, and objects of its own that its finalizers keep from being deleted.

#include <memory>
#include <string>
#include <vector>

#include "lib/api/object_meta.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// An object of Berth's own with a finalizer of berth.dev.
struct HeldObject {
  kube::ResourceType type{};
  api::ObjectMeta meta{};
};

/// Pods of `ns`; empty: of all namespaces. Kinds of Berth's that are not served hold nothing.
[[nodiscard]] async::Task<Result<std::vector<std::shared_ptr<const cluster::Pod>>>>
observe_gated_pods(kube::Client& client, std::string ns, std::vector<std::string>& unreadable);

[[nodiscard]] async::Task<Result<std::vector<HeldObject>>>
observe_held_objects(kube::Client& client, std::vector<std::string>& unreadable);

} // namespace berth::cli
