#pragma once
// Foresight: what a series is expected to do in the next hour and, once it is known for days, until
// tomorrow. With less than kStepsMin finished steps it is the trend of the last hour; then the bank
// of models on steps of five minutes, and on longer ones for what is further away. Never further
// ahead than was looked back. For the advisor, which makes one when it is due and goes by it.

#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/series.hpp"
#include "analyzer/model/trend.hpp"

namespace berth::analyzer {

/// Which number of each finished step is foreseen.
enum class StepValue { Mean, Max };

struct Foresight {
  std::vector<Forecast> soon{};  ///< the next hour, by time
  std::vector<Forecast> later{}; ///< from there up to a day ahead
  std::string model = "None";    ///< the one that counts most, by its name
  std::optional<Duration> period{};
  std::size_t samples = 0; ///< values that it was made from
  TimePoint made{};
  /// Made from finished steps, so that it is as good as new until another one is; else the trend.
  bool by_steps = false;
  /// Whether the bank was asked, which costs milliseconds; a level that does not move needs no
  /// model.
  bool asked_bank = false;

  friend bool operator==(const Foresight&, const Foresight&) = default;
};

/// Steps that the bank needs: two hours of five minutes.
inline constexpr std::size_t kForesightStepsMin = 24;
/// Steps that may be missing among those it is made from; more, and it is the trend.
inline constexpr double kForesightGapsMax = 0.25;
inline constexpr Duration kSoon = std::chrono::hours{1};
inline constexpr Duration kForesightMax = std::chrono::hours{24};

/// The finished steps of the last `span`, evenly spaced: one that is missing keeps the value
/// before. Nothing where too many are.
[[nodiscard]] std::optional<std::vector<double>> step_values(const Series& series, StepValue value,
                                                             Duration span, TimePoint now);

[[nodiscard]] Foresight foresee(const Series& series, StepValue value, TimePoint now);
/// The trend alone, however much is known.
[[nodiscard]] Foresight foresee_by_trend(const Series& series, TimePoint now);

} // namespace berth::analyzer
