#include "analyzer/model/forecast/course_model.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "analyzer/model/forecast/decomposition.hpp"
#include "lib/base/rng.hpp"

namespace berth::analyzer {
namespace {

const std::vector<Period> kNone;
const std::vector<Period> kThree{{3, 1, 1}};

std::vector<double> ask(const CourseModelPtr& model, const std::vector<double>& past,
                        std::size_t horizon) {
  REQUIRE(model);
  std::vector<double> future(horizon);
  model->foresee(past, future);
  return future;
}

/// `cycles` times 1 2 6, plus a trend.
std::vector<double> sawtooth(int cycles, double per_step = 0) {
  std::vector<double> values;
  for (int i = 0; i < 3 * cycles; ++i)
    values.push_back((i % 3 == 0 ? 1 : i % 3 == 1 ? 2 : 6) + per_step * i);
  return values;
}

} // namespace

TEST_CASE("naive carries the last value on, seasonal naive the last season") {
  const std::vector<double> past{4, 1, 2, 6};
  CHECK(ask(fit_naive({past, kNone}), past, 3) == std::vector<double>{6, 6, 6});
  CHECK(ask(fit_seasonal_naive({past, kThree}), past, 5) == std::vector<double>{1, 2, 6, 1, 2});
  CHECK_FALSE(fit_seasonal_naive({past, kNone}));
  CHECK_FALSE(fit_long_seasonal_naive({past, kThree}));
}

TEST_CASE("seasons and rest of a decomposition add up to the values") {
  const auto values = sawtooth(9, 0.5);
  const auto parts = decompose(values, kThree);
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(parts.rest[i] + parts.season(i) == Approx(values[i]));
  // The mean of 1 2 6 is 3.
  const auto flat = decompose(sawtooth(9), kThree);
  CHECK(flat.season(0) == Approx(-2));
  CHECK(flat.season(1) == Approx(-1));
  CHECK(flat.season(2) == Approx(3));
}

TEST_CASE("every seasonal model goes on with a season that never changed") {
  const auto past = sawtooth(20);
  const auto next = sawtooth(2);
  for (const auto fit : {fit_seasonal_naive, fit_linear_regression, fit_theta, fit_damped_trend,
                         fit_seasonal_smoothing, fit_seasonal_autoregression}) {
    const auto future = ask(fit({past, kThree}), past, 6);
    for (std::size_t i = 0; i < 6; ++i)
      CHECK(future[i] == Approx(next[i]).margin(0.02));
  }
}

TEST_CASE("a line goes on as a line, and Theta follows half of its slope") {
  std::vector<double> past;
  for (int i = 0; i < 50; ++i)
    past.push_back(10 + 2.0 * i);
  const auto line = ask(fit_linear_regression({past, kNone}), past, 2);
  CHECK(line[0] == Approx(110));
  CHECK(line[1] == Approx(112));
  const auto theta = ask(fit_theta({past, kNone}), past, 2);
  CHECK(theta[1] - theta[0] == Approx(1));
}

TEST_CASE("a damped trend slows down and never turns around") {
  std::vector<double> past;
  for (int i = 0; i < 60; ++i)
    past.push_back(10 + 2.0 * i);
  const auto future = ask(fit_damped_trend({past, kNone}), past, 30);
  for (std::size_t i = 2; i < future.size(); ++i) {
    CHECK(future[i] >= future[i - 1]);
    CHECK(future[i] - future[i - 1] <= future[i - 1] - future[i - 2] + 1e-9);
  }
}

TEST_CASE("autoregression finds the law that made the series") {
  // x[t] = 0.8 x[t-1] + noise: k steps ahead it is 0.8^k of the last value.
  Rng rng{5};
  std::vector<double> past{0};
  for (int i = 0; i < 50'000; ++i)
    past.push_back(0.8 * past.back() + rng.unit() - 0.5);
  past.push_back(10);
  const auto future = ask(fit_seasonal_autoregression({past, kNone}), past, 3);
  CHECK(future[0] == Approx(8).margin(0.4));
  CHECK(future[1] == Approx(6.4).margin(0.4));
  CHECK(future[2] == Approx(5.12).margin(0.4));
}

TEST_CASE("differences to the season before follow a season that grows steadily") {
  const auto past = sawtooth(20, 0.5);
  const auto whole = sawtooth(22, 0.5);
  const auto future = ask(fit_seasonal_differences({past, kThree}), past, 6);
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(future[i] == Approx(whole[60 + i]).margin(0.05));
}

TEST_CASE("a model that needs more values than there are is not made") {
  const std::vector<double> few{1, 2, 3, 4};
  CHECK_FALSE(fit_theta({few, kNone}));
  CHECK_FALSE(fit_damped_trend({few, kNone}));
  CHECK_FALSE(fit_seasonal_smoothing({few, kThree}));
  CHECK_FALSE(fit_seasonal_autoregression({few, kThree}));
  CHECK_FALSE(fit_seasonal_differences({few, kThree}));
}

} // namespace berth::analyzer
