#pragma once
// Ridge regression for a few dozen columns, row by row: nothing is kept but the products of the
// columns, so that a year of rows needs as much memory as a day. For the models that are linear.

#include <cstddef>
#include <span>
#include <vector>

namespace berth::analyzer {

class LeastSquares {
public:
  /// The first column is the intercept, which is not shrunk; its value must be 1 in each row.
  explicit LeastSquares(std::size_t columns);

  void add(std::span<const double> row, double target, double weight = 1);
  /// The coefficients that make the squared errors plus `ridge` times the sum of squared
  /// coefficients least, each column measured in its own spread. Columns that say nothing get 0.
  [[nodiscard]] std::vector<double> solve(double ridge) const;

private:
  std::size_t columns_;
  std::vector<double> products_; ///< lower triangle, row by row
  std::vector<double> targets_;
};

} // namespace berth::analyzer
