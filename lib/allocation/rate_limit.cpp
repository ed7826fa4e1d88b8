#include "lib/allocation/rate_limit.hpp"

#include <algorithm>

#include "lib/resources/int128.hpp"

namespace berth::allocation {

std::int64_t TokenBucket::missing_at(const RateLimit& rate, TimePoint now) const {
  if (now <= as_of)
    return missing_parts;
  const auto back = resources::Int128{(now - as_of).count()} * rate.per_minute;
  return back >= missing_parts ? 0 : missing_parts - static_cast<std::int64_t>(back);
}

bool TokenBucket::is_full(const RateLimit& rate, TimePoint now) const {
  return missing_at(rate, now) == 0;
}

bool TokenBucket::has_token(const RateLimit& rate, TimePoint now) const {
  return missing_at(rate, now) + kParts <= rate.burst * kParts;
}

TimePoint TokenBucket::next_token(const RateLimit& rate) const {
  const std::int64_t too_many = missing_parts + kParts - rate.burst * kParts;
  if (too_many <= 0)
    return as_of;
  return as_of + Duration{(too_many + rate.per_minute - 1) / rate.per_minute};
}

void TokenBucket::take(const RateLimit& rate, TimePoint now) {
  missing_parts = missing_at(rate, now) + kParts;
  as_of = std::max(as_of, now);
}

} // namespace berth::allocation
