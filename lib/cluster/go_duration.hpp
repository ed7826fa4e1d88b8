#pragma once
// Durations as Go and so metav1.Duration write them, in the metrics API and elsewhere.

#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::cluster {

/// "20s", "1m0.5s", "10.091s", cut to the millisecond. Invalid for anything else, for negative
/// durations, and for more than a day.
[[nodiscard]] Result<Duration> parse_go_duration(std::string_view text);

} // namespace berth::cluster
