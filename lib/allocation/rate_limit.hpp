#pragma once
// TokenBucket (T1): admissions per minute with a burst, as integers that neither drift nor depend
// on how often they are looked at. A bucket that nobody drew from for long is full and need not be
// kept. It knows no quota; AdmissionLimits keeps one for each quota and subject.

#include <cstdint>

#include "lib/base/clock.hpp"

namespace berth::allocation {

struct RateLimit {
  std::int32_t per_minute = 0; ///< > 0
  std::int32_t burst = 1;      ///< > 0; how many at once after a quiet time

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

struct TokenBucket {
  /// What is missing from a full bucket at `as_of`, in kParts of a token: `per_minute` of them come
  /// back in a millisecond.
  std::int64_t missing_parts = 0;
  TimePoint as_of{};

  static constexpr std::int64_t kParts = 60'000;

  [[nodiscard]] bool is_full(const RateLimit& rate, TimePoint now) const;
  [[nodiscard]] bool has_token(const RateLimit& rate, TimePoint now) const;
  /// From when on there is one; `now` or before if there is.
  [[nodiscard]] TimePoint next_token(const RateLimit& rate) const;
  /// There must be one.
  void take(const RateLimit& rate, TimePoint now);

  friend bool operator==(const TokenBucket&, const TokenBucket&) = default;

private:
  [[nodiscard]] std::int64_t missing_at(const RateLimit& rate, TimePoint now) const;
};

} // namespace berth::allocation
