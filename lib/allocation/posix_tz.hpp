#pragma once
// PosixTz: the rule at the end of a TZif file ("CET-1CEST,M3.5.0,M10.5.0/3") that says how a zone
// goes on for ever: a standard offset and, where there is one, the yearly switch to and from
// daylight saving. RFC 9636 section 3.3.1 with its extension to hours of -167 to 167.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/result.hpp"

namespace berth::allocation {

/// A day of the year and a time of that day, by the wall clock that is in force before the switch.
struct YearlySwitch {
  enum class Kind : std::uint8_t {
    JulianNoLeap, ///< Jn: day 1 to 365, 29 February is never counted
    DayOfYear,    ///< n: day 0 to 365
    WeekdayOf,    ///< Mm.w.d: week w (5: the last) of month m, weekday d (0: Sunday)
  };
  Kind kind = Kind::WeekdayOf;
  std::int32_t day = 0; ///< the day of the year, or the weekday
  std::uint8_t week = 0;
  std::uint8_t month = 0;
  std::chrono::seconds time{7200}; ///< since midnight, -167 h to 167 h

  [[nodiscard]] std::chrono::local_seconds in(std::chrono::year of) const;
};

struct PosixTz {
  std::chrono::seconds standard_offset{0}; ///< ahead of UTC
  struct Daylight {
    std::chrono::seconds offset{0};
    YearlySwitch begins{};
    YearlySwitch ends{};
  };
  std::optional<Daylight> daylight{};

  [[nodiscard]] static Result<PosixTz> parse(std::string_view text);

  [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds instant) const;
  /// The first switch after `instant`; nothing without daylight saving.
  [[nodiscard]] std::optional<std::chrono::sys_seconds>
  next_change(std::chrono::sys_seconds instant) const;
};

} // namespace berth::allocation
