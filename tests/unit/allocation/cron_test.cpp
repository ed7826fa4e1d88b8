#include <catch2/catch.hpp>

#include "tests/support/allocation/zones.hpp"

#include "lib/allocation/cron.hpp"

using namespace berth::allocation;
using namespace berth::allocation::testing;
using namespace std::chrono;

namespace {

CronSchedule cron(const char* text) {
  auto schedule = CronSchedule::parse(text);
  REQUIRE(schedule.has_value());
  return *schedule;
}

UtcSeconds utc(year_month_day date, seconds of_day = 0s) {
  return sys_days{date} + of_day;
}

/// The first `count` times after `from`.
std::vector<UtcSeconds> times(const char* text, UtcSeconds from, const TimeZone& in, int count) {
  std::vector<UtcSeconds> found;
  for (int i = 0; i < count; ++i) {
    from = cron(text).next(from, in).value();
    found.push_back(from);
  }
  return found;
}

const auto kUtc = TimeZone::utc();

} // namespace

TEST_CASE("a schedule names minutes, hours, days, months and weekdays") {
  const UtcSeconds from = utc(2026y / 11 / 21, 12h); // a Saturday
  CHECK(cron("30 8 * * *").next(from, *kUtc) == utc(2026y / 11 / 22, 8h + 30min));
  CHECK(cron("0 12 * * *").next(from, *kUtc) == utc(2026y / 11 / 22, 12h)); // strictly after
  CHECK(cron("*/20 * * * *").next(from, *kUtc) == from + 20min);
  CHECK(cron("0 9 * * 1-5").next(from, *kUtc) == utc(2026y / 11 / 23, 9h));
  CHECK(cron("0 9 * * MON,thu").next(from, *kUtc) == utc(2026y / 11 / 23, 9h));
  CHECK(cron("0 0 * * 7").next(from, *kUtc) == utc(2026y / 11 / 22));
  CHECK(cron("0 0 * * 5-7").next(from, *kUtc) == utc(2026y / 11 / 22));
  CHECK(cron("0 0 1 jan ?").next(from, *kUtc) == utc(2027y / 1 / 1));
  CHECK(cron("5-59/10 13 * * *").next(from, *kUtc) == from + 1h + 5min);
  CHECK(cron("50/5 12 * * *").next(from, *kUtc) == from + 50min);
  CHECK(cron("@daily").next(from, *kUtc) == utc(2026y / 11 / 22));
  CHECK(cron("@hourly").next(from, *kUtc) == from + 1h);
  CHECK(cron("0 0 29 2 *").next(from, *kUtc) == utc(2028y / 2 / 29));
}

TEST_CASE("a day of month and a weekday that are both restricted are alternatives") {
  CHECK(times("0 0 25 * 0", utc(2026y / 11 / 21), *kUtc, 3) ==
        std::vector{utc(2026y / 11 / 22), utc(2026y / 11 / 25), utc(2026y / 11 / 29)});
  CHECK(cron("0 0 */10 * 1").next(utc(2026y / 11 / 21), *kUtc) ==
        utc(2026y / 11 / 21, 24h * 0) + days{2});
}

TEST_CASE("a schedule that never comes says so") {
  CHECK_FALSE(cron("0 0 30 2 *").next(utc(2026y / 1 / 1), *kUtc));
  CHECK_FALSE(cron("* * 31 4,6,9,11 *").next(utc(2026y / 1 / 1), *kUtc));
}

TEST_CASE("R2: a daily window happens once a day when the clock goes forward") {
  const auto berlin = zone(kBerlin); // 29 March 2026: 02:00 becomes 03:00
  CHECK(times("30 2 * * *", utc(2026y / 3 / 28), *berlin, 3) ==
        std::vector{utc(2026y / 3 / 28, 1h + 30min), utc(2026y / 3 / 29, 1h),
                    utc(2026y / 3 / 30, 30min)});
  CHECK(times("0 17 * * *", utc(2026y / 3 / 28, 17h), *berlin, 2) ==
        std::vector{utc(2026y / 3 / 29, 15h), utc(2026y / 3 / 30, 15h)});
}

TEST_CASE("R2: a daily window happens once a day when the clock goes back") {
  const auto berlin = zone(kBerlin); // 25 October 2026: 03:00 becomes 02:00
  CHECK(times("30 2 * * *", utc(2026y / 10 / 24, 12h), *berlin, 2) ==
        std::vector{utc(2026y / 10 / 25, 30min), utc(2026y / 10 / 26, 1h + 30min)});
  const auto new_york = zone(kNewYork); // 1 November 2026, 06:00 UTC
  CHECK(times("30 1 * * *", utc(2026y / 11 / 1), *new_york, 2) ==
        std::vector{utc(2026y / 11 / 1, 5h + 30min), utc(2026y / 11 / 2, 6h + 30min)});
}

TEST_CASE("R2: an hourly window goes by real hours across both switches") {
  const auto berlin = zone(kBerlin);
  for (const UtcSeconds from : {utc(2026y / 3 / 28, 23h), utc(2026y / 10 / 24, 23h)})
    CHECK(times("0 * * * *", from, *berlin, 4) ==
          std::vector{from + 1h, from + 2h, from + 3h, from + 4h});
}

TEST_CASE("texts that are no schedules are refused") {
  for (const char* text : {"",
                           "* * * *",
                           "* * * * * *",
                           "60 * * * *",
                           "* 24 * * *",
                           "* * 0 * *",
                           "* * 32 * *",
                           "* * * 13 *",
                           "* * * * 8",
                           "5-1 * * * *",
                           "*/0 * * * *",
                           "1- * * * *",
                           ", * * * *",
                           "1,,2 * * * *",
                           "-1 * * * *",
                           "a * * * *",
                           "* * * foo *",
                           "@every 5m",
                           "@often",
                           "TZ=UTC 0 0 * * *",
                           "99999999999 * * * *",
                           "*/-1 * * * *",
                           "1/2/3 * * * *"}) {
    INFO(text);
    CHECK_FALSE(CronSchedule::parse(text).has_value());
  }
  CHECK_FALSE(CronSchedule::parse(std::string(300, ' ') + "* * * * *").has_value());
}
