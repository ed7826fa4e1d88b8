#pragma once
// Decay: how the past fades. 0.5^(elapsed / halfLife) in fixed point, so that every machine gets
// the same bits (X4). For the history of shares (F2); it knows nothing of quotas.

#include <cstdint>

#include "lib/base/clock.hpp"

namespace berth::allocation {

/// `value` x 0.5^(elapsed / half_life), rounded towards zero: half after one half-life, a quarter
/// after two. A time that runs backwards changes nothing. `half_life` must be > 0.
[[nodiscard]] std::int64_t decayed(std::int64_t value, Duration elapsed, Duration half_life);

/// A moving average with that half-life: `past` until now, `current` held during `elapsed`. Cutting
/// the time into pieces changes the result by rounding only.
[[nodiscard]] std::int64_t decayed_average(std::int64_t past, std::int64_t current,
                                           Duration elapsed, Duration half_life);

} // namespace berth::allocation
