#pragma once
// The Numenta Anomaly Benchmark as it is published (Lavin and Ahmad, "Evaluating Real-time Anomaly
// Detection Algorithms", 2015): series with time stamps, and the windows in which people saw
// something. Only read here, never kept.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::analyzer {

/// Rows of a window, the last one included.
struct RowRange {
  std::size_t first = 0;
  std::size_t last = 0;

  friend bool operator==(const RowRange&, const RowRange&) = default;
};

struct NabFile {
  std::string name{}; ///< "realTraffic/speed_6005.csv"
  std::vector<std::string> times{};
  std::vector<double> values{};
  std::vector<RowRange> windows{}; ///< in order, not overlapping
};

/// First and last time of a window, as text.
using NabWindows = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kNabRowsMax = 1'000'000;

/// labels/combined_windows.json: the windows of each file.
[[nodiscard]] Result<std::map<std::string, NabWindows>> decode_nab_windows(std::string_view text);
/// A file with the columns timestamp,value. A window without any row of the file is Invalid.
[[nodiscard]] Result<NabFile> decode_nab_file(std::string name, std::string_view text,
                                              const NabWindows& windows);

} // namespace berth::analyzer
