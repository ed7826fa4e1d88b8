#include <catch2/catch.hpp>

#include "lib/allocation/run_times.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
const RunFamily kTrain{"a", "Job/train"};
const RunFamily kOther{"a", "Job/other"};

PodUid run(int number) {
  return PodUid{"u" + std::to_string(number)};
}

void record(RunTimes& times, const RunFamily& family, Duration duration) {
  times.end(family, PodUid{"u"}, kStart, kStart + duration);
}

} // namespace

TEST_CASE("B2: before there are three runs nothing is known of a family") {
  RunTimes times;
  record(times, kTrain, 60s);
  record(times, kTrain, 70s);
  record(times, kOther, 80s);
  CHECK_FALSE(times.expected(kTrain));
  CHECK_FALSE(times.expected({"b", "Job/train"}));
  record(times, kTrain, 50s);
  CHECK(times.expected(kTrain) == 70s);
}

TEST_CASE("B2: what is expected is what nine of ten runs took at most") {
  RunTimes times;
  for (int minutes = 1; minutes <= 20; ++minutes)
    record(times, kTrain, std::chrono::minutes{minutes});
  CHECK(times.expected(kTrain) == 18min);
}

TEST_CASE("B2: of runs that began together the first to end do not speak for those that go on") {
  RunTimes times;
  for (int number = 0; number < 10; ++number)
    times.begin(kTrain, run(number), kStart);
  for (int number = 0; number < 8; ++number) {
    times.end(kTrain, run(number), kStart, kStart + number * 1min + 5min);
    CHECK_FALSE(times.expected(kTrain));
  }
  times.end(kTrain, run(8), kStart, kStart + 1h);
  CHECK(times.expected(kTrain) == 1h);
}

TEST_CASE(
    "B2: runs that began lately take nothing from what is known, and lost ones count no more") {
  RunTimes times;
  for (int i = 0; i < 3; ++i)
    record(times, kTrain, 10min);
  for (int number = 0; number < 40; ++number)
    times.begin(kTrain, run(number), kStart + 9min);
  CHECK(times.expected(kTrain) == 10min);
  for (int number = 0; number < 40; ++number)
    times.drop(kTrain, run(number));
  times.begin(kTrain, run(41), kStart - 1h);
  CHECK_FALSE(times.expected(kTrain));
  times.drop(kTrain, run(41));
  CHECK(times.expected(kTrain) == 10min);
}

TEST_CASE("B2: where very many run at once, those that were noted tell of the others") {
  RunTimes times;
  for (int number = 0; number < 1000; ++number)
    times.begin(kTrain, run(number), kStart);
  for (int number = 999; number >= 500; --number) // none of them was noted
    times.end(kTrain, run(number), kStart, kStart + 1min);
  CHECK_FALSE(times.expected(kTrain));
  for (int number = 0; number < 45; ++number)
    times.end(kTrain, run(number), kStart, kStart + 10min);
  CHECK(times.expected(kTrain) == 10min);
}

TEST_CASE("B2: old runs are forgotten, as work changes") {
  RunTimes times;
  for (std::size_t i = 0; i < RunTimes::kRunsMax; ++i)
    record(times, kTrain, 10h);
  for (std::size_t i = 0; i < RunTimes::kRunsMax; ++i)
    record(times, kTrain, 10min);
  CHECK(times.expected(kTrain) == 10min);
}

TEST_CASE("B2: parts of seconds count up, and what did not run does not count") {
  RunTimes times;
  for (int i = 0; i < 3; ++i)
    record(times, kTrain, 1500ms);
  CHECK(times.expected(kTrain) == 2s);
  for (int i = 0; i < 3; ++i) {
    record(times, kOther, 0s);
    record(times, kOther, -5s);
    record(times, {}, 5s);
  }
  CHECK_FALSE(times.expected(kOther));
  CHECK_FALSE(times.expected({}));
}

TEST_CASE("of too many families one goes of the namespace that has most, the longest unheard of") {
  RunTimes times(3);
  const RunFamily elsewhere{"b", "Job/train"};
  for (int i = 0; i < 3; ++i) {
    record(times, elsewhere, 10s);
    record(times, kTrain, 10s);
    record(times, kOther, 10s);
  }
  record(times, kTrain, 10s);
  record(times, {"a", "Job/third"}, 10s);
  CHECK(times.families() == 3);
  CHECK(times.expected(elsewhere));
  CHECK(times.expected(kTrain));
  CHECK_FALSE(times.expected(kOther));
}
