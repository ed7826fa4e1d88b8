#pragma once
// What `kubectl berth release` writes, each under the object's UID and resourceVersion, so that
// nothing that was written meanwhile is lost. Pure: text from values.

#include <string>
#include <string_view>

#include "lib/cluster/pod.hpp"

namespace berth::cli {

/// A JSON merge patch that takes our gate off, and the annotation that says why the pod waits. The
/// gates of others stay.
[[nodiscard]] std::string ungate_patch(const cluster::Pod& pod);

/// A JSON merge patch that takes our finalizers off and leaves those of others.
[[nodiscard]] std::string free_patch(const api::ObjectMeta& meta);

[[nodiscard]] bool is_berths_finalizer(std::string_view finalizer);

} // namespace berth::cli
