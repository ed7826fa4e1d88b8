#include "lib/allocation/fragmentation.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "lib/base/ensure.hpp"

namespace berth::allocation {

void DeviceCensus::add(const ShapePtr& shape) {
  if (device_ask(shape->requests).is_nothing())
    return;
  Entry& entry = counts_.try_emplace(shape.get(), Entry{shape, 0}).first->second;
  ++entry.pods;
  changed_ = true;
}

void DeviceCensus::remove(const ShapePtr& shape) {
  if (device_ask(shape->requests).is_nothing())
    return;
  const auto at = counts_.find(shape.get());
  ensure(at != counts_.end(), "a shape leaves the census as often as it came");
  if (--at->second.pods == 0)
    counts_.erase(at);
  changed_ = true;
}

bool DeviceCensus::take_changed() {
  return std::exchange(changed_, false);
}

std::vector<DeviceCensus::Entry> DeviceCensus::entries() const {
  std::vector<Entry> entries;
  entries.reserve(counts_.size());
  for (const auto& [shape, entry] : counts_)
    entries.push_back(entry);
  return entries;
}

FragmentationModel::FragmentationModel(std::span<const DeviceCensus::Entry> census,
                                       const NodeTable& table) {
  std::map<ResourceVector, std::int64_t> pods_asking;
  for (const DeviceCensus::Entry& entry : census)
    pods_asking[entry.shape->requests] += entry.pods;
  std::vector<std::pair<std::int64_t, const ResourceVector*>> order;
  for (const auto& [request, pods] : pods_asking)
    order.emplace_back(-pods, &request);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  order.resize(std::min(order.size(), kClassesMax));
  for (const auto& [negative_pods, request] : order) {
    Class kind{{}, device_ask(*request), -negative_pods};
    for (const auto& [name, amount] : *request)
      if (const auto column = table.column(name); column && amount > Amount{} &&
                                                  name != ResourceName::pods() &&
                                                  name.str() != kDeviceResource)
        kind.amounts.emplace_back(*column, amount.value());
    classes_.push_back(std::move(kind));
  }
  if (!classes_.empty())
    weight_ = std::accumulate(classes_.begin(), classes_.end(), std::int64_t{0},
                              [](std::int64_t sum, const Class& kind) { return sum + kind.pods; });
}

std::int64_t FragmentationModel::fragments(const FreeRoom& free) const {
  const std::int64_t total =
      std::accumulate(free.devices.begin(), free.devices.end(), std::int64_t{0});
  if (total <= 0)
    return 0;
  std::int64_t sum = 0;
  for (const Class& kind : classes_)
    sum += kind.pods * (total - usable_milli(kind, free));
  return sum;
}

/// What pods of this kind alone could take of the free devices.
std::int64_t FragmentationModel::usable_milli(const Class& kind, const FreeRoom& free) {
  // Devices hold at most a thousand shares each; 32 bits divide in half the time.
  std::uint32_t places = 0;
  if (kind.ask.whole > 0) {
    const auto idle = std::count_if(free.devices.begin(), free.devices.end(),
                                    [](std::int64_t milli) { return milli >= kDeviceMilli; });
    places = static_cast<std::uint32_t>(idle / kind.ask.whole);
  } else {
    const auto share = static_cast<std::uint32_t>(kind.ask.share_milli);
    for (const std::int64_t milli : free.devices)
      places += milli < kind.ask.share_milli ? 0 : static_cast<std::uint32_t>(milli) / share;
  }
  std::int64_t pods = places;
  for (const auto& [column, amount] : kind.amounts)
    if (pods > 0 && amount > free.columns[column] / pods)
      pods = std::max<std::int64_t>(free.columns[column], 0) / amount;
  return pods * kind.ask.devices() * kind.ask.milli_each();
}

} // namespace berth::allocation
