#include "lib/allocation/device.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace berth::allocation {

using resources::ResourceName;

DeviceAsk device_ask(const resources::ResourceVector& request) {
  static const ResourceName kWhole{kDeviceResource};
  static const ResourceName kShare{kDeviceShareResource};
  const std::int64_t whole = request.get(kWhole).value();
  if (whole > 0)
    return DeviceAsk{whole, 0};
  const std::int64_t share = std::max<std::int64_t>(request.get(kShare).value(), 0);
  if (share >= kDeviceMilli)
    return DeviceAsk{share / kDeviceMilli + (share % kDeviceMilli == 0 ? 0 : 1), 0};
  return DeviceAsk{0, share};
}

std::size_t devices_of(const resources::ResourceVector& allocatable) {
  static const ResourceName kWhole{kDeviceResource};
  const std::int64_t devices = allocatable.get(kWhole).value();
  return devices < 0 || std::cmp_greater(devices, kDevicesMax) ? 0
                                                               : static_cast<std::size_t>(devices);
}

bool have_room(std::span<const std::int64_t> free, const DeviceAsk& ask) {
  const auto fitting = std::count_if(free.begin(), free.end(),
                                     [&](std::int64_t milli) { return milli >= ask.milli_each(); });
  return fitting >= ask.devices();
}

DeviceList choose_devices(std::span<const std::int64_t> free, const DeviceAsk& ask) {
  DeviceList chosen;
  if (ask.is_nothing() || !have_room(free, ask))
    return chosen;
  if (ask.whole == 0) {
    std::size_t best = free.size();
    for (std::size_t i = 0; i < free.size(); ++i)
      if (free[i] >= ask.share_milli && (best == free.size() || free[i] < free[best]))
        best = i;
    return {static_cast<DeviceIndex>(best)};
  }
  for (std::size_t i = 0; i < free.size() && std::ssize(chosen) < ask.whole; ++i)
    if (free[i] >= kDeviceMilli)
      chosen.push_back(static_cast<DeviceIndex>(i));
  return chosen;
}

namespace {

std::size_t at(DeviceIndex device) {
  return static_cast<std::size_t>(device);
}

/// Where it goes that has no room: the devices with the least on them.
DeviceList least_charged(const std::vector<std::int64_t>& used, std::int64_t wanted) {
  DeviceList order(used.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = static_cast<DeviceIndex>(i);
  std::stable_sort(order.begin(), order.end(), [&](DeviceIndex left, DeviceIndex right) {
    return used[at(left)] < used[at(right)];
  });
  order.resize(std::min(order.size(), static_cast<std::size_t>(wanted)));
  return order;
}

bool is_recorded(const DeviceCharge& charge, std::size_t devices) {
  return !charge.recorded.empty() &&
         std::all_of(charge.recorded.begin(), charge.recorded.end(), [&](DeviceIndex device) {
           return device >= 0 && std::cmp_less(device, devices);
         });
}

} // namespace

std::vector<std::int64_t> lay_out_devices(std::size_t devices, std::vector<DeviceCharge> charges) {
  return give_devices(devices, charges);
}

std::vector<std::int64_t> give_devices(std::size_t devices, std::vector<DeviceCharge>& charges) {
  std::vector<std::int64_t> used(devices);
  if (devices == 0)
    return used;
  std::sort(charges.begin(), charges.end(), [&](const auto& left, const auto& right) {
    const auto rank = [&](const DeviceCharge& charge) {
      return std::tuple{!is_recorded(charge, devices), -charge.ask.milli_each(), charge.pod};
    };
    return rank(left) < rank(right);
  });
  std::vector<std::int64_t> free(devices);
  for (DeviceCharge& charge : charges) {
    std::transform(used.begin(), used.end(), free.begin(),
                   [](std::int64_t milli) { return kDeviceMilli - milli; });
    DeviceList given =
        is_recorded(charge, devices) ? charge.recorded : choose_devices(free, charge.ask);
    if (given.empty())
      given = least_charged(used, charge.ask.devices());
    for (const DeviceIndex device : given)
      used[at(device)] += charge.ask.milli_each();
    charge.recorded = std::move(given);
  }
  return used;
}

} // namespace berth::allocation
