// Reservations in a scenario: what they keep free, who gets in, and what is said of their windows.

#include <catch2/catch.hpp>

#include "lib/simulator/backfill_gain.hpp"
#include "tests/support/simulator/builders.hpp"

using namespace berth;
using namespace berth::simulator;
using namespace berth::simulator::testing;

namespace {

std::optional<Duration> start_of(const ScenarioRun& run, std::size_t set) {
  for (const WorkloadRecord& record : run.records)
    if (record.set == set)
      return record.started;
  FAIL("there is no such workload");
  return {};
}

ScenarioBuilder two_teams() {
  return scenario().node("n", 4).quota("team", 4).quota("other", 4);
}

} // namespace

TEST_CASE(
    "R3: work that would run into a window waits until it is over, and shorter work does not") {
  const auto run = play(two_teams()
                            .reserves(window("w", 4, 100s, 50s))
                            .add(work("long").of("other").runs(200s).cpu(1))
                            .add(work("short").of("other").runs(100s).cpu(1)));
  CHECK(start_of(run, 0) == 150s);
  CHECK(start_of(run, 1) == 0s);
  REQUIRE(run.report.reservations.size() == 1);
  CHECK(run.report.reservations[0].accepted);
  CHECK(run.report.reservations[0].windows == 1);
  CHECK(run.report.reservations[0].honored == 1);
}

TEST_CASE("R4: inside a window those whom it allows start at once, and others when it is over") {
  const auto run = play(two_teams()
                            .reserves(window("w", 4, 100s, 50s))
                            .add(work("stranger").of("other").at(110s).runs(10s).cpu(4))
                            .add(work("holder").at(120s).runs(10s).cpu(4)));
  CHECK(start_of(run, 1) == 120s);
  CHECK(start_of(run, 0) == 150s);
}

TEST_CASE("R2: what is guaranteed is kept from the beginning, before anything arrives") {
  const auto run = play(two_teams()
                            .reserves(window("always", 3))
                            .add(work("stranger").of("other").runs(10s).cpu(2))
                            .add(work("small").of("other").runs(10s).cpu(1))
                            .add(work("holder").at(5s).runs(10s).cpu(3)));
  CHECK_FALSE(start_of(run, 0));
  CHECK(start_of(run, 1) == 0s);
  CHECK(start_of(run, 2) == 5s);
  CHECK(run.report.reservations[0].windows == 1);
}

TEST_CASE("R2: a timetable opens a window each time as long as there is work") {
  allocation::ReservationSpec hourly = window("hourly", 4);
  hourly.window = allocation::RecurringWindow{allocation::CronSchedule::parse("0 * * * *").value(),
                                              allocation::TimeZone::utc(), 10min};
  const auto run = play(two_teams().reserves(hourly).add(
      work("job").of("other").times(4, 1h).at(20min).runs(30min).cpu(4)));
  CHECK(run.report.never_started == 0);
  CHECK(run.report.reservations[0].windows == 4); // at 0:00, 1:00, 2:00 and 3:00
  CHECK(run.report.reservations[0].honored == 4);
  REQUIRE(run.windows.size() == 4);
  CHECK(run.windows[1].begin == 1h);
  CHECK(run.windows[1].end == 1h + 10min);
}

TEST_CASE("R1: what the calendar has no room for is refused, with its answer") {
  const auto run = play(two_teams()
                            .reserves(window("first", 3, 100s, 50s))
                            .reserves(window("second", 3, 120s, 20s))
                            .add(work("job").of("other").runs(200s).cpu(1)));
  CHECK(run.report.reservations[0].accepted);
  CHECK_FALSE(run.report.reservations[1].accepted);
  CHECK_FALSE(run.report.reservations[1].answer.empty());
  CHECK(run.report.reservations[1].windows == 0);
  CHECK(start_of(run, 0) == 0s); // on what nobody was promised
}

TEST_CASE("R3: what was lent is evicted in time, and the work that it loses is counted") {
  allocation::ReservationSpec lending = window("w", 4, 1h, 10min);
  lending.lend_idle = true;
  const auto run = play(two_teams()
                            .preempts({.min_runtime = 0s, .notice = 60s})
                            .reserves(lending)
                            .add(work("guest").of("other").runs(2h).cpu(4)));
  REQUIRE(run.report.evictions >= 1);
  CHECK(run.evicted[0].ended < 1h);
  Duration lost{};
  for (const WorkloadRecord& record : run.evicted)
    lost += record.ended - *record.started;
  CHECK(run.report.wasted_core_seconds == lost / 1s * 4);
  CHECK(run.report.reservations[0].honored == 1);
  CHECK(start_of(run, 0).has_value());
}

TEST_CASE("Work that waits for nothing but windows which do not help ends the run all the same") {
  allocation::ReservationSpec nightly = window("nightly", 1);
  nightly.window = allocation::RecurringWindow{allocation::CronSchedule::parse("0 0 * * *").value(),
                                               allocation::TimeZone::utc(), 1h};
  const auto run = play(two_teams().reserves(nightly).add(work("huge").of("other").cpu(9)));
  CHECK(run.report.never_started == 1);
  CHECK(run.report.reservations[0].windows >= 28);
  CHECK(run.report.reservations[0].windows <= 33);
}

TEST_CASE(
    "Under FIFO nobody passes anybody, and the gain is the part of that wait that is spared") {
  const Scenario queue = scenario()
                             .node("n", 2)
                             .quota("team", 2)
                             .quota("other", 2)
                             .add(work("runs").runs(100s).cpu(1))
                             .add(work("large").at(1s).runs(10s).cpu(2))
                             .add(work("small").of("other").at(2s).runs(8s).priority(9).cpu(1));
  const auto run = play(queue);
  const auto fifo = simulator::run(queue, {.is_fifo = true});
  CHECK(run.waits == std::vector<std::optional<Duration>>{0s, 99s, 0s});
  CHECK(fifo.waits == std::vector<std::optional<Duration>>{0s, 99s, 108s});
  const BackfillGain gain = compare_with_fifo(run, fifo);
  CHECK(gain.compared == 3);
  CHECK(gain.mean_wait == 33s);
  CHECK(gain.fifo_mean_wait == 69s);
  CHECK(gain.permille() == 521);
  CHECK(gain.fifo_makespan == 118s);
}

TEST_CASE("The gain compares the work that started in both runs, and is 0 where nobody waits") {
  const Scenario queue = scenario()
                             .node("n", 1)
                             .quota("team", 2)
                             .add(work("huge").runs(10s).cpu(2))
                             .add(work("small").at(1s).runs(10s).cpu(1));
  const BackfillGain gain =
      compare_with_fifo(play(queue), simulator::run(queue, {.is_fifo = true}));
  CHECK(gain.compared == 0); // behind what never starts nobody does
  CHECK(gain.fifo_never_started == 2);
  CHECK(gain.permille() == 0);
}
