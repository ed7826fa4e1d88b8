#pragma once
// What Berth's own annotations on pods may hold, whichever of its records they carry.

#include "lib/allocation/device.hpp"
#include "lib/api/describe.hpp"

namespace berth::api {

/// Kubernetes allows 256 KiB for all annotations of an object together.
inline constexpr JsonLimits kAnnotationLimits{.text_bytes_max = std::size_t{256} << 10U,
                                              .depth_max = 4};
/// Devices of a node, by number.
inline constexpr Range kDevices{0, allocation::kDevicesMax - 1};

} // namespace berth::api
