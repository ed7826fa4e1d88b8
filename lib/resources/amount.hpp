#pragma once
// Amount: how much of one resource, in its base unit (millicores of cpu, bytes, counts). A value
// type over int64 that saturates instead of overflowing and has one Unlimited, so that no quota
// arithmetic can wrap round. It knows no units and no names; see resource_name.hpp for those.

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

#include "lib/resources/int128.hpp"

namespace berth::resources {

/// May be negative (what is left of a quota that is over-used). Finite values lie in
/// [-(2^63-2), 2^63-2]; arithmetic that leaves the range stays at its end.
class Amount {
public:
  constexpr Amount() = default;
  /// Values outside the finite range are moved to its nearest end, so never become Unlimited.
  constexpr explicit Amount(std::int64_t value)
      : value_(value > kMost ? kMost : (value < kLeast ? kLeast : value)) {}

  /// Above every finite amount; nothing finite added or taken changes it.
  [[nodiscard]] static constexpr Amount unlimited() {
    Amount amount;
    amount.value_ = kUnlimited;
    return amount;
  }
  /// The nearest finite amount.
  [[nodiscard]] static constexpr Amount saturated(Int128 value) {
    if (value > kMost)
      return Amount{kMost};
    return Amount{value < kLeast ? kLeast : static_cast<std::int64_t>(value)};
  }

  [[nodiscard]] constexpr bool is_unlimited() const { return value_ == kUnlimited; }
  [[nodiscard]] constexpr bool is_zero() const { return value_ == 0; }
  /// The number itself; INT64_MAX for Unlimited.
  [[nodiscard]] constexpr std::int64_t value() const { return value_; }

  /// Unlimited becomes the lowest finite amount.
  [[nodiscard]] constexpr Amount operator-() const { return Amount{-value_}; }
  /// Unlimited if either side is.
  friend constexpr Amount operator+(Amount left, Amount right) {
    if (left.is_unlimited() || right.is_unlimited())
      return unlimited();
    return saturated(Int128{left.value_} + right.value_);
  }
  /// Unlimited if the left side is; the lowest finite amount if only the right side is.
  friend constexpr Amount operator-(Amount left, Amount right) {
    if (left.is_unlimited())
      return unlimited();
    return right.is_unlimited() ? Amount{kLeast} : saturated(Int128{left.value_} - right.value_);
  }
  constexpr Amount& operator+=(Amount other) { return *this = *this + other; }
  constexpr Amount& operator-=(Amount other) { return *this = *this - other; }

  friend constexpr auto operator<=>(Amount, Amount) = default;

private:
  static constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kMost = kUnlimited - 1;
  static constexpr std::int64_t kLeast = -kMost;

  std::int64_t value_ = 0;
};

/// `amount` x `numerator` / `denominator`, rounded towards zero; Unlimited stays so.
/// `denominator` must be > 0.
[[nodiscard]] Amount scaled(Amount amount, std::int64_t numerator, std::int64_t denominator);

/// a/b against c/d by cross-multiplication in 128 bits; b and d must be > 0. Unlimited counts as
/// its numeric value.
[[nodiscard]] std::strong_ordering compare_ratios(Amount a, Amount b, Amount c, Amount d);

/// The decimal number, or "unlimited".
[[nodiscard]] std::string to_string(Amount amount);

} // namespace berth::resources
