#pragma once
// Quantity: a Kubernetes quantity ("500m", "1.5Gi", "1e3") read and written exactly, never through
// a floating-point number. It follows apimachinery's resource.Quantity: at most nine decimal places
// (more are rounded away from zero), at most 2^63-1 in magnitude (more is capped), canonical output
// in the notation that was read. Every decoder of objects with amounts calls it;
// tests/fuzz/quantity feeds it.

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/resources/amount.hpp"
#include "lib/resources/int128.hpp"

namespace berth::resources {

/// How a quantity is written; kept from what was read.
enum class Notation {
  DecimalSI,       ///< n u m "" k M G T P E
  BinarySI,        ///< Ki Mi Gi Ti Pi Ei
  DecimalExponent, ///< 12e6
};

class Quantity {
public:
  /// Zero.
  constexpr Quantity() = default;

  /// Invalid for anything outside the grammar: an empty text, spaces, no digit, a suffix that does
  /// not exist, an exponent without digits, more than `kTextBytesMax` bytes. Signs are allowed:
  /// whether a negative amount makes sense is the caller's to say.
  [[nodiscard]] static Result<Quantity> parse(std::string_view text);
  /// `count` whole units.
  [[nodiscard]] static Quantity of(std::int64_t count, Notation notation = Notation::DecimalSI);
  /// `count` thousandths of a unit: cpu.
  [[nodiscard]] static Quantity of_milli(std::int64_t count);

  /// Whole units, rounded away from zero, as Kubernetes' Value() does.
  [[nodiscard]] Amount value() const;
  /// Thousandths, rounded away from zero and saturating, as MilliValue().
  [[nodiscard]] Amount milli_value() const;
  /// The canonical text: parsing it gives an equal quantity, and writing that gives the same text.
  [[nodiscard]] std::string str() const;

  [[nodiscard]] Notation notation() const { return notation_; }
  [[nodiscard]] bool is_zero() const { return nano_ == 0; }
  [[nodiscard]] bool is_negative() const { return nano_ < 0; }

  /// By amount; "1" equals "1000m".
  friend constexpr bool operator==(const Quantity& left, const Quantity& right) {
    return left.nano_ == right.nano_;
  }
  friend constexpr auto operator<=>(const Quantity& left, const Quantity& right) {
    return left.nano_ <=> right.nano_;
  }

  /// The longest text that is looked at.
  static constexpr std::size_t kTextBytesMax = 128;

private:
  constexpr Quantity(Int128 nano, Notation notation) : nano_(nano), notation_(notation) {}

  Int128 nano_ = 0; ///< billionths of a unit; magnitude <= (2^63-1) x 10^9
  Notation notation_ = Notation::DecimalSI;
};

} // namespace berth::resources
