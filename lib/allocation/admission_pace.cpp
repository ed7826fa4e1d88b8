#include "lib/allocation/admission_pace.hpp"

#include <algorithm>

namespace berth::allocation {

void AdmissionPace::slow_down(TimePoint sign, TimePoint now) {
  if (sign < slowed_at_ + kSignInterval)
    return;
  recover(now);
  per_minute_ = std::max(per_minute_ / 2, kPerMinuteMin);
  slowed_at_ = sign;
  recovered_at_ = now;
}

void AdmissionPace::press(TimePoint sign, TimePoint now) {
  recovered_at_ = std::max(recovered_at_, now);
  slow_down(sign, now);
}

void AdmissionPace::recover(TimePoint now) {
  if (!is_bounded() || now <= recovered_at_)
    return;
  const auto seconds = (now - recovered_at_) / std::chrono::seconds{1};
  const std::int64_t raised = per_minute_ + std::int64_t{seconds} * kStepPerSecond;
  per_minute_ = static_cast<std::int32_t>(std::min<std::int64_t>(raised, kPerMinuteMax));
  recovered_at_ += std::chrono::seconds{seconds}; // parts of a second are not lost
  if (!is_bounded())
    bucket_ = TokenBucket{};
}

bool AdmissionPace::may_admit(TimePoint now) const {
  return !is_bounded() || bucket_.has_token(rate(), now);
}

TimePoint AdmissionPace::next_admission() const {
  return is_bounded() ? bucket_.next_token(rate()) : TimePoint{};
}

void AdmissionPace::admitted(TimePoint now) {
  if (is_bounded())
    bucket_.take(rate(), now);
}

RateLimit AdmissionPace::rate() const {
  return RateLimit{per_minute_, std::max(per_minute_ / 60, 1)};
}

} // namespace berth::allocation
