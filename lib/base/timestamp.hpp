#pragma once
// Timestamps as the Kubernetes API writes them (RFC 3339, UTC): metav1.Time has whole seconds,
// MicroTime six fraction digits. Reading accepts both, any offset, and nothing else.

#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth {

/// "2026-11-21T01:36:00Z"; fractions of a second are cut off.
[[nodiscard]] std::string format_time(TimePoint time);
/// "2026-11-21T01:36:00.123000Z", as Lease objects need it.
[[nodiscard]] std::string format_micro_time(TimePoint time);
/// Invalid for anything that is not RFC 3339 with years 0001 to 9999.
[[nodiscard]] Result<TimePoint> parse_time(std::string_view text);

} // namespace berth
