#pragma once
// The decide part of `kubectl berth export`: the use of pools and quotas as a flat table of
// numbers, for spreadsheets, scripts and metric stores. Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/status/observe.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::cli {

/// The columns, in their order. A pool has the first five, a quota the others.
enum class Measure {
  Capacity,
  Allocatable,
  Allocated,
  Promised,
  Measured,
  Nominal,
  Used,
  Borrowed,
  Lent,
  Pending,
};
inline constexpr std::size_t kMeasures = static_cast<std::size_t>(Measure::Pending) + 1;
/// "capacity".
[[nodiscard]] std::string_view to_string(Measure measure);

struct ExportRow {
  bool is_pool = false;
  std::string name{}; ///< of the pool or quota
  std::string pool{}; ///< of a quota; of a pool its own name
  resources::ResourceName resource{""};
  /// In the resource's base unit; absent: not known, or not a column of this row.
  std::array<std::optional<std::int64_t>, kMeasures> values{};

  [[nodiscard]] std::optional<std::int64_t>& operator[](Measure measure) {
    return values[static_cast<std::size_t>(measure)];
  }
  [[nodiscard]] const std::optional<std::int64_t>& operator[](Measure measure) const {
    return values[static_cast<std::size_t>(measure)];
  }
};

struct ExportView {
  TimePoint as_of{};
  std::vector<ExportRow> rows{}; ///< pools, then quotas; by name, pool and resource
};

/// The base unit: "millicores", "bytes" or "count".
[[nodiscard]] std::string_view unit_of(const resources::ResourceName& resource);

[[nodiscard]] ExportView decide_export(const ObservedStatus& observed, TimePoint now);

} // namespace berth::cli
