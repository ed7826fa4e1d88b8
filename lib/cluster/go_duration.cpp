#include "lib/cluster/go_duration.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace berth::cluster {
namespace {

constexpr std::size_t kTextBytesMax = 64;
constexpr std::int64_t kNanosecondsMax = std::int64_t{24} * 3'600'000'000'000;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
/// Longer names first where one begins with another.
constexpr std::array kUnits{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\xc2\xb5s", 1'000}, // micro sign
    Unit{"\xce\xbcs", 1'000}, // Greek mu
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes the unit at the front of `text`; nullptr if there is none.
const Unit* take_unit(std::string_view& text) {
  for (const auto& unit : kUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  return nullptr;
}

/// Takes "1", "1.5" or ".5" with its unit; the nanoseconds, or -1.
std::int64_t take_part(std::string_view& text) {
  std::int64_t whole = 0;
  std::int64_t fraction = 0;
  std::int64_t fraction_base = 1;
  bool any = false;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), any = true)
    if (whole < kNanosecondsMax)
      whole = whole * 10 + (text.front() - '0');
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), any = true) {
      if (fraction_base >= 1'000'000) // finer than is kept
        continue;
      fraction = fraction * 10 + (text.front() - '0');
      fraction_base *= 10;
    }
  }
  const Unit* unit = any ? take_unit(text) : nullptr;
  if (unit == nullptr || whole > kNanosecondsMax / unit->nanoseconds)
    return -1;
  return whole * unit->nanoseconds + fraction * (unit->nanoseconds / fraction_base);
}

} // namespace

Result<Duration> parse_go_duration(std::string_view text) {
  const auto invalid = [&] {
    return fail(Code::Invalid, '"' + std::string(text.substr(0, kTextBytesMax)) +
                                   "\" is not a duration such as 30s");
  };
  if (text == "0")
    return Duration{0};
  if (text.empty() || text.size() > kTextBytesMax)
    return invalid();
  std::int64_t total = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::int64_t part = take_part(rest);
    if (part < 0 || part > kNanosecondsMax - total)
      return invalid();
    total += part;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{total});
}

} // namespace berth::cluster
