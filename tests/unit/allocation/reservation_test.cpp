#include <catch2/catch.hpp>

#include "lib/allocation/calendar.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/allocation/zones.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

WindowRule daily(const char* schedule, Duration duration, const std::string& in = "UTC0") {
  return RecurringWindow{CronSchedule::parse(schedule).value(), zone(in), duration};
}

ReservationSpec with_window(WindowRule window) {
  ReservationSpec spec = reservation("r", 4);
  spec.window = std::move(window);
  return spec;
}

CalendarLoad cores(std::int64_t count, std::int64_t nodes = 0) {
  return {{{"cpu", count * 1000}}, nodes};
}

} // namespace

TEST_CASE("R2: a guaranteed reservation is always open") {
  const ReservationSpec spec = reservation("r", 4);
  CHECK(open_window(spec, kNow) == TimeRange{spec.created, TimePoint::max()});
  CHECK_FALSE(next_window(spec, kNow));
}

TEST_CASE("R2: a single window opens at its start and closes at its end") {
  const ReservationSpec spec = with_window(SingleWindow{kNow, 1h});
  CHECK_FALSE(open_window(spec, kNow - 1ms));
  CHECK(next_window(spec, kNow - 1ms) == TimeRange{kNow, kNow + 1h});
  CHECK(open_window(spec, kNow) == TimeRange{kNow, kNow + 1h});
  CHECK(open_window(spec, kNow + 1h - 1ms));
  CHECK_FALSE(open_window(spec, kNow + 1h));
  CHECK_FALSE(next_window(spec, kNow));
}

TEST_CASE("R2: a recurring window is open for its duration after each start") {
  const ReservationSpec spec = with_window(daily("0 17 * * *", 2h)); // kNow is noon
  CHECK_FALSE(open_window(spec, kNow));
  CHECK(next_window(spec, kNow) == TimeRange{kNow + 5h, kNow + 7h});
  CHECK(open_window(spec, kNow + 5h) == TimeRange{kNow + 5h, kNow + 7h});
  CHECK(open_window(spec, kNow + 7h - 1ms));
  CHECK_FALSE(open_window(spec, kNow + 7h));
  CHECK(next_window(spec, kNow + 6h) == TimeRange{kNow + 29h, kNow + 31h});
}

TEST_CASE("R2: windows that overlap are one, and an endless chain of them comes to an end") {
  const ReservationSpec spec = with_window(daily("0 9,10 * * *", 90min));
  CHECK(open_window(spec, kNow - 1h) == TimeRange{kNow - 3h, kNow - 30min});
  const ReservationSpec always = with_window(daily("* * * * *", 1h));
  REQUIRE(open_window(always, kNow));
  CHECK(open_window(always, kNow)->contains(kNow + 24h));
}

TEST_CASE("R2: a window's real length is its duration, whatever the clock does") {
  const TimePoint midnight = std::chrono::sys_days{std::chrono::year{2026} / 10 / 25};
  const ReservationSpec spec = with_window(daily("0 1 * * *", 4h, kBerlin));
  CHECK(next_window(spec, midnight - 2h) == TimeRange{midnight - 1h, midnight + 3h});
}

TEST_CASE("R4: quotas, namespaces and service accounts that are listed may use a reservation") {
  ReservationSpec spec = reservation("r", 1);
  spec.allowed_subjects = {};
  CHECK_FALSE(may_use(spec, QuotaName{"a"}, {"team-a", "default"}, nullptr));
  spec.allowed_quotas = {QuotaName{"a"}};
  CHECK(may_use(spec, QuotaName{"a"}, {"team-x", "default"}, nullptr));
  spec.allowed_subjects.service_accounts = {{"team-b", "robot"}};
  CHECK(may_use(spec, QuotaName{"b"}, {"team-b", "robot"}, nullptr));
  CHECK_FALSE(may_use(spec, QuotaName{"b"}, {"team-b", "default"}, nullptr));
}

TEST_CASE("R1: a calendar is capacity less what is held at each instant") {
  Calendar calendar(cores(10, 2),
                    {{{kNow, kNow + 2h}, cores(4, 1)}, {{kNow + 1h, TimePoint::max()}, cores(3)}});
  CHECK(calendar.fits({kNow - 5h, kNow}, cores(10, 2)));
  CHECK(calendar.fits({kNow, kNow + 1h}, cores(6, 1)));
  CHECK_FALSE(calendar.fits({kNow, kNow + 1h}, cores(1, 2)));
  CHECK_FALSE(calendar.fits({kNow, kNow + 1h + 1ms}, cores(6)));
  CHECK(calendar.fits({kNow + 2h, TimePoint::max()}, cores(7, 2)));
  CHECK_FALSE(calendar.fits({kNow + 2h, TimePoint::max()}, cores(8)));
}

TEST_CASE("R1: the earliest fit is the first gap that is long enough") {
  Calendar calendar(cores(10), {{{kNow, kNow + 1h}, cores(8)},
                                {{kNow + 2h, kNow + 3h}, cores(8)},
                                {{kNow + 9h, TimePoint::max()}, cores(1)}});
  CHECK(calendar.earliest_fit(kNow, 1h, cores(5)) == kNow + 1h);
  CHECK(calendar.earliest_fit(kNow, 2h, cores(5)) == kNow + 3h);
  CHECK(calendar.earliest_fit(kNow, 1h, cores(2)) == kNow);
  CHECK(calendar.earliest_fit(kNow, Duration::max(), cores(9)) == kNow + 3h);
  CHECK_FALSE(calendar.earliest_fit(kNow, Duration::max(), cores(10)));
  CHECK_FALSE(calendar.earliest_fit(kNow, 1ms, cores(11)));
  calendar.hold({{kNow + 1h, kNow + 2h}, cores(6)});
  CHECK(calendar.earliest_fit(kNow, 1h, cores(5)) == kNow + 3h);
}

TEST_CASE("R1: a reservation is accepted only if each of its windows fits") {
  const auto accepted = [](const Calendar& calendar, const ReservationSpec& spec) {
    return accept(calendar, spec, cores(4), kNow);
  };
  const ReservationSpec spec = with_window(daily("0 17 * * *", 2h));
  CHECK(accepted(Calendar(cores(4), {}), spec).accepted);
  const TimePoint third_day = kNow + 48h;
  const Calendar busy(cores(4), {{{third_day, third_day + 5h + 1ms}, cores(1)}});
  const Acceptance refused = accepted(busy, spec);
  CHECK_FALSE(refused.accepted);
  CHECK(refused.conflict == TimeRange{third_day + 5h, third_day + 7h});
  CHECK(refused.next_start == third_day + 5h + 1ms);
  CHECK_FALSE(accepted(Calendar(cores(3), {}), spec).next_start);
  CHECK(accepted(Calendar(cores(4), {}), with_window(daily("0 0 1 6 *", 2h))).accepted);
  CHECK_FALSE(accepted(Calendar(cores(4), {}), with_window(SingleWindow{kNow - 2h, 1h})).accepted);
  CHECK(accepted(Calendar(cores(4), {{{kNow, kNow + 1h}, cores(1)}}),
                 with_window(SingleWindow{kNow + std::chrono::days{400}, 1h}))
            .accepted);
}
