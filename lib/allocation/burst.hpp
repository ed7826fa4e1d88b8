#pragma once
// Burst (Q6): what a quota may hold above nominal and borrowing for a while, as a budget of amount
// x seconds that empties while it is used and fills again while it is not. Pure arithmetic on one
// account; who may burst is the cycle's to say, and taking back what outlives the grace is
// preemption's.

#include <cstdint>
#include <optional>

#include "lib/base/clock.hpp"

namespace berth::allocation {

struct BurstSpec {
  std::int32_t factor_percent = 150;       ///< the most that may be held, of nominal; > 100
  Duration budget = std::chrono::hours{1}; ///< how long it lasts at the largest burst
  Duration refill = std::chrono::hours{24};
  Duration grace = std::chrono::minutes{5};

  friend bool operator==(const BurstSpec&, const BurstSpec&) = default;
};

/// How large a burst is, of the largest that the factor allows: kFullBurst.
inline constexpr std::int64_t kFullBurst = 1'000'000'000;

struct BurstAccount {
  /// What the budget lacks, in milliseconds at kFullBurst x kFullBurst.
  std::int64_t spent = 0;
  TimePoint as_of{};
  /// Since when it has been empty while a burst was on; the caller resets it when that has ended.
  std::optional<TimePoint> empty_since{};

  /// As it stood at `as_of`, with so much left.
  [[nodiscard]] static BurstAccount with_left(const BurstSpec& spec, Duration left,
                                              TimePoint as_of);
  /// A burst of `level` was on since as_of; 0: none, and the budget filled.
  void settle(const BurstSpec& spec, std::int64_t level, TimePoint now);
  /// Whether work may be admitted into a burst: while one is on, as long as anything is left; to
  /// begin one, kReopenPercent must be.
  [[nodiscard]] bool is_open(const BurstSpec& spec, std::int64_t level) const;
  /// How long it still lasts at a burst of `level`, which is > 0.
  [[nodiscard]] Duration lasts(const BurstSpec& spec, std::int64_t level) const;
  /// How long it still lasts at the largest burst.
  [[nodiscard]] Duration left(const BurstSpec& spec) const;
  /// When the grace ends after which the excess is to be taken back.
  [[nodiscard]] std::optional<TimePoint> reclaim_due(const BurstSpec& spec) const;

  static constexpr std::int64_t kReopenPercent = 10;

  friend bool operator==(const BurstAccount&, const BurstAccount&) = default;
};

} // namespace berth::allocation
