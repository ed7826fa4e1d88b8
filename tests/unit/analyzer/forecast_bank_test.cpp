#include "analyzer/model/forecast/bank.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

std::vector<double> random_walk(std::size_t count, std::uint64_t seed) {
  Rng rng{seed};
  std::vector<double> values{100};
  while (values.size() < count)
    values.push_back(values.back() + rng.unit() - 0.5);
  return values;
}

} // namespace

TEST_CASE("the bank answers whatever it gets, with weights that add up to one") {
  for (std::size_t count = 1; count <= 60; ++count)
    for (const std::size_t horizon : {1U, 7U, 100U}) {
      const auto answer = ask_bank(random_walk(count, count), horizon);
      CAPTURE(count, horizon);
      REQUIRE(answer.points.size() == horizon);
      for (const double point : answer.points)
        CHECK(std::isfinite(point));
      double weights = 0;
      for (const auto& model : answer.models)
        weights += model.weight;
      CHECK(weights == Approx(1));
    }
}

TEST_CASE("a constant goes on, and so does a single value") {
  const auto one = ask_bank(std::vector<double>{7}, 3);
  CHECK(one.points == std::vector<double>{7, 7, 7});
  CHECK(one.models.front().name == "Naive");
  CHECK(one.trials.empty());
  for (const double point : ask_bank(std::vector<double>(200, 7), 3).points)
    CHECK(point == Approx(7));
}

TEST_CASE("what repeats itself exactly is foreseen exactly") {
  std::vector<double> values;
  for (int i = 0; i < 240; ++i)
    values.push_back(std::vector<double>{5, 9, 1, 0, 2, 7, 7, 3}[static_cast<std::size_t>(i % 8)]);
  const auto answer = ask_bank(values, 8);
  REQUIRE(answer.periods.size() == 1);
  CHECK(answer.periods[0].steps == 8);
  for (std::size_t i = 0; i < 8; ++i)
    CHECK(answer.points[i] == Approx(values[i]).margin(1e-6));
}

TEST_CASE("a series of its last value alone is left to Naive, a straight line is not") {
  const auto walk = ask_bank(random_walk(600, 4), 10);
  for (const double point : walk.points)
    CHECK(std::abs(point - random_walk(600, 4).back()) < 3);
  std::vector<double> line;
  for (int i = 0; i < 100; ++i)
    line.push_back(3 * i);
  const auto answer = ask_bank(line, 10);
  CHECK(answer.points[9] == Approx(327).epsilon(0.01));
  CHECK(answer.models.back().error > answer.models.front().error);
}

TEST_CASE("a trial knows nothing of what came after it") {
  auto values = random_walk(200, 9);
  const auto before = ask_bank(values, 12);
  REQUIRE(before.trials.size() == kTrialsMax);
  values.back() += 1000; // only the last outcome of the last trial
  const auto after = ask_bank(values, 12);
  CHECK(after.trials[7].actual.back() == values.back());
  for (std::size_t i = 0; i < kTrialsMax; ++i)
    for (std::size_t step = 0; step < 12; ++step) {
      // The weights moved, what each model had said did not: so all stays within what they said.
      CHECK(std::abs(after.trials[i].foreseen[step] - before.trials[i].foreseen[step]) < 10);
    }
}

TEST_CASE("trials are half a horizon apart and end with the series") {
  const auto values = random_walk(100, 2);
  const auto answer = ask_bank(values, 10);
  REQUIRE(answer.trials.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) {
    const std::size_t origin = 100 - 10 - (7 - i) * 5;
    CHECK(answer.trials[i].actual.front() == values[origin]);
    CHECK(answer.trials[i].actual.back() == values[origin + 9]);
  }
}

} // namespace berth::analyzer
