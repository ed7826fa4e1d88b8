#pragma once
// Forecaster: makes the forecasts of the advisor's series when they are due, and keeps score of
// them: what was foreseen is compared with what came, and the less often it held lately, the less
// the next one is trusted. A bank's forecast costs milliseconds, so only so many are made in a
// cycle; until its turn comes a series keeps the one before, or goes by its trend.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyzer/advise/habits.hpp"
#include "analyzer/model/foresight.hpp"
#include "analyzer/model/history/history.hpp"
#include "analyzer/model/replay.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::analyzer {

class Forecaster {
public:
  explicit Forecaster(telemetry::AnalyzerMetrics& metrics) : metrics_(metrics) {}

  /// Compares what is due with what `history` has, forgets what it has not, and opens the cycle.
  void begin_cycle(const History& history, TimePoint now);
  /// What is expected of the series of that name.
  const Foresight& foresee(const std::string& name, const Series& series, StepValue value,
                           TimePoint now);
  /// What replays of the last two weeks say; made once an hour. Nothing with less than two days.
  const std::optional<ReplayReport>& replayed(const std::string& name, const Series& series,
                                              TimePoint now);
  /// What the series does as a rule; looked for once an hour, and for a few series in a cycle.
  const std::optional<Habits>& habits(const std::string& name, const Series& series, TimePoint now);
  /// 0..1: 1 while its forecasts hold as often as they should, or nothing is known of them.
  [[nodiscard]] double trust(const std::string& name) const;

  static constexpr int kBankForecastsPerCycleMax = 40;
  /// A forecast from steps is made anew once two more are finished.
  static constexpr Duration kRenewAfter = std::chrono::minutes{10};
  static constexpr Duration kReplayAfter = std::chrono::hours{1};
  static constexpr Duration kHabitsAfter = std::chrono::hours{1};
  static constexpr int kHabitsPerCycleMax = 8;
  static constexpr int kOutcomesMax = 16;
  static constexpr int kOutcomesMin = 4;

private:
  struct Pending {
    Forecast forecast{};
    telemetry::ForecastReach reach = telemetry::ForecastReach::Minutes;
    StepValue value = StepValue::Mean;
  };
  struct Entry {
    Foresight foresight{};
    std::vector<Pending> pending{}; ///< at most one of each reach
    std::uint32_t outcomes = 0;     ///< of the last kOutcomesMax, 1 for each that held
    int count = 0;
    std::optional<ReplayReport> replay{};
    std::optional<TimePoint> replayed{};
    std::optional<Habits> habits{};
    std::optional<TimePoint> habits_found{};
  };

  void check(Entry& entry, const Series& series, TimePoint now) const;
  void expect(Entry& entry, StepValue value, TimePoint now);

  telemetry::AnalyzerMetrics& metrics_;
  std::map<std::string, Entry, std::less<>> entries_;
  int bank_forecasts_left_ = kBankForecastsPerCycleMax;
  int habits_left_ = kHabitsPerCycleMax;
};

/// What was measured around a time: the mean (or highest) of the samples within half a step of it.
/// Nothing where there were none.
[[nodiscard]] std::optional<double> measured_around(const Series& series, TimePoint time,
                                                    StepValue value);

/// Whether `amount` came as foreseen: within the interval, or within 3 % of its middle, which is as
/// exact as the past is kept.
[[nodiscard]] bool holds(const Forecast& forecast, double amount);

} // namespace berth::analyzer
