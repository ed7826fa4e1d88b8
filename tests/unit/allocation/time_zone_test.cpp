#include <catch2/catch.hpp>

#include "tests/support/allocation/zones.hpp"

using namespace berth::allocation;
using namespace berth::allocation::testing;
using namespace std::chrono;

namespace {

UtcSeconds utc(year_month_day date, seconds of_day = 0s) {
  return sys_days{date} + of_day;
}

LocalSeconds local(year_month_day date, seconds of_day = 0s) {
  return local_days{date} + of_day;
}

bool refused(std::vector<std::uint8_t> bytes) {
  return !TimeZone::from_tzif("x", bytes).has_value();
}

} // namespace

TEST_CASE("a rule gives the offset of any instant, before and after each switch") {
  const auto berlin = zone(kBerlin);
  CHECK(berlin->offset_at(utc(2026y / 1 / 1)) == 1h);
  CHECK(berlin->offset_at(utc(2026y / 3 / 29, 1h - 1s)) == 1h);
  CHECK(berlin->offset_at(utc(2026y / 3 / 29, 1h)) == 2h);
  CHECK(berlin->offset_at(utc(2026y / 10 / 25, 1h - 1s)) == 2h);
  CHECK(berlin->offset_at(utc(2026y / 10 / 25, 1h)) == 1h);
  CHECK(berlin->offset_at(utc(2199y / 7 / 1)) == 2h);
}

TEST_CASE("south of the equator daylight saving spans the new year") {
  const auto sydney = zone("AEST-10AEDT,M10.1.0,M4.1.0/3");
  CHECK(sydney->offset_at(utc(2026y / 12 / 31, 23h)) == 11h);
  CHECK(sydney->offset_at(utc(2027y / 1 / 1)) == 11h);
  CHECK(sydney->offset_at(utc(2026y / 7 / 1)) == 10h);
}

TEST_CASE("every form of a yearly switch is understood") {
  CHECK(zone("<+0330>-3:30")->offset_at(utc(2026y / 7 / 1)) == 210min);
  const auto julian = zone("AAA0BBB,J60/0,J300/0"); // 1 March, leap year or not
  CHECK(julian->offset_at(utc(2027y / 3 / 1) - 1s) == 0h);
  CHECK(julian->offset_at(utc(2027y / 3 / 1)) == 1h);
  CHECK(julian->offset_at(utc(2028y / 3 / 1) - 1s) == 0h);
  CHECK(julian->offset_at(utc(2028y / 3 / 1)) == 1h);
  const auto counted = zone("AAA0BBB-2,59/0,299/0"); // day 59: 1 March, or 29 February
  CHECK(counted->offset_at(utc(2028y / 2 / 29)) == 2h);
  CHECK(counted->offset_at(utc(2027y / 2 / 28)) == 0h);
  const auto early = zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"); // Nuuk: the evening before
  CHECK(early->offset_at(utc(2026y / 3 / 29, 1h)) == -1h);
  CHECK(early->offset_at(utc(2026y / 3 / 29, 1h) - 1s) == -2h);
}

TEST_CASE("a time that is skipped is the jump, a time that comes twice is the first") {
  const auto berlin = zone(kBerlin);
  CHECK(berlin->to_utc(local(2026y / 3 / 29, 2h + 30min)) == utc(2026y / 3 / 29, 1h));
  CHECK(berlin->to_utc(local(2026y / 3 / 29, 3h)) == utc(2026y / 3 / 29, 1h));
  CHECK(berlin->to_utc(local(2026y / 10 / 25, 2h + 30min)) == utc(2026y / 10 / 25, 30min));
  CHECK(berlin->to_utc(local(2026y / 10 / 25, 3h)) == utc(2026y / 10 / 25, 2h));
  const auto utc_zone = TimeZone::utc();
  CHECK(utc_zone->to_utc(local(2026y / 3 / 29, 2h)) == utc(2026y / 3 / 29, 2h));
}

TEST_CASE("a zone that skipped a whole day jumps over it") {
  // Apia, 2011: from -10 to +14 at the end of 29 December
  const std::int64_t jump = sys_seconds{sys_days{2011y / 12 / 30} + 10h}.time_since_epoch().count();
  const auto apia =
      TimeZone::from_tzif("Apia", tzif_bytes("<+13>-13", {{jump, 14 * 3600}}, -10 * 3600)).value();
  CHECK(apia->to_utc(local(2011y / 12 / 30, 12h)) == utc(2011y / 12 / 30, 10h));
  CHECK(apia->to_local(utc(2011y / 12 / 30, 10h) - 1s) == local(2011y / 12 / 29, 24h - 1s));
}

TEST_CASE("the next change of the clock is found, or that there is none") {
  const auto berlin = zone(kBerlin);
  CHECK(berlin->next_change(utc(2026y / 1 / 1)) == utc(2026y / 3 / 29, 1h));
  CHECK(berlin->next_change(utc(2026y / 3 / 29, 1h)) == utc(2026y / 10 / 25, 1h));
  CHECK_FALSE(TimeZone::utc()->next_change(utc(2026y / 1 / 1)));
}

TEST_CASE("changes before the rule count until it begins") {
  const auto mixed = TimeZone::from_tzif("x", tzif_bytes("AAA-5", {{1000, 60}, {2000, 18000}}, 7));
  REQUIRE(mixed.has_value());
  CHECK((*mixed)->offset_at(UtcSeconds{999s}) == 7s);
  CHECK((*mixed)->offset_at(UtcSeconds{1000s}) == 60s);
  CHECK((*mixed)->offset_at(UtcSeconds{2000s}) == 5h);
}

TEST_CASE("damaged files are refused at every length") {
  const auto whole = tzif_bytes(kBerlin, {{1000, 3600}});
  REQUIRE_FALSE(refused(whole));
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(refused({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}));
  CHECK(refused(std::vector<std::uint8_t>(TimeZone::kFileBytesMax + 1)));
}

TEST_CASE("files that contradict themselves are refused") {
  CHECK(refused(tzif_bytes(kBerlin, {{2000, 0}, {1000, 0}}))); // not in order
  CHECK(refused(tzif_bytes(kBerlin, {{1000, 200 * 3600}})));   // offset of days
  auto type_out_of_range = tzif_bytes(kBerlin, {{1000, 3600}});
  type_out_of_range[44 + 10 + 44 + 8] = 9;
  CHECK(refused(type_out_of_range));
}

TEST_CASE("rules that are none are refused") {
  for (const char* rule :
       {"C", "CET", "CET-", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300",
        "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "<CET-1",
        "CET-1:60", "99999999999999999999"}) {
    INFO(rule);
    CHECK_FALSE(PosixTz::parse(rule).has_value());
  }
}
