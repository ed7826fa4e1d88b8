#pragma once
// CourseModel: one member of the bank of models. It is fitted once, and then says what follows any
// past of the same series, so that it can be tried on pasts whose future is known. Fitting never
// looks beyond what it was given. For bank.cpp.

#include <memory>
#include <span>
#include <string_view>

#include "analyzer/model/forecast/periods.hpp"

namespace berth::analyzer {

class CourseModel {
public:
  virtual ~CourseModel() = default;
  /// Writes what is expected after `past`, which begins with what the model was fitted on.
  virtual void foresee(std::span<const double> past, std::span<double> future) const = 0;
};

/// What a model is fitted on. The periods were found in `values` and nothing later.
struct Training {
  std::span<const double> values;
  std::span<const Period> periods; ///< shortest first
};

using CourseModelPtr = std::unique_ptr<const CourseModel>;

/// How a model is called, where it comes from, and how it is made: null where it needs more values
/// or a season that is not there.
struct ModelKind {
  std::string_view name;
  std::string_view source;
  CourseModelPtr (*fit)(const Training& training);
};

CourseModelPtr fit_naive(const Training& training);
CourseModelPtr fit_seasonal_naive(const Training& training);
CourseModelPtr fit_long_seasonal_naive(const Training& training);
CourseModelPtr fit_linear_regression(const Training& training);
CourseModelPtr fit_theta(const Training& training);
CourseModelPtr fit_damped_trend(const Training& training);
CourseModelPtr fit_seasonal_smoothing(const Training& training);
CourseModelPtr fit_seasonal_autoregression(const Training& training);
CourseModelPtr fit_seasonal_differences(const Training& training);

} // namespace berth::analyzer
