#include "analyzer/model/forecast/least_squares.hpp"

#include <catch2/catch.hpp>

#include <array>

#include "lib/base/rng.hpp"

namespace berth::analyzer {

TEST_CASE("a line through its points is found exactly") {
  LeastSquares regression(2);
  for (const double x : {-1.0, 0.0, 2.0, 5.0})
    regression.add(std::array{1.0, x}, 2 + 3 * x);
  const auto found = regression.solve(0);
  CHECK(found[0] == Approx(2));
  CHECK(found[1] == Approx(3));
}

TEST_CASE("the line of least squares through three points is the one computed by hand") {
  // (0,0) (1,2) (2,1): the means are 1 and 1; slope (1 + 0 + 0) / 2, intercept 1 - 1/2.
  LeastSquares regression(2);
  regression.add(std::array{1.0, 0.0}, 0);
  regression.add(std::array{1.0, 1.0}, 2);
  regression.add(std::array{1.0, 2.0}, 1);
  const auto found = regression.solve(0);
  CHECK(found[0] == Approx(0.5));
  CHECK(found[1] == Approx(0.5));
}

TEST_CASE("a row of weight two counts like two rows") {
  LeastSquares weighted(2);
  LeastSquares repeated(2);
  Rng rng{3};
  for (int i = 0; i < 20; ++i) {
    const std::array row{1.0, rng.unit()};
    const double target = rng.unit();
    weighted.add(row, target, 2);
    repeated.add(row, target);
    repeated.add(row, target);
  }
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(weighted.solve(0.1)[i] == Approx(repeated.solve(0.1)[i]));
}

TEST_CASE("a column that repeats another says nothing, and without rows nothing is said") {
  LeastSquares regression(3);
  for (const double x : {1.0, 2.0, 3.0, 4.0})
    regression.add(std::array{1.0, x, x}, 5 * x);
  const auto found = regression.solve(0);
  CHECK(found[1] + found[2] == Approx(5));
  CHECK(LeastSquares(3).solve(0.1) == std::vector<double>(3, 0.0));
}

TEST_CASE("a ridge shrinks towards nothing but leaves the intercept") {
  // The column is centred with spread 2, so its coefficient is 2 x 3 / (2 + 2 x ridge).
  LeastSquares regression(2);
  regression.add(std::array{1.0, -1.0}, 10 - 3);
  regression.add(std::array{1.0, 1.0}, 10 + 3);
  const auto found = regression.solve(1);
  CHECK(found[0] == Approx(10));
  CHECK(found[1] == Approx(1.5));
}

} // namespace berth::analyzer
