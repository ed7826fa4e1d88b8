// Time zones against the C library, and schedules against a walk over all minutes.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>

#include "lib/allocation/cron.hpp"
#include "tests/support/allocation/zones.hpp"

using namespace berth::allocation;
using namespace berth::allocation::testing;
using namespace std::chrono;

namespace {

const std::string kZoneFolder = "/usr/share/zoneinfo/";

std::shared_ptr<const TimeZone> load(const std::string& name) {
  std::ifstream file(kZoneFolder + name, std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  return TimeZone::from_tzif(name, bytes).value();
}

const std::vector<std::string> kZones{
    "UTC",          "Europe/Berlin",    "America/New_York",  "Asia/Kolkata", "Australia/Lord_Howe",
    "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Asia/Gaza",    "Antarctica/Troll"};

/// 1950 to 2150.
rc::Gen<UtcSeconds> instants() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(-631'152'000, 5'680'281'600),
                      [](std::int64_t count) { return UtcSeconds{seconds{count}}; });
}

seconds offset_by_libc(UtcSeconds instant) {
  const std::time_t time = instant.time_since_epoch().count();
  std::tm broken_down{};
  ::localtime_r(&time, &broken_down);
  return seconds{broken_down.tm_gmtoff};
}

} // namespace

TEST_CASE("a zone of the machine's database has the offsets that the C library says") {
  if (!std::ifstream(kZoneFolder + "Europe/Berlin")) {
    WARN("skipped: tzdata is not installed");
    return;
  }
  for (const std::string& name : kZones) {
    ::setenv("TZ", name.c_str(), 1);
    ::tzset();
    const auto zone = load(name);
    REQUIRE(rc::check("offsets of " + name, [&] {
      const UtcSeconds instant = *instants();
      RC_ASSERT(zone->offset_at(instant) == offset_by_libc(instant));
    }));
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST_CASE("to_utc turns to_local round, up to hours that come twice or never") {
  REQUIRE(rc::check("there and back", [] {
    const auto zone = testing::zone(*rc::gen::elementOf(std::vector<std::string>{
        kBerlin, kNewYork, "AEST-10AEDT,M10.1.0,M4.1.0/3", "UTC0", "<+0530>-5:30"}));
    const UtcSeconds instant = *instants();
    const LocalSeconds local = zone->to_local(instant);
    const UtcSeconds back = zone->to_utc(local);
    RC_ASSERT(back <= instant);
    RC_ASSERT(zone->to_local(back) == local); // shown twice: the first time
    const UtcSeconds of_any = zone->to_utc(local + minutes{30});
    RC_ASSERT(of_any >= back);
    if (zone->to_local(of_any) != local + minutes{30}) // shown never: the jump
      RC_ASSERT(zone->next_change(of_any - seconds{1}) == of_any);
  }));
}

namespace {

struct RandomSchedule {
  std::string text;
  std::vector<int> minutes, hours, weekdays; ///< empty: any
};

std::string field_of(const std::vector<int>& values) {
  std::string text;
  for (const int value : values)
    text += (text.empty() ? "" : ",") + std::to_string(value);
  return text.empty() ? "*" : text;
}

RandomSchedule some_schedule() {
  const auto values = [](int below) {
    return *rc::gen::resize(3, rc::gen::container<std::vector<int>>(rc::gen::inRange(0, below)));
  };
  RandomSchedule schedule{{}, values(60), values(24), values(7)};
  schedule.text = field_of(schedule.minutes) + " " + field_of(schedule.hours) + " * * " +
                  field_of(schedule.weekdays);
  return schedule;
}

bool names(const std::vector<int>& values, long value) {
  return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
}

} // namespace

TEST_CASE("R2: in a zone without switches the next time is the first minute that matches") {
  REQUIRE(rc::check("against a walk over minutes", [] {
    const RandomSchedule schedule = some_schedule();
    const UtcSeconds from = *instants();
    const auto zone = testing::zone("<+0530>-5:30");
    const auto found = CronSchedule::parse(schedule.text).value().next(from, *zone);
    RC_ASSERT(found.has_value());
    RC_ASSERT(*found > from);
    auto walked = floor<minutes>(zone->to_local(from)) + minutes{1};
    const auto matches = [&](auto minute) {
      const auto day = floor<days>(minute);
      const hh_mm_ss of_day{minute - day};
      return names(schedule.minutes, of_day.minutes().count()) &&
             names(schedule.hours, of_day.hours().count()) &&
             names(schedule.weekdays, static_cast<long>(weekday{day}.c_encoding()));
    };
    while (!matches(walked))
      walked += minutes{1};
    RC_ASSERT(zone->to_local(*found) == walked);
  }));
}

TEST_CASE("R2: a daily time comes exactly once on each day, whatever the clock does") {
  REQUIRE(rc::check("two years of days", [] {
    const auto zone = testing::zone(*rc::gen::elementOf(
        std::vector<std::string>{kBerlin, kNewYork, "AEST-10AEDT,M10.1.0,M4.1.0/3"}));
    const int of_day = *rc::gen::inRange(0, 24 * 60);
    const auto schedule = CronSchedule::parse(std::to_string(of_day % 60) + " " +
                                              std::to_string(of_day / 60) + " * * *")
                              .value();
    const local_days first_day{2026y / 1 / 1};
    UtcSeconds at = zone->to_utc(first_day) - seconds{1};
    for (local_days day = first_day; day < first_day + days{730}; day += days{1}) {
      at = schedule.next(at, *zone).value();
      RC_ASSERT(floor<days>(zone->to_local(at)) == day);
    }
  }));
}

namespace {

/// Whether a schedule of one minute and some hours, every day, has this local minute.
struct Daily {
  int minute = 0;
  std::vector<int> hours{};

  [[nodiscard]] bool names(LocalSeconds local) const {
    const auto of_day = duration_cast<minutes>(local - floor<days>(local)).count();
    return of_day % 60 == minute && std::ranges::find(hours, of_day / 60) != hours.end();
  }
};

/// Vixie cron's rule, minute by minute: a time that comes again does not count, and one that the
/// clock jumps over counts at the jump.
bool happens_at(const Daily& daily, UtcSeconds at, const TimeZone& zone) {
  const LocalSeconds local = zone.to_local(at);
  if (daily.names(local)) {
    bool came_before = false;
    for (UtcSeconds earlier = at - hours{3}; earlier < at; earlier += minutes{1})
      came_before = came_before || zone.to_local(earlier) == local;
    if (!came_before)
      return true;
  }
  for (LocalSeconds skipped = zone.to_local(at - minutes{1}) + minutes{1}; skipped < local;
       skipped += minutes{1})
    if (daily.names(skipped))
      return true;
  return false;
}

} // namespace

TEST_CASE(
    "R2: around clock changes a schedule with fixed hours is what a walk over minutes finds") {
  REQUIRE(rc::check("minute by minute across a change", [] {
    const auto zone = testing::zone(*rc::gen::elementOf(
        std::vector<std::string>{kBerlin, kNewYork, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"}));
    Daily daily{*rc::gen::inRange(0, 60), {}};
    for (int i = 0, count = *rc::gen::inRange(1, 5); i < count; ++i)
      daily.hours.push_back(*rc::gen::inRange(0, 24));
    std::string text = std::to_string(daily.minute) + " ";
    for (std::size_t i = 0; i < daily.hours.size(); ++i)
      text += (i == 0 ? "" : ",") + std::to_string(daily.hours[i]);
    const auto schedule = CronSchedule::parse(text + " * * *").value();
    UtcSeconds change = UtcSeconds{sys_days{year{2026} / 1 / 1}};
    for (int i = 0, changes = *rc::gen::inRange(1, 7); i < changes; ++i)
      change = zone->next_change(change).value();
    const UtcSeconds from = change - minutes{*rc::gen::inRange(1, 5 * 60)};
    UtcSeconds walked = from + minutes{1};
    while (!happens_at(daily, walked, *zone))
      walked += minutes{1};
    RC_ASSERT(schedule.next(from, *zone).value() == walked);
  }));
}
