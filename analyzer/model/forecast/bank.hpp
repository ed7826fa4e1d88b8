#pragma once
// The bank: small models that compete on the series itself. Each is fitted on its beginning and
// asked for what came next, from several origins (Tashman, "Out-of-sample tests of forecasting
// accuracy", 2000); the better it was, the more it counts. It always answers, if only with the last
// value, and says who was asked and how they did. Its answer has no interval yet: that is
// conformal.hpp.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/model/forecast/periods.hpp"

namespace berth::analyzer {

/// What one model was worth on the series.
struct ModelScore {
  std::string_view name{};
  std::string_view source{};
  double error = 0;             ///< mean absolute error over all trials, in the series' unit
  double weight = 0;            ///< 0..1, of all that were asked
  std::vector<double> points{}; ///< what it says alone, by step ahead
};

/// What followed an origin, and what the combined models had said before.
struct Trial {
  std::vector<double> foreseen{};
  std::vector<double> actual{};
};

struct BankForecast {
  std::vector<double> points{};     ///< by step ahead, the next one first
  std::vector<Period> periods{};    ///< shortest first
  std::vector<ModelScore> models{}; ///< most weight first; at least one
  std::vector<Trial> trials{};      ///< oldest first; none if the series is too short for any
};

inline constexpr std::size_t kTrialsMax = 8;
inline constexpr std::size_t kHorizonStepsMax = 2048;
/// Older values than these are not looked at.
inline constexpr std::size_t kPastStepsMax = 20'000;

/// `values` must not be empty, and none above 1e60 either way; `horizon` is 1 to kHorizonStepsMax.
[[nodiscard]] BankForecast ask_bank(std::span<const double> values, std::size_t horizon);

} // namespace berth::analyzer
