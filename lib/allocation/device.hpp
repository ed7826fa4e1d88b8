#pragma once
// Devices of a node (GPUs): what a pod asks of them, and which of them it gets. A pod asks for n
// whole devices or for one share of one device, in thousandths. The choice is a function of what is
// free, so that every replica comes to the same one. Which pods there are is the ledger's to say.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

/// Nodes and pods count whole devices under this name, as NVIDIA's device plugin does.
inline constexpr std::string_view kDeviceResource = "nvidia.com/gpu";
/// A share of one device, in thousandths; in pods' requests and in quotas, never on nodes.
inline constexpr std::string_view kDeviceShareResource = "berth.dev/gpu-milli";

inline constexpr std::int64_t kDeviceMilli = 1000;
/// Devices of one node that are told apart. A node that reports more (time slices, say) has its
/// devices counted and not told apart, and takes no shares.
inline constexpr std::size_t kDevicesMax = 16;

/// Position on its node, from 0.
using DeviceIndex = std::int32_t;
using DeviceList = std::vector<DeviceIndex>;

struct DeviceAsk {
  std::int64_t whole = 0;
  std::int64_t share_milli = 0; ///< 1 to 999 of one device; only without whole ones

  [[nodiscard]] bool is_nothing() const { return whole == 0 && share_milli == 0; }
  [[nodiscard]] std::int64_t devices() const {
    return whole > 0 ? whole : (share_milli > 0 ? 1 : 0);
  }
  [[nodiscard]] std::int64_t milli_each() const { return whole > 0 ? kDeviceMilli : share_milli; }

  friend bool operator==(const DeviceAsk&, const DeviceAsk&) = default;
};

/// Whole devices count if a request names both. A share of 1000 or more is whole devices, rounded
/// up.
[[nodiscard]] DeviceAsk device_ask(const resources::ResourceVector& request);

/// How many devices of a node are told apart; 0 for a node with more than kDevicesMax.
[[nodiscard]] std::size_t devices_of(const resources::ResourceVector& allocatable);

/// Whether `free` (thousandths by device) has room.
[[nodiscard]] bool have_room(std::span<const std::int64_t> free, const DeviceAsk& ask);

/// The first whole devices that are free, or the device with the least room that is enough, then
/// the first. Empty if there is no room.
[[nodiscard]] DeviceList choose_devices(std::span<const std::int64_t> free, const DeviceAsk& ask);

/// What one pod takes of its node's devices.
struct DeviceCharge {
  PodUid pod{};
  DeviceAsk ask{};
  DeviceList recorded{}; ///< which ones it was given; empty: not known

  friend bool operator==(const DeviceCharge&, const DeviceCharge&) = default;
};

/// Thousandths charged by device: recorded choices first, then the others, whole ones before
/// shares and larger shares before smaller, then by uid: the same for the same set of pods. What
/// has no room (an unmanaged pod came between) is put where least lies, so that a sum passes
/// kDeviceMilli only where more was bound than there is.
[[nodiscard]] std::vector<std::int64_t> lay_out_devices(std::size_t devices,
                                                        std::vector<DeviceCharge> charges);
/// The same, and notes in each charge which devices it has; sorts the charges.
std::vector<std::int64_t> give_devices(std::size_t devices, std::vector<DeviceCharge>& charges);

} // namespace berth::allocation
