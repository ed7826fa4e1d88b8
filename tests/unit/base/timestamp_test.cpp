#include <catch2/catch.hpp>

#include "lib/base/timestamp.hpp"

using namespace std::chrono;
using berth::format_micro_time;
using berth::format_time;
using berth::parse_time;
using berth::TimePoint;

namespace {

const TimePoint kNoon = sys_days{2026y / November / 21} + 12h;

} // namespace

TEST_CASE("times are written as the API server writes them") {
  CHECK(format_time(kNoon + 999ms) == "2026-11-21T12:00:00Z");
  CHECK(format_micro_time(kNoon + 7ms) == "2026-11-21T12:00:00.007000Z");
  CHECK(format_time(TimePoint{}) == "1970-01-01T00:00:00Z");
  CHECK(format_time(TimePoint{-1ms}) == "1969-12-31T23:59:59Z");
}

TEST_CASE("RFC 3339 is read with any fraction and offset") {
  for (const char* text :
       {"2026-11-21T12:00:00Z", "2026-11-21t12:00:00z", "2026-11-21T13:30:00+01:30",
        "2026-11-21T00:00:00-12:00", "2026-11-21T12:00:00.0000009Z"}) {
    INFO(text);
    REQUIRE(parse_time(text).has_value());
    CHECK(*parse_time(text) == kNoon);
  }
  CHECK(*parse_time("2026-11-21T12:00:00.0075Z") == kNoon + 7ms);
  CHECK(*parse_time("2028-02-29T00:00:00Z") == TimePoint{sys_days{2028y / February / 29}});
}

TEST_CASE("what is not RFC 3339 is refused") {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T12:00:00", "2026-11-21 12:00:00Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T12:60:00Z",
        "2026-11-21T12:00:00.Z", "2026-11-21T12:00:00Zx", "2026-11-21T12:00:00+1:00",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "+2026-11-21T12:00:00Z", "2026-11-21T12:00:00+24:00"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text).has_value());
  }
}

TEST_CASE("what was written is read back") {
  for (const TimePoint time : {kNoon, TimePoint{}, TimePoint{sys_days{9999y / December / 31}}}) {
    CHECK(*parse_time(format_time(time)) == time);
    CHECK(*parse_time(format_micro_time(time)) == time);
  }
}
