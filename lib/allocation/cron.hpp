#pragma once
// CronSchedule: the five-field schedule of a recurring reservation, in a time zone. Fields, names,
// ranges, steps and macros (@daily) are those of Kubernetes' CronJob; a restricted day of month and
// a restricted day of week are alternatives. Across daylight saving it follows Vixie cron: a
// schedule with fixed hours happens once on every day that it names (a time that is skipped happens
// at the jump, a time that comes twice happens the first time); one for every hour goes by real
// hours.

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "lib/allocation/time_zone.hpp"
#include "lib/base/result.hpp"

namespace berth::allocation {

class CronSchedule {
public:
  /// Invalid, naming the field, for anything else. "TZ=" prefixes are refused: the zone has a field
  /// of its own.
  [[nodiscard]] static Result<CronSchedule> parse(std::string_view text);

  /// The first time strictly after `instant`; nothing if there is none within
  /// `kSearchYearsMax` years (30 February).
  [[nodiscard]] std::optional<UtcSeconds> next(UtcSeconds instant, const TimeZone& zone) const;

  /// What was parsed.
  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const CronSchedule& left, const CronSchedule& right) {
    return left.text_ == right.text_;
  }

  /// 29 February comes after at most eight years.
  static constexpr int kSearchYearsMax = 9;
  static constexpr std::size_t kTextBytesMax = 256;

private:
  CronSchedule() = default;
  [[nodiscard]] bool on_day(std::chrono::local_days day) const;
  [[nodiscard]] std::optional<UtcSeconds> next_by_day(UtcSeconds instant,
                                                      const TimeZone& zone) const;
  [[nodiscard]] std::optional<UtcSeconds> next_by_hour(UtcSeconds instant,
                                                       const TimeZone& zone) const;
  [[nodiscard]] std::optional<LocalSeconds> next_local(LocalSeconds from, LocalSeconds until) const;

  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_of_month_; ///< bit 1 to 31
  std::bitset<13> months_;        ///< bit 1 to 12
  std::bitset<7> days_of_week_;   ///< bit 0: Sunday
  bool any_hour_ = false;         ///< the hour field is "*" or a step of it
  bool any_day_of_month_ = false;
  bool any_day_of_week_ = false;
};

} // namespace berth::allocation
