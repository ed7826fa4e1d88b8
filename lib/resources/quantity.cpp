#include "lib/resources/quantity.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace berth::resources {
namespace {

constexpr std::int64_t kNanoPerUnit = 1'000'000'000;
constexpr std::int64_t kNanoPerMilli = 1'000'000;
constexpr std::int64_t kWholeMax = INT64_MAX;
constexpr Int128 kNanoMax = Int128{kWholeMax} * kNanoPerUnit;
/// Beyond it every non-zero number is capped, or rounded up to one nano unit.
constexpr int kExponentMax = 1000;

struct Suffix {
  Notation notation = Notation::DecimalSI;
  int decimal_exponent = 0;
  int binary_exponent = 0; ///< in powers of 1024
};

constexpr std::string_view kBinaryLetters = "KMGTPE";
/// 10^-9, 10^-6 ... 10^18; ' ' stands for no letter.
constexpr std::string_view kDecimalLetters = "num kMGTPE";

/// "1234.5" as its digits and how many of them stand before the point.
struct Number {
  bool negative = false;
  std::string digits;
  int whole_digits = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes sign, digits and point from the front of `text`; nothing without any digit.
std::optional<Number> take_number(std::string_view& text) {
  Number number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  bool after_point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (is_digit(text.front())) {
      number.digits += text.front();
      number.whole_digits += after_point ? 0 : 1;
    } else if (text.front() == '.' && !after_point) {
      after_point = true;
    } else {
      break;
    }
  }
  if (number.digits.empty())
    return std::nullopt;
  return number;
}

/// "+12" or "-3", held to +-kExponentMax; nothing unless it is all digits.
std::optional<int> parse_exponent(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+'))
    text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  int exponent = 0;
  for (const char digit : text)
    exponent = std::min(exponent * 10 + (digit - '0'), kExponentMax);
  return negative ? -exponent : exponent;
}

std::optional<Suffix> parse_suffix(std::string_view text) {
  if (text.empty())
    return Suffix{};
  if (text.size() == 2 && text[1] == 'i') {
    const auto at = kBinaryLetters.find(text[0]);
    if (at == std::string_view::npos)
      return std::nullopt;
    return Suffix{Notation::BinarySI, 0, static_cast<int>(at) + 1};
  }
  if (text.size() == 1 && text[0] != ' ') {
    const auto at = kDecimalLetters.find(text[0]);
    if (at == std::string_view::npos)
      return std::nullopt;
    return Suffix{Notation::DecimalSI, 3 * (static_cast<int>(at) - 3), 0};
  }
  if (text[0] != 'e' && text[0] != 'E')
    return std::nullopt;
  const auto exponent = parse_exponent(text.substr(1));
  if (!exponent)
    return std::nullopt;
  return Suffix{Notation::DecimalExponent, *exponent, 0};
}

/// The digits before the point, where the point may lie beyond the last digit; stops growing once
/// it is above every quantity.
Int128 whole_part(std::string_view digits, int point) {
  Int128 whole = 0;
  for (int i = 0; i < point && whole <= kWholeMax; ++i) {
    const auto at = static_cast<std::size_t>(i);
    whole = whole * 10 + (at < digits.size() ? digits[at] - '0' : 0);
  }
  return whole;
}

/// `unit` x the digits after the point, rounded up. Exact for any number of digits: taking the
/// floor after each division by ten gives the floor of the whole.
Int128 fraction_part(std::string_view digits, int point, Int128 unit) {
  Int128 part = 0;
  bool rounded = false;
  const auto shift_right = [&](int digit) {
    const Int128 shifted = digit * unit + part;
    rounded = rounded || shifted % 10 != 0;
    part = shifted / 10;
  };
  for (int i = static_cast<int>(digits.size()) - 1; i >= std::max(point, 0); --i)
    shift_right(digits[static_cast<std::size_t>(i)] - '0');
  for (int i = point; i < 0 && part != 0; ++i)
    shift_right(0);
  return part + (rounded ? 1 : 0);
}

/// What the number and its suffix say, in nano units, rounded away from zero and capped.
Int128 nano_units(const Number& number, const Suffix& suffix) {
  const Int128 factor = Int128{1} << (10 * suffix.binary_exponent);
  const int point = number.whole_digits + suffix.decimal_exponent;
  const Int128 whole = whole_part(number.digits, point) * factor;
  Int128 nano = kNanoMax;
  if (whole <= kWholeMax)
    nano = whole * kNanoPerUnit + fraction_part(number.digits, point, factor * kNanoPerUnit);
  nano = std::min(nano, kNanoMax);
  return number.negative ? -nano : nano;
}

Int128 divide_away_from_zero(Int128 value, Int128 divisor) {
  const Int128 quotient = value / divisor;
  if (value % divisor == 0)
    return quotient;
  return value < 0 ? quotient - 1 : quotient + 1;
}

/// Decimal digits; Int128 has no library support.
std::string digits_of(Int128 value) {
  std::string digits;
  const bool negative = value < 0;
  for (Int128 rest = negative ? -value : value; rest != 0; rest /= 10)
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  if (negative)
    digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string decimal_text(Int128 nano, Notation notation) {
  int exponent = -9;
  for (; nano % 1000 == 0; nano /= 1000)
    exponent += 3;
  if (notation == Notation::DecimalExponent)
    return digits_of(nano) + (exponent == 0 ? "" : "e" + std::to_string(exponent));
  const std::ptrdiff_t place = exponent / 3 + 3;
  const char letter = kDecimalLetters[static_cast<std::size_t>(place)];
  return digits_of(nano) + (letter == ' ' ? "" : std::string(1, letter));
}

std::string binary_text(Int128 whole) {
  std::size_t power = 0;
  for (; whole % 1024 == 0; whole /= 1024)
    ++power;
  return digits_of(whole) + (power == 0 ? "" : std::string(1, kBinaryLetters[power - 1]) + "i");
}

} // namespace

Result<Quantity> Quantity::parse(std::string_view text) {
  const auto invalid = [&] {
    return fail(Code::Invalid, "\"" + std::string(text.substr(0, kTextBytesMax)) +
                                   "\" is not a quantity such as 500m, 2 or 1.5Gi");
  };
  if (text.size() > kTextBytesMax)
    return invalid();
  std::string_view rest = text;
  const auto number = take_number(rest);
  const auto suffix = parse_suffix(rest);
  if (!number || !suffix)
    return invalid();
  return Quantity(nano_units(*number, *suffix), suffix->notation);
}

Quantity Quantity::of(std::int64_t count, Notation notation) {
  return Quantity(std::clamp(Int128{count} * kNanoPerUnit, -kNanoMax, kNanoMax), notation);
}

Quantity Quantity::of_milli(std::int64_t count) {
  return Quantity(Int128{count} * kNanoPerMilli, Notation::DecimalSI);
}

Amount Quantity::value() const {
  return Amount::saturated(divide_away_from_zero(nano_, kNanoPerUnit));
}

Amount Quantity::milli_value() const {
  return Amount::saturated(divide_away_from_zero(nano_, kNanoPerMilli));
}

std::string Quantity::str() const {
  if (nano_ == 0)
    return "0";
  constexpr Int128 kSmallestBinary = Int128{1024} * kNanoPerUnit;
  const bool is_small = nano_ < kSmallestBinary && nano_ > -kSmallestBinary;
  if (notation_ == Notation::BinarySI && !is_small && nano_ % kNanoPerUnit == 0)
    return binary_text(nano_ / kNanoPerUnit);
  return decimal_text(nano_, notation_);
}

} // namespace berth::resources
