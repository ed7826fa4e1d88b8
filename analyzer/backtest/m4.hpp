#pragma once
// The hourly series of the M4 competition as it published them (Makridakis, Spiliotis and
// Assimakopoulos, "The M4 Competition", 2020): a training file and a test file with the hours that
// follow. Only read here, never kept.

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::analyzer {

struct M4Series {
  std::string name{};
  std::vector<double> past{};
  std::vector<double> future{}; ///< what came next; never empty
};

inline constexpr std::size_t kM4SeriesMax = 100'000;

/// One series a line: its name, then its values until the first empty field. A series counts if
/// both files have it. Invalid with the line for what is no number.
[[nodiscard]] Result<std::vector<M4Series>> decode_m4(std::string_view train,
                                                      std::string_view test);

} // namespace berth::analyzer
