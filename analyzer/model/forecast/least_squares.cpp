#include "analyzer/model/forecast/least_squares.hpp"

#include <cmath>

#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

/// A pivot below this share of its column's own product is rounding: the column repeats others.
constexpr double kPivotShareMin = 1e-10;

std::size_t place(std::size_t row, std::size_t column) {
  return row * (row + 1) / 2 + column;
}

/// Cholesky's factor in place; columns that depend on earlier ones get an empty row.
void factorize(std::vector<double>& matrix, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = matrix[place(i, j)];
      for (std::size_t k = 0; k < j; ++k)
        sum -= matrix[place(i, k)] * matrix[place(j, k)];
      if (i == j) {
        const bool counts = sum > kPivotShareMin * matrix[place(i, i)];
        matrix[place(i, i)] = counts ? std::sqrt(sum) : 0;
      } else {
        const double pivot = matrix[place(j, j)];
        matrix[place(i, j)] = pivot > 0 ? sum / pivot : 0;
      }
    }
}

/// Solves with the factor and its transpose.
void substitute(const std::vector<double>& factor, std::vector<double>& values) {
  const std::size_t size = values.size();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < i; ++k)
      values[i] -= factor[place(i, k)] * values[k];
    const double pivot = factor[place(i, i)];
    values[i] = pivot > 0 ? values[i] / pivot : 0;
  }
  for (std::size_t i = size; i-- > 0;) {
    for (std::size_t k = i + 1; k < size; ++k)
      values[i] -= factor[place(k, i)] * values[k];
    const double pivot = factor[place(i, i)];
    values[i] = pivot > 0 ? values[i] / pivot : 0;
  }
}

} // namespace

LeastSquares::LeastSquares(std::size_t columns)
    : columns_(columns), products_(columns * (columns + 1) / 2), targets_(columns) {
  ensure(columns > 0, "a regression has at least its intercept");
}

void LeastSquares::add(std::span<const double> row, double target, double weight) {
  ensure(row.size() == columns_, "a row has as many values as the regression has columns");
  double* product = products_.data();
  for (std::size_t i = 0; i < columns_; ++i) {
    const double weighted = row[i] * weight;
    for (std::size_t j = 0; j <= i; ++j)
      *product++ += weighted * row[j];
    targets_[i] += weighted * target;
  }
}

std::vector<double> LeastSquares::solve(double ridge) const {
  auto matrix = products_;
  auto solution = targets_;
  const double rows = products_[0];
  if (rows <= 0)
    return std::vector<double>(columns_);
  for (std::size_t i = 1; i < columns_; ++i) {
    // A column's spread: its sum of squares less that of its mean.
    const double sum = products_[place(i, 0)];
    const double spread = products_[place(i, i)] - sum * sum / rows;
    matrix[place(i, i)] += ridge * (spread > 0 ? spread : 0);
  }
  factorize(matrix, columns_);
  substitute(matrix, solution);
  return solution;
}

} // namespace berth::analyzer
