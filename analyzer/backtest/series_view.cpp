#include "analyzer/backtest/series_view.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

std::size_t choose_horizon(std::span<const double> values) {
  const auto periods = find_periods(values);
  const std::size_t wanted = periods.empty() ? kHorizonUnknownSteps : 2 * periods.back().steps;
  return std::clamp<std::size_t>(std::min(wanted, values.size() / 4), 1, kHorizonStepsMax);
}

std::vector<SeriesAlarm> alarms_of(std::span<const double> values) {
  NoveltyDetector detector;
  std::vector<SeriesAlarm> alarms;
  for (std::size_t row = 0; row < values.size(); ++row)
    if (const auto verdict = detector.add(values[row]); verdict.alarm)
      alarms.push_back({row, *verdict.alarm, verdict.score});
  return alarms;
}

std::optional<ReplayReport> replay_of(std::span<const double> values,
                                      const std::vector<Period>& periods) {
  constexpr std::size_t kHoursPerDay = 24;
  if (periods.empty() || *std::ranges::min_element(values) < 0)
    return std::nullopt;
  ReplayQuestion question;
  question.day_steps = periods.back().steps;
  question.hour_steps = std::max<std::size_t>(question.day_steps / kHoursPerDay, 1);
  return replay(values, question);
}

std::string forecast_lines(const CourseForecast& forecast) {
  /// As many points as fit on a screen.
  constexpr std::size_t kLinesMax = 12;
  const std::size_t stride = (forecast.points.size() + kLinesMax - 1) / kLinesMax;
  std::string text =
      fmt::format("{:>8}{:>14}{:>14}{:>14}\n", "STEP", "EXPECTED", "AT LEAST", "AT MOST");
  for (std::size_t i = stride - 1; i < forecast.points.size(); i += stride)
    text += fmt::format("{:>8}{:>14.5g}{:>14.5g}{:>14.5g}\n", i + 1, forecast.points[i],
                        forecast.intervals[i].low, forecast.intervals[i].high);
  return text;
}

} // namespace

SeriesView view_series(NabFile series, std::size_t horizon) {
  ensure(!series.values.empty(), "there must be something to look at");
  SeriesView view;
  const std::span<const double> values(series.values);
  const std::size_t steps = horizon > 0 ? horizon : choose_horizon(values);
  view.patterns = find_patterns(values);
  if (values.size() >= kPatternValuesMin)
    view.trend = view_trend(values, steps);
  view.forecast = forecast_course(values, {steps, kViewCoverage});
  view.alarms = alarms_of(values);
  view.replay = replay_of(values, view.forecast.periods);
  view.series = std::move(series);
  return view;
}

std::string render_text(const SeriesView& view) {
  const auto& series = view.series;
  std::string text = fmt::format("{}: {} values from {} to {}\n\nPATTERNS\n", series.name,
                                 series.values.size(), series.times.front(), series.times.back());
  for (const Pattern& pattern : view.patterns)
    text += fmt::format("{:<12}{:>4.0f} %  {}\n", to_string(pattern.kind), 100 * pattern.confidence,
                        pattern.message);
  if (view.patterns.empty())
    text += "none\n";
  text += fmt::format("\nTREND\n{:+.4g} per step, now {:.5g}, after {} steps {:.5g}\n",
                      view.trend.slope, view.trend.level, view.forecast.points.size(),
                      view.trend.ahead);
  text += fmt::format("\nFORECAST (95 % interval, confidence {:.0f} %)\n{}\n",
                      100 * view.forecast.confidence, view.forecast.reason);
  text += forecast_lines(view.forecast);
  if (view.replay)
    text += fmt::format("\nADAPTIVE (a day is {} steps)\n{}\n", view.forecast.periods.back().steps,
                        describe(*view.replay));
  text += fmt::format("\nANOMALIES\n");
  for (const SeriesAlarm& alarm : view.alarms)
    text += fmt::format("{:<20}{:<18}{:>10.5g}  score {:.1f}\n", series.times[alarm.row],
                        to_string(alarm.kind), series.values[alarm.row], alarm.score);
  if (view.alarms.empty())
    text += "none\n";
  return text;
}

std::string render_json(const SeriesView& view) {
  using nlohmann::json;
  json out = {{"values", view.series.values.size()},
              {"trend",
               {{"slopePerStep", view.trend.slope},
                {"level", view.trend.level},
                {"ahead", view.trend.ahead},
                {"tau", view.trend.tau}}},
              {"confidence", view.forecast.confidence},
              {"reason", view.forecast.reason}};
  for (const char* list : {"patterns", "periods", "models", "forecast", "anomalies"})
    out[list] = json::array();
  for (const Pattern& pattern : view.patterns)
    out["patterns"].push_back({{"kind", to_string(pattern.kind)},
                               {"confidence", pattern.confidence},
                               {"size", pattern.size},
                               {"message", pattern.message}});
  for (const Period& period : view.forecast.periods)
    out["periods"].push_back(period.steps);
  for (const ModelScore& model : view.forecast.models)
    out["models"].push_back({{"name", model.name},
                             {"source", model.source},
                             {"error", model.error},
                             {"weight", model.weight}});
  for (std::size_t i = 0; i < view.forecast.points.size(); ++i)
    out["forecast"].push_back({{"expected", view.forecast.points[i]},
                               {"low", view.forecast.intervals[i].low},
                               {"high", view.forecast.intervals[i].high}});
  if (view.replay)
    out["adaptive"] = {{"bufferPercent", view.replay->chosen.buffer_percent},
                       {"rule", to_string(view.replay->chosen.rule)},
                       {"cost", view.replay->cost},
                       {"regret", view.replay->regret()},
                       {"switches", view.replay->switches}};
  for (const SeriesAlarm& alarm : view.alarms)
    out["anomalies"].push_back({{"timestamp", view.series.times[alarm.row]},
                                {"kind", to_string(alarm.kind)},
                                {"value", view.series.values[alarm.row]},
                                {"score", alarm.score}});
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace berth::analyzer
