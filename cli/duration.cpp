#include "cli/duration.hpp"

#include <array>
#include <charconv>
#include <string>

namespace berth::cli {
namespace {

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};
constexpr std::int64_t kNumberMax = 1'000'000'000;

} // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto wrong = [&] {
    return fail(Code::Invalid, '"' + std::string(text) + "\" is no duration, as 90m, 1h30m or 2d");
  };
  std::int64_t seconds = 0;
  std::size_t unit = 0;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  if (at == end)
    return wrong();
  while (at != end) {
    std::int64_t number = 0;
    const auto [behind, problem] = std::from_chars(at, end, number);
    if (problem != std::errc{} || behind == end || *at == '-' || number > kNumberMax)
      return wrong();
    while (unit < kUnits.size() && kUnits[unit].letter != *behind)
      ++unit;
    if (unit == kUnits.size())
      return wrong();
    seconds += number * kUnits[unit++].seconds;
    at = behind + 1;
  }
  if (std::chrono::seconds{seconds} > kDurationMax)
    return fail(Code::Invalid, '"' + std::string(text) + "\" is too long");
  return std::chrono::seconds{seconds};
}

} // namespace berth::cli
