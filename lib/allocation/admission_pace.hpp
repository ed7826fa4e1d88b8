#pragma once
// AdmissionPace (T1): back-pressure. Each sign of overload halves how fast workloads are admitted;
// quiet time adds to it step by step (additive increase, multiplicative decrease, as TCP does),
// until there is no bound at all. Pure arithmetic; AdmissionRates knows what the signs are.

#include <cstdint>
#include <tuple>

#include "lib/allocation/rate_limit.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

class AdmissionPace {
public:
  /// From here up nothing is bounded; the first sign halves it.
  static constexpr std::int32_t kPerMinuteMax = 60'000;
  static constexpr std::int32_t kPerMinuteMin = 60;
  /// What a quiet second adds.
  static constexpr std::int32_t kStepPerSecond = 300;
  /// Signs that come closer together count as one: the first must have time to work.
  static constexpr Duration kSignInterval = std::chrono::seconds{5};

  /// Overload was seen at `sign`, not after `now`.
  void slow_down(TimePoint sign, TimePoint now);
  /// Overload lasts, and was last seen at `sign`: each sign halves once, and nothing recovers.
  void press(TimePoint sign, TimePoint now);
  /// Time passed without a sign.
  void recover(TimePoint now);

  [[nodiscard]] std::int32_t per_minute() const { return per_minute_; }
  [[nodiscard]] bool is_bounded() const { return per_minute_ < kPerMinuteMax; }
  /// Always true while nothing is bounded.
  [[nodiscard]] bool may_admit(TimePoint now) const;
  [[nodiscard]] TimePoint next_admission() const;
  void admitted(TimePoint now);

  /// All that it remembers, in the order of declaration: for the decision log.
  template <class Self>
  [[nodiscard]] static auto members(Self& self) {
    return std::tie(self.per_minute_, self.slowed_at_, self.recovered_at_, self.bucket_);
  }

  friend bool operator==(const AdmissionPace&, const AdmissionPace&) = default;

private:
  /// A second's worth at once.
  [[nodiscard]] RateLimit rate() const;

  std::int32_t per_minute_ = kPerMinuteMax;
  TimePoint slowed_at_{};
  TimePoint recovered_at_{};
  TokenBucket bucket_{};
};

} // namespace berth::allocation
