#pragma once
// TimeZone: a value that turns UTC into local time and back, right across daylight saving. Built
// from the bytes of a TZif file (RFC 9636) that the caller has read, for example
// /usr/share/zoneinfo/Europe/Berlin: reading files is not done here, and g++ 12 has no std::chrono
// time zones. tests/fuzz/tzif feeds the decoder.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/posix_tz.hpp"
#include "lib/base/result.hpp"

namespace berth::allocation {

using UtcSeconds = std::chrono::sys_seconds;
/// Wall-clock time of some zone.
using LocalSeconds = std::chrono::local_seconds;

class TimeZone {
public:
  [[nodiscard]] static std::shared_ptr<const TimeZone> utc();

  /// Invalid, naming what is wrong, for anything that is not a version 1 to 4 TZif file of at most
  /// `kFileBytesMax`. Leap seconds are read over: POSIX time has none.
  [[nodiscard]] static Result<std::shared_ptr<const TimeZone>>
  from_tzif(std::string name, std::span<const std::uint8_t> bytes);

  /// The name given, for messages.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// How far local time is ahead of UTC at that instant.
  [[nodiscard]] std::chrono::seconds offset_at(UtcSeconds instant) const;
  [[nodiscard]] LocalSeconds to_local(UtcSeconds instant) const;

  /// The instant at which the clock shows `local`. If it shows it twice (the clock went back), the
  /// first time; if never (the clock went forward over it), the instant of the jump.
  [[nodiscard]] UtcSeconds to_utc(LocalSeconds local) const;

  /// The first instant after `instant` at which the offset changes; nothing if it never does again.
  [[nodiscard]] std::optional<UtcSeconds> next_change(UtcSeconds instant) const;

  static constexpr std::size_t kFileBytesMax = 1 << 20;

private:
  TimeZone() = default;
  struct Change {
    UtcSeconds at;
    std::chrono::seconds offset;
  };

  std::string name_;
  std::chrono::seconds first_offset_{0}; ///< before the first change
  std::vector<Change> changes_;          ///< sorted by time
  std::optional<PosixTz> afterwards_;    ///< the rule after the last change
};

} // namespace berth::allocation
