#include "analyzer/advise/forecaster.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace berth::analyzer {
namespace {

using telemetry::ForecastReach;

/// Forecasts are intervals of 80 %: so many should hold.
constexpr double kShouldHold = 0.8;
constexpr double kExact = 0.03;
/// The last point of the next hour counts as its end if it is at least this far ahead.
constexpr Duration kHourAhead = std::chrono::minutes{50};

} // namespace

std::optional<double> measured_around(const Series& series, TimePoint time, StepValue value) {
  const Duration step = series.options().step;
  std::optional<double> highest;
  double sum = 0;
  double count = 0;
  for (const Sample& sample : series.since(step, time + step / 2)) {
    highest = std::max(highest.value_or(sample.value), sample.value);
    sum += sample.value;
    count += 1;
  }
  if (!highest)
    return std::nullopt;
  return value == StepValue::Mean ? sum / count : highest;
}

bool holds(const Forecast& forecast, double amount) {
  return (forecast.p10 <= amount && amount <= forecast.p90) ||
         std::abs(amount - forecast.p50) <= kExact * forecast.p50;
}

void Forecaster::begin_cycle(const History& history, TimePoint now) {
  bank_forecasts_left_ = kBankForecastsPerCycleMax;
  habits_left_ = kHabitsPerCycleMax;
  std::erase_if(entries_, [&](const auto& one) { return history.find(one.first) == nullptr; });
  for (auto& [name, entry] : entries_)
    check(entry, *history.find(name), now);
}

const Foresight& Forecaster::foresee(const std::string& name, const Series& series, StepValue value,
                                     TimePoint now) {
  Entry& entry = entries_[name];
  const bool is_fresh = entry.foresight.by_steps && now - entry.foresight.made < kRenewAfter;
  if (is_fresh)
    return entry.foresight;
  if (bank_forecasts_left_ > 0)
    entry.foresight = analyzer::foresee(series, value, now);
  else if (!entry.foresight.by_steps || now - entry.foresight.made >= kSoon / 2)
    entry.foresight = foresee_by_trend(series, now);
  else
    return entry.foresight;
  bank_forecasts_left_ -= entry.foresight.asked_bank ? 1 : 0;
  expect(entry, value, now);
  return entry.foresight;
}

const std::optional<ReplayReport>& Forecaster::replayed(const std::string& name,
                                                        const Series& series, TimePoint now) {
  Entry& entry = entries_[name];
  if (entry.replayed && now - *entry.replayed < kReplayAfter)
    return entry.replay;
  entry.replayed = now;
  const Duration step = series.options().step;
  ReplayQuestion question;
  question.day_steps = static_cast<std::size_t>(std::chrono::hours{24} / step);
  question.hour_steps = static_cast<std::size_t>(std::chrono::hours{1} / step);
  const auto values = step_values(series, StepValue::Max, series.options().aggregates_kept, now);
  entry.replay = values ? replay(*values, question) : std::nullopt;
  return entry.replay;
}

const std::optional<Habits>& Forecaster::habits(const std::string& name, const Series& series,
                                                TimePoint now) {
  Entry& entry = entries_[name];
  const bool is_fresh = entry.habits_found && now - *entry.habits_found < kHabitsAfter;
  if (is_fresh || habits_left_ == 0)
    return entry.habits;
  --habits_left_;
  entry.habits_found = now;
  entry.habits = find_habits(series, now);
  return entry.habits;
}

double Forecaster::trust(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.count < kOutcomesMin)
    return 1;
  const double held = std::popcount(found->second.outcomes);
  return std::min(1.0, held / found->second.count / kShouldHold);
}

void Forecaster::check(Entry& entry, const Series& series, TimePoint now) const {
  const Duration half = series.options().step / 2;
  std::erase_if(entry.pending, [&](const Pending& pending) {
    if (now < pending.forecast.at + half)
      return false;
    if (const auto amount = measured_around(series, pending.forecast.at, pending.value)) {
      const bool held = holds(pending.forecast, *amount);
      entry.outcomes = (entry.outcomes << 1U | (held ? 1U : 0U)) & ((1U << kOutcomesMax) - 1);
      entry.count = std::min(entry.count + 1, kOutcomesMax);
      metrics_
          .forecasts(pending.reach,
                     held ? telemetry::ForecastOutcome::Held : telemetry::ForecastOutcome::Missed)
          .add();
    }
    return true;
  });
}

void Forecaster::expect(Entry& entry, StepValue value, TimePoint now) {
  const auto& soon = entry.foresight.soon;
  if (soon.empty())
    return;
  const auto add = [&](const Forecast& forecast, ForecastReach reach) {
    const bool waits = std::ranges::any_of(
        entry.pending, [&](const Pending& pending) { return pending.reach == reach; });
    if (!waits)
      entry.pending.push_back({forecast, reach, value});
  };
  add(soon.front(), ForecastReach::Minutes);
  if (soon.back().at - now >= kHourAhead)
    add(soon.back(), ForecastReach::Hour);
}

} // namespace berth::analyzer
