// Reservations and planned starts of each pool over time.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/calendar/calendar.hpp"
#include "cli/output/document.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/cluster/time_zones.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;
using allocation::TimeRange;

namespace {

ObservedCalendar observed_company() {
  ObservedCalendar observed;
  cluster::TimeZones zones;
  for (const auto& reservation : company().reservations)
    observed.reservations.push_back({reservation, api::to_allocation(*reservation, [&](auto name) {
                                       return zones.find(name);
                                     })});
  observed.quotas = company().quotas;
  observed.quotas.push_back(object_of<api::Quota>(R"({"apiVersion": "berth.dev/v1alpha1",
    "kind": "Quota", "metadata": {"name": "waits", "generation": 1},
    "spec": {"pools": [{"poolRef": {"name": "cpu"}, "resources": [{"name": "cpu", "nominal": 1}]}]},
    "status": {"firstPending": {"kind": "Gang", "namespace": "waits", "name": "train",
      "reason": "InsufficientQuota", "message": "needs 2 cpu",
      "plannedStart": "2026-03-02T12:00:00Z", "plannedStartLatest": "2026-03-02T14:00:00Z"}}})"));
  return observed;
}

CalendarView view_of(const ObservedCalendar& observed, const std::string& pool = "",
                     Duration ahead = 24h) {
  auto view = decide_calendar(observed, pool, ahead, kSceneTime);
  REQUIRE(view);
  return *view;
}

} // namespace

TEST_CASE("The calendar draws what is promised, open, asked for and planned") {
  const auto view = view_of(observed_company());
  check_golden("calendar.txt", render_calendar(view, false, Paint{}));
  check_golden("calendar-wide.txt", render_calendar(view, true, Paint{}));
  check_golden("calendar.json", json_document(calendar_json(view)));
}

TEST_CASE("A window that comes again is drawn each time") {
  const auto view = view_of(observed_company(), "cpu", 96h);
  REQUIRE(view.pools.size() == 1);
  const auto& rows = view.pools.front().rows;
  const auto nightly = std::ranges::find(rows, "nightly", &CalendarRow::name);
  REQUIRE(nightly != rows.end());
  CHECK(nightly->spans.size() == 4);
}

namespace {

/// A reservation whose window opens again and again.
ObservedCalendar recurring(const std::string& schedule, int duration_seconds) {
  ObservedCalendar observed;
  cluster::TimeZones zones;
  const auto reservation = object_of<api::Reservation>(R"({"apiVersion": "berth.dev/v1alpha1",
    "kind": "Reservation", "metadata": {"name": "often", "generation": 1},
    "spec": {"poolRef": {"name": "cpu"}, "quotaRef": {"name": "product"}, "kind": "TimeWindow",
             "nodeCount": 1, "window": {"schedule": ")" +
                                                       schedule + R"(", "durationSeconds": )" +
                                                       std::to_string(duration_seconds) + "}}}");
  observed.reservations.push_back(
      {reservation, api::to_allocation(*reservation, [&](auto name) { return zones.find(name); })});
  return observed;
}

} // namespace

TEST_CASE(
    "Where a reservation has more windows than are shown, the calendar says so and until when") {
  const auto observed = recurring("*/2 * * * *", 60);
  const auto view = view_of(observed, "cpu", 24h);
  const CalendarRow& row = view.pools.at(0).rows.at(0);
  CHECK(row.spans.size() == kCalendarWindowsMax);
  REQUIRE(row.shown_until);
  CHECK(*row.shown_until == kSceneTime + 999min); // the five hundredth, one every two minutes
  const std::string text = render_calendar(view, false, Paint{});
  CHECK(text.find("often: only its first 500 windows are shown, until 2026-03-03T01:39:00Z; "
                  "--ahead 16h39m looks no further") != std::string::npos);
  CHECK(calendar_json(view)["pools"][0]["rows"][0]["shownUntil"] == "2026-03-03T01:39:00Z");
  const auto narrower = view_of(observed, "cpu", 16h + 39min);
  CHECK_FALSE(narrower.pools.at(0).rows.at(0).shown_until);
  CHECK(narrower.pools.at(0).rows.at(0).spans.size() == kCalendarWindowsMax);
  CHECK(calendar_json(narrower)["pools"][0]["rows"][0]["shownUntil"].is_null());
}

TEST_CASE("Windows that overlap all the time are one span for as long as one looks") {
  const auto view = view_of(recurring("* * * * *", 120), "cpu", 7 * 24h);
  const CalendarRow& row = view.pools.at(0).rows.at(0);
  REQUIRE(row.spans.size() == 1);
  CHECK(row.spans.front().time.end >= kSceneTime + 7 * 24h);
  CHECK_FALSE(row.shown_until);
}

TEST_CASE("The order in which reservations arrive does not change the calendar") {
  auto turned = observed_company();
  std::ranges::reverse(turned.reservations);
  std::ranges::reverse(turned.quotas);
  CHECK(calendar_json(view_of(turned)) == calendar_json(view_of(observed_company())));
}

TEST_CASE("A span fills the columns that it touches, and no other") {
  const TimeRange shown{kSceneTime, kSceneTime + 48h};
  const auto drawn = [&](Duration from, Duration until) {
    return draw_spans({{{kSceneTime + from, kSceneTime + until}, CalendarMark::Promised}}, shown);
  };
  const std::string none(kCalendarColumns, '.');
  CHECK(drawn(-2h, 0h) == none);
  CHECK(drawn(48h, 50h) == none);
  CHECK(drawn(-2h, 1h) == "=" + none.substr(1));
  CHECK(drawn(1h, 3h) == ".==" + none.substr(3));
  CHECK(drawn(1h + 59min, 2h) == ".=" + none.substr(2));
  CHECK(drawn(0h, 48h) == std::string(kCalendarColumns, '='));
}

TEST_CASE("A pool that nothing names is exit code 3") {
  OperatingWorld world;
  const Answer answer =
      world.ask(Command::Calendar, [](CliOptions& options) { options.calendar.pool = "tpu"; });
  CHECK(answer.exit_code == kExitNotFound);
  CHECK(answer.err ==
        "kubectl-berth: no Reservation and no Quota names a pool tpu; \"kubectl berth "
        "status\" lists the pools\n");
  CHECK(world.ask(Command::Calendar, [](CliOptions&) {}).out.find("Pool cpu") != std::string::npos);
}
