// What a run is judged by, against numbers worked out by hand.

#include <catch2/catch.hpp>

#include "tests/support/simulator/builders.hpp"

using namespace berth;
using namespace berth::simulator;
using namespace berth::simulator::testing;

namespace {

const ResourceReport& resource(const ScenarioReport& report, std::string_view name) {
  const auto at = std::ranges::find_if(
      report.resources, [&](const ResourceReport& it) { return it.name.str() == name; });
  REQUIRE(at != report.resources.end());
  return *at;
}

} // namespace

TEST_CASE("Waits are measured from arrival to start; percentiles are waits that somebody had") {
  // One core: the four run one after the other, so they wait 0, 10, 20 and 30 s.
  const auto report =
      play(scenario().node("n", 1).quota("team", 1).add(work("job").times(4).runs(10s).cpu(1)))
          .report;
  REQUIRE(report.classes.size() == 1);
  const GroupReport& jobs = report.classes[0];
  CHECK(jobs.arrived == 4);
  CHECK(jobs.started == 4);
  CHECK(jobs.waits.mean == 15s);
  CHECK(jobs.waits.p50 == 10s);
  CHECK(jobs.waits.p90 == 30s);
  CHECK(jobs.waits.longest == 30s);
  CHECK(jobs.stretch_permille == 2500); // (1 + 2 + 3 + 4) / 4
  CHECK(report.makespan == 40s);
}

TEST_CASE("Sets of one class are measured together, and apart by quota") {
  const auto report = play(scenario()
                               .node("n", 2)
                               .quota("team", 1)
                               .quota("other", 1)
                               .add(work("job").times(2).runs(10s).cpu(1))
                               .add(work("job").of("other").runs(5s).cpu(1)))
                          .report;
  REQUIRE(report.classes.size() == 1);
  CHECK(report.classes[0].arrived == 3);
  CHECK(report.classes[0].waits.longest == 10s);
  REQUIRE(report.quotas.size() == 2);
  CHECK(report.quotas[0].name == "team");
  CHECK(report.quotas[0].waits.mean == 5s);
  CHECK(report.quotas[1].name == "other");
  CHECK(report.quotas[1].waits.mean == 0s);
}

TEST_CASE("Waits are of what started; what did not is missing from them and from the stretch") {
  const auto report = play(scenario()
                               .node("n", 1)
                               .quota("team", 9)
                               .add(work("job").runs(10s).cpu(1))
                               .add(work("job").cpu(2)))
                          .report;
  CHECK(report.classes[0].arrived == 2);
  CHECK(report.classes[0].started == 1);
  CHECK(report.classes[0].waits.longest == 0s);
  CHECK(report.classes[0].stretch_permille == 1000);
}

TEST_CASE("Utilization is use over time against what could be used, until the last work ends") {
  // 1 core from 0 to 10 s and 2 cores from 5 to 15 s: 30 core-seconds of 4 x 15.
  const auto report = play(scenario()
                               .node("n", 4)
                               .quota("team", 4)
                               .add(work("one").runs(10s).cpu(1))
                               .add(work("two").at(5s).runs(10s).cpu(2).asks("memory", 4LL << 32U))
                               .add(work("never").at(100s).cpu(9)))
                          .report;
  CHECK(resource(report, "cpu").capacity == 4000);
  CHECK(resource(report, "cpu").utilization_permille == 500);
  CHECK(resource(report, "memory").capacity == 4LL << 32U);
  CHECK(resource(report, "memory").utilization_permille == 666); // all of it for 10 of 15 s
  CHECK(report.resources.size() == 2);                           // what nobody asks for is left out
}

TEST_CASE("Where the quotas have less than the nodes, use is measured against the quotas") {
  const auto report = play(scenario()
                               .node("n", 100)
                               .quota("team", 1)
                               .quota("other", 3)
                               .add(work("job").runs(10s).cpu(1)))
                          .report;
  CHECK(resource(report, "cpu").capacity == 4000);
  CHECK(resource(report, "cpu").utilization_permille == 250);
}

TEST_CASE("Fairness is Jain's index over the quotas' mean stretch") {
  // team: stretch 1. other: five in a row on its one core, stretches 1 to 5, 3 in the mean.
  // (1 + 3)^2 / (2 x (1 + 9)) = 0.8
  const auto report = play(scenario()
                               .node("n", 2)
                               .quota("team", 1)
                               .quota("other", 1)
                               .add(work("alone").runs(10s).cpu(1))
                               .add(work("row").of("other").times(5).runs(10s).cpu(1)))
                          .report;
  CHECK(report.quotas[0].stretch_permille == 1000);
  CHECK(report.quotas[1].stretch_permille == 3000);
  CHECK(report.fairness_permille == 800);
}

TEST_CASE("A quota of which nothing started is left out of the fairness") {
  const auto report = play(scenario()
                               .node("n", 1)
                               .quota("team", 1)
                               .quota("other", 9)
                               .add(work("alone").cpu(1))
                               .add(work("huge").of("other").cpu(2)))
                          .report;
  CHECK(report.quotas[1].stretch_permille == 0);
  CHECK(report.fairness_permille == 1000);
}

TEST_CASE("Fragmentation is free device capacity that no waiting or running work could use") {
  // While 700 of 1000 are taken by the only kind of work there is, the other 300 are useless.
  const auto share = play(scenario().node("n", 8, 1).quota("team").add(
      work("share").runs(10s).asks("berth.dev/gpu-milli", 700)));
  CHECK(share.report.fragmentation_permille == 300);
  const auto half = play(scenario().node("n", 8, 1).quota("team").add(
      work("share").runs(10s).asks("berth.dev/gpu-milli", 500)));
  CHECK(half.report.fragmentation_permille == 0);
}

TEST_CASE(
    "Time after the last end counts for nothing, though a node is fragmented for what waits") {
  const auto report = play(scenario()
                               .node("n", 8, 1)
                               .quota("team")
                               .add(work("half").runs(10s).asks("berth.dev/gpu-milli", 500))
                               .add(work("never").at(60s).cpu(9).asks("berth.dev/gpu-milli", 700))
                               .add(work("never").at(90s).cpu(9).asks("berth.dev/gpu-milli", 700)))
                          .report;
  CHECK(report.makespan == 10s);
  CHECK(report.fragmentation_permille == 0);
}

TEST_CASE("Whole devices are counted as devices, and as thousandths once somebody shares one") {
  const auto whole = play(scenario().node("n", 8, 2).quota("team").add(
      work("whole").runs(10s).asks("nvidia.com/gpu", 1)));
  CHECK(whole.report.resources.size() == 1);
  CHECK(resource(whole.report, "nvidia.com/gpu").capacity == 2);
  CHECK(resource(whole.report, "nvidia.com/gpu").utilization_permille == 500);
  const auto mixed = play(scenario()
                              .node("n", 8, 2)
                              .quota("team")
                              .add(work("whole").runs(10s).asks("nvidia.com/gpu", 1))
                              .add(work("share").runs(10s).asks("berth.dev/gpu-milli", 400)));
  CHECK(mixed.report.resources.size() == 1);
  CHECK(resource(mixed.report, "berth.dev/gpu-milli").capacity == 2000);
  CHECK(resource(mixed.report, "berth.dev/gpu-milli").utilization_permille == 700);
}
