// Scenarios as users see them: what starts when, and what the run does at each instant.

#include <catch2/catch.hpp>

#include "tests/support/simulator/builders.hpp"

using namespace berth;
using namespace berth::simulator;
using namespace berth::simulator::testing;

namespace {

std::optional<Duration> start_of(const ScenarioRun& run, std::size_t set, std::size_t nth = 0) {
  for (const WorkloadRecord& record : run.records)
    if (record.set == set && nth-- == 0)
      return record.started;
  FAIL("there is no such workload");
  return {};
}

} // namespace

TEST_CASE("Work starts at once where there is room, and holds it for its runtime") {
  const auto run =
      play(scenario().node("n", 4).quota("team", 4).add(work("job").at(5s).runs(20s).cpu(4)));
  REQUIRE(run.records.size() == 1);
  CHECK(run.records[0].arrived == 5s);
  CHECK(run.records[0].started == 5s);
  CHECK(run.records[0].ended == 25s);
  CHECK(run.report.makespan == 25s);
  CHECK(run.report.cycles == 2); // the arrival and the end
  CHECK(run.report.never_started == 0);
}

TEST_CASE("What ends at an instant makes room for what arrives at the same instant") {
  const auto run = play(scenario()
                            .node("n", 1)
                            .quota("team", 1)
                            .add(work("late").at(10s).cpu(1))
                            .add(work("early").runs(10s).cpu(1)));
  CHECK(start_of(run, 0) == 10s);
  CHECK(run.report.makespan == 20s);
}

TEST_CASE(
    "What arrives at one instant is decided together: priority goes before the file's order") {
  const auto run = play(scenario()
                            .node("n", 1)
                            .quota("team", 1)
                            .add(work("low").runs(10s).cpu(1))
                            .add(work("high").runs(7s).priority(1).cpu(1)));
  CHECK(start_of(run, 1) == 0s);
  CHECK(start_of(run, 0) == 7s);
}

TEST_CASE("Several workloads that arrive and end at once take one cycle each time") {
  const auto run = play(scenario().node("n", 8).quota("team", 8).add(work("job").times(8).cpu(1)));
  CHECK(run.report.cycles == 2);
  CHECK(run.report.makespan == 10s);
}

TEST_CASE("A set's workloads arrive one after the other") {
  const auto run =
      play(scenario().node("n", 8).quota("team", 8).add(work("job").times(3, 4s).at(1s).cpu(1)));
  REQUIRE(run.records.size() == 3);
  CHECK(run.records[0].arrived == 1s);
  CHECK(run.records[1].arrived == 5s);
  CHECK(run.records[2].arrived == 9s);
}

TEST_CASE("G1: a gang starts whole, once all of its members have room") {
  const auto run = play(scenario()
                            .node("a", 2)
                            .node("b", 2)
                            .quota("team", 4)
                            .add(work("single").runs(10s).cpu(1))
                            .add(work("gang").at(1s).runs(5s).members(4).cpu(1)));
  CHECK(start_of(run, 0) == 0s);
  CHECK(start_of(run, 1) == 10s);
  REQUIRE(run.records[1].nodes.size() == 4);
  CHECK(std::ranges::count(run.records[1].nodes, 0U) == 2);
  CHECK(std::ranges::count(run.records[1].nodes, 1U) == 2);
}

TEST_CASE("F5: what does not fit does not stop smaller work behind it") {
  const auto run = play(scenario()
                            .node("n", 2)
                            .quota("team", 2)
                            .add(work("runs").runs(10s).cpu(1))
                            .add(work("large").at(1s).priority(9).cpu(2))
                            .add(work("small").at(2s).runs(3s).cpu(1)));
  CHECK(start_of(run, 2) == 2s);
  CHECK(start_of(run, 1) == 10s);
}

TEST_CASE("N1: work goes only to nodes with the labels that it selects") {
  const auto run = play(scenario()
                            .node("a", 4)
                            .node("b", 4)
                            .quota("team", 8)
                            .add(work("job").times(2).selects("kubernetes.io/hostname", "b").cpu(2))
                            .add(work("nowhere").selects("kubernetes.io/hostname", "c").cpu(1)));
  CHECK(run.records[0].nodes == std::vector<std::size_t>{1});
  CHECK(run.records[1].nodes == std::vector<std::size_t>{1});
  CHECK(run.report.never_started == 1);
}

TEST_CASE("Q2: a quota binds where the nodes would have room") {
  const auto run =
      play(scenario().node("n", 10).quota("team", 2).add(work("job").times(3).runs(10s).cpu(1)));
  CHECK(start_of(run, 0, 1) == 0s);
  CHECK(start_of(run, 0, 2) == 10s);
}

TEST_CASE("Q2: what a sibling leaves free is borrowed up to the limit") {
  const auto with_limit = [](std::int64_t cores) {
    const auto run = play(scenario()
                              .node("n", 10)
                              .quota("root")
                              .quota("team", 1, "root", resources::Amount{cores * 1000})
                              .quota("other", 3, "root")
                              .add(work("job").times(4).runs(10s).cpu(1)));
    return std::ranges::count(run.records, Duration{0s}, &WorkloadRecord::started);
  };
  CHECK(with_limit(0) == 1);
  CHECK(with_limit(2) == 3);
  CHECK(with_limit(100) == 4);
}

TEST_CASE("Work that can never start is counted, and the run ends without it") {
  const auto run = play(scenario()
                            .node("n", 2)
                            .quota("team", 100)
                            .add(work("job").runs(10s).cpu(1))
                            .add(work("huge").at(1s).cpu(3))
                            .add(work("late and huge").at(1h).cpu(3)));
  CHECK(run.report.never_started == 2);
  CHECK(run.report.classes[1].started == 0);
  CHECK_FALSE(start_of(run, 1).has_value());
  CHECK(run.report.makespan == 10s);
}

TEST_CASE("A scenario without work is over before it begins") {
  const auto run = play(scenario().node("n", 2).quota("team", 2));
  CHECK(run.report.makespan == 0s);
  CHECK(run.report.cycles == 0);
  CHECK(run.report.classes.empty());
  CHECK(run.report.fairness_permille == 1000);
}

TEST_CASE("Records are kept only when they are asked for, and say who ran where") {
  const Scenario two_nodes =
      scenario().node("a", 1).node("b", 1).quota("team", 2).add(work("gang").members(2).cpu(1));
  CHECK(simulator::run(two_nodes, {}).records.empty());
  const auto records = play(two_nodes).records;
  REQUIRE(records.size() == 1);
  auto nodes = records[0].nodes;
  std::ranges::sort(nodes);
  CHECK(nodes == std::vector<std::size_t>{0, 1});
}

TEST_CASE("The same scenario gives the same run, whatever the seed of decision ids") {
  const Scenario busy = scenario()
                            .node("a", 4)
                            .node("b", 3)
                            .quota("team", 5)
                            .quota("other", 2)
                            .add(work("x").times(20, 3s).runs(17s).cpu(1))
                            .add(work("y").of("other").times(10, 5s).runs(9s).members(2).cpu(1));
  const auto starts = [&](std::uint64_t seed) {
    std::vector<std::pair<std::optional<Duration>, std::vector<std::size_t>>> all;
    for (const auto& record : simulator::run(busy, {.seed = seed, .keep_records = true}).records)
      all.emplace_back(record.started, record.nodes);
    return all;
  };
  CHECK(starts(1) == starts(1));
  CHECK(starts(1) == starts(2));
}

TEST_CASE("P2: lower work of the quota gives way at once, and begins again from nothing") {
  const auto run = play(scenario()
                            .node("n", 1)
                            .quota("team", 1)
                            .preempts()
                            .add(work("low").runs(10s).cpu(1))
                            .add(work("high").at(4s).runs(7s).priority(1).cpu(1)));
  CHECK(start_of(run, 1) == 4s);
  CHECK(start_of(run, 0) == 11s); // 10 s again, not the 6 s that were left
  CHECK(run.report.makespan == 21s);
  CHECK(run.report.evictions == 1);
  CHECK(run.report.never_started == 0);
  CHECK(run.report.classes[0].waits.longest == 11s);
  CHECK(run.report.classes[0].stretch_permille == 2100); // (11 + 10) / 10
  CHECK(run.report.resources.front().utilization_permille == 1000);
  REQUIRE(run.evicted.size() == 1);
  CHECK(run.evicted[0].started == 0s);
  CHECK(run.evicted[0].ended == 4s);
  CHECK(run.evicted[0].is_evicted);
}

TEST_CASE("Without a preemption policy nobody is evicted") {
  const auto run = play(scenario()
                            .node("n", 1)
                            .quota("team", 1)
                            .add(work("low").runs(10s).cpu(1))
                            .add(work("high").at(4s).runs(7s).priority(1).cpu(1)));
  CHECK(start_of(run, 1) == 10s);
  CHECK(run.report.evictions == 0);
  CHECK(run.evicted.empty());
}

TEST_CASE("P6: a victim runs until its notice has passed, and to its end if that comes before") {
  const auto with_runtime = [](Duration runtime) {
    return play(scenario()
                    .node("n", 1)
                    .quota("team", 1)
                    .preempts({.min_runtime = 0s, .notice = 5s})
                    .add(work("low").runs(runtime).cpu(1))
                    .add(work("high").at(4s).priority(1).cpu(1)));
  };
  const auto evicted = with_runtime(20s);
  CHECK(start_of(evicted, 1) == 9s);
  CHECK(evicted.report.evictions == 1);
  const auto spared = with_runtime(7s);
  CHECK(start_of(spared, 1) == 7s);
  CHECK(spared.report.evictions == 0);
}

TEST_CASE("P4: work is left alone until it has run long enough, whatever else happens") {
  const auto run = play(scenario()
                            .node("n", 1)
                            .quota("team", 1)
                            .preempts({.min_runtime = 2min, .notice = 0s})
                            .add(work("low").runs(1h).cpu(1))
                            .add(work("high").at(30s).runs(10s).priority(1).cpu(1)));
  REQUIRE(start_of(run, 1).has_value());
  CHECK(*start_of(run, 1) >= 2min);
  CHECK(*start_of(run, 1) <= 3min); // cycles go on while somebody waits
  CHECK(run.report.evictions == 1);
}

TEST_CASE("P2, P4: what was lent comes back, and is lent again once the back-off is over") {
  const auto run = play(scenario()
                            .node("n", 2)
                            .quota("root")
                            .quota("team", 1, "root")
                            .quota("other", 1, "root")
                            .preempts()
                            .add(work("mine").runs(2h).cpu(1))
                            .add(work("lent").at(1s).runs(2h).cpu(1))
                            .add(work("theirs").of("other").at(10s).runs(10s).cpu(1)));
  CHECK(start_of(run, 2) == 10s);
  CHECK(run.report.evictions == 1);
  REQUIRE(start_of(run, 1).has_value());
  CHECK(*start_of(run, 1) >= 70s); // 60 s after the reclaim
  CHECK(*start_of(run, 1) <= 3min);
  CHECK(run.report.never_started == 0);
}

TEST_CASE("G1: a gang is evicted whole, once, and starts whole again") {
  const auto run =
      play(scenario()
               .node("a", 2)
               .node("b", 2)
               .quota("team", 4)
               .preempts({.min_runtime = 0s, .max_eviction_ratio_percent = 1000, .notice = 0s})
               .add(work("gang").runs(10s).members(4).cpu(1))
               .add(work("high").at(2s).runs(5s).priority(1).cpu(2)));
  CHECK(start_of(run, 1) == 2s);
  CHECK(start_of(run, 0) == 7s);
  CHECK(run.report.evictions == 1);
  REQUIRE(run.evicted.size() == 1);
  CHECK(run.evicted[0].nodes.size() == 4);
  CHECK(run.records[0].nodes.size() == 4);
}
