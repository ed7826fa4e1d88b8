#pragma once
// Durations as people type them: "90m", "1h30m", "2d". What format_duration() prints is read back.

#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::cli {

/// Numbers with the units d, h, m and s, the larger first and each once. Invalid: anything else,
/// nothing, or more than kDurationMax.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

inline constexpr Duration kDurationMax = std::chrono::days{3660};

} // namespace berth::cli
