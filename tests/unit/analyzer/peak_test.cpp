#include "analyzer/model/forecast/peak.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

PodCourse steady(std::size_t first, std::size_t steps, double value) {
  PodCourse pod;
  pod.first_step = first;
  pod.started_there = false;
  pod.values.assign(steps, value);
  return pod;
}

PeakQuestion in_ten_steps() {
  PeakQuestion question;
  question.forecast = {10, 0.95};
  return question;
}

} // namespace

TEST_CASE("the busiest pod is foreseen and not the mean, which hides it") {
  const auto peak =
      foresee_peak(std::vector{steady(0, 100, 10), steady(0, 100, 90)}, in_ten_steps());
  REQUIRE(peak.busiest);
  CHECK(peak.busiest->points.front() == Approx(90));
  CHECK(peak.wanted == Approx(90));
}

TEST_CASE("what a pod needed to start is wanted however long ago that was") {
  auto pod = steady(0, 2000, 20);
  pod.started_there = true;
  pod.values[2] = 300;
  const auto peak = foresee_peak(std::vector{pod}, in_ten_steps());
  CHECK(peak.startup_peak == 300);
  CHECK(peak.wanted == 300);
  CHECK(peak.busiest->points.front() == Approx(20)); // its steady use is foreseen without it
  CHECK(peak.busiest->intervals.front().high < 100);
  pod.started_there = false; // then it is one use among others
  CHECK(foresee_peak(std::vector{pod}, in_ten_steps()).startup_peak == 0);
}

TEST_CASE("the memory that a pod was killed for is a floor that does not decay") {
  auto killed = steady(0, 30, 50);
  killed.killed_at = 100;
  const auto peak = foresee_peak(std::vector{killed, steady(30, 3000, 50)}, in_ten_steps());
  CHECK(peak.killed_floor == Approx(120));
  CHECK(peak.wanted == Approx(120));
}

TEST_CASE("pods that come and go make one course of the workload, without holes") {
  const auto peak =
      foresee_peak(std::vector{steady(10, 20, 40), steady(35, 20, 60)}, in_ten_steps());
  REQUIRE(peak.busiest);
  CHECK(peak.busiest->points.front() > 50);
}

TEST_CASE("a workload of pods that only just start has its start-up and no forecast") {
  PodCourse pod;
  pod.values = {5, 9};
  const auto peak = foresee_peak(std::vector{pod}, in_ten_steps());
  CHECK_FALSE(peak.busiest);
  CHECK(peak.wanted == 9);
  CHECK(foresee_peak({}, in_ten_steps()).wanted == 0);
}

} // namespace berth::analyzer
