#pragma once
// FragmentationModel: how much free device capacity is useless for the work that there is. For one
// kind of pod (its request), what is useless on a node is the free device capacity that would stay
// free if the node were filled with such pods alone: because a share is too small, because whole
// devices do not come out even, or because cpu, memory or another resource runs out first. The
// node's fragmentation is the mean over the pods of the workload's own distribution.
// It refines the measure of Weng et al. (USENIX ATC 2023), which asks whether one such pod fits, by
// how many do: a node then loses value gradually, and no threshold is needed. Kept per snapshot;
// used by FragmentationAware placement and for reports.

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "lib/allocation/device.hpp"
#include "lib/allocation/node_table.hpp"
#include "lib/allocation/pod.hpp"

namespace berth::allocation {

/// The distribution of shapes among pods that ask for devices: counts, kept up to date as pods come
/// and go. Shapes must be interned.
class DeviceCensus {
public:
  void add(const ShapePtr& shape);
  void remove(const ShapePtr& shape);
  /// Whether the counts changed since the last call.
  [[nodiscard]] bool take_changed();

  struct Entry {
    ShapePtr shape{};
    std::int64_t pods = 0;
  };
  /// In no order that means anything; FragmentationModel makes one.
  [[nodiscard]] std::vector<Entry> entries() const;

private:
  std::map<const PodShape*, Entry> counts_; ///< looked up; FragmentationModel sorts
  bool changed_ = true;
};

/// What is free on a node: by column of the table, and by device.
struct FreeRoom {
  std::span<const std::int64_t> columns;
  std::span<const std::int64_t> devices;
};

class FragmentationModel {
public:
  /// No distribution: nothing is fragmented.
  FragmentationModel() = default;
  /// Equal requests count together; the kClassesMax most frequent are kept.
  FragmentationModel(std::span<const DeviceCensus::Entry> census, const NodeTable& table);

  /// Thousandths of devices that are useless, summed over the pods of the distribution; divide by
  /// weight() for the mean.
  [[nodiscard]] std::int64_t fragments(const FreeRoom& free) const;
  /// At least 1.
  [[nodiscard]] std::int64_t weight() const { return weight_; }
  [[nodiscard]] bool empty() const { return classes_.empty(); }

  static constexpr std::size_t kClassesMax = 128;

private:
  /// One kind of pod.
  struct Class {
    std::vector<std::pair<ColumnIndex, std::int64_t>> amounts; ///< apart from devices and pods
    DeviceAsk ask;
    std::int64_t pods = 0;
  };
  [[nodiscard]] static std::int64_t usable_milli(const Class& kind, const FreeRoom& free);

  std::vector<Class> classes_;
  std::int64_t weight_ = 1;
};

} // namespace berth::allocation
