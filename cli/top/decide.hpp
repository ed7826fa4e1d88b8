#pragma once
// The decide part of `kubectl berth top`: what was granted beside what is really used. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/top/observe.hpp"

namespace berth::cli {

struct TopResource {
  resources::ResourceName name{""};
  std::optional<resources::Amount> measured{};
  std::optional<resources::Amount> allocated{};
  std::optional<resources::Amount> allocatable{}; ///< of a pool

  /// 100 x measured / allocated; nothing unless both are known and something is allocated.
  [[nodiscard]] std::optional<std::int64_t> use_percent() const;
};

struct TopRow {
  std::string name{};  ///< of the pool or quota, or NAMESPACE/NAME of a workload
  std::string quota{}; ///< of a workload
  std::string pool{};  ///< of a quota or workload
  /// Absent for pools.
  std::optional<std::int64_t> pods{};
  std::optional<std::int64_t> pods_measured{};
  std::vector<TopResource> resources{}; ///< by name
};

struct TopView {
  std::string what{}; ///< as in TopOptions
  std::vector<TopRow> rows{};
};

/// Quotas and workloads are counted by the pods that Berth admitted and that have not ended.
[[nodiscard]] TopView decide_top(const ObservedTop& observed, const TopOptions& options);

} // namespace berth::cli
