#include "analyzer/backtest/forecast_backtest.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/backtest/forecast_measures.hpp"
#include "analyzer/model/forecast/forecast.hpp"

namespace berth::analyzer {
namespace {

/// Sums while series are added, means once they are divided.
void add(ForecastScores& sums, const M4Series& series, const CourseForecast& forecast,
         double scale) {
  ++sums.series;
  sums.smape += smape(series.future, forecast.points);
  sums.mase += mase(series.future, forecast.points, scale);
  sums.msis += msis(series.future, forecast.intervals, kM4Coverage, scale);
  sums.coverage += covered_share(series.future, forecast.intervals);
}

void divide(ForecastScores& sums) {
  const auto count = static_cast<double>(std::max<std::size_t>(sums.series, 1));
  for (double* sum : {&sums.smape, &sums.mase, &sums.msis, &sums.coverage})
    *sum /= count;
}

void add_models(std::vector<ModelRow>& rows, const M4Series& series, const CourseForecast& forecast,
                double scale) {
  for (const ModelScore& model : forecast.models) {
    auto row = std::ranges::find(rows, model.name, &ModelRow::name);
    if (row == rows.end())
      row = rows.insert(rows.end(), ModelRow{std::string(model.name), 0, 0, 0, 0});
    ++row->series;
    row->smape += smape(series.future, model.points);
    row->mase += mase(series.future, model.points, scale);
    row->weight += model.weight;
  }
}

void finish_models(std::vector<ModelRow>& rows, std::size_t series) {
  for (ModelRow& row : rows) {
    row.smape /= static_cast<double>(row.series);
    row.mase /= static_cast<double>(row.series);
    row.weight /= static_cast<double>(series);
  }
  std::ranges::sort(rows, {}, [](const ModelRow& row) { return std::pair(row.mase, row.name); });
}

std::string line_of(std::string_view name, const ForecastScores& scores) {
  return fmt::format("{:<24}{:>7}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.1f} %\n", name, scores.series,
                     scores.smape, scores.mase, scores.msis, 100 * scores.coverage);
}

nlohmann::json json_of(const ForecastScores& scores) {
  return {{"series", scores.series},
          {"smape", scores.smape},
          {"mase", scores.mase},
          {"msis", scores.msis},
          {"coverage", scores.coverage}};
}

} // namespace

ForecastReport backtest_forecast(std::span<const M4Series> series, const Stopwatch& stopwatch) {
  ForecastReport report;
  const auto start = stopwatch();
  std::chrono::microseconds spent{0};
  for (std::size_t i = 0; i < series.size(); ++i) {
    const M4Series& one = series[i];
    const double scale = seasonal_scale(one.past, kM4Season);
    if (scale <= 0 || one.future.size() > kHorizonStepsMax)
      continue; // its errors cannot be measured
    const auto forecast = forecast_course(one.past, {one.future.size(), kM4Coverage});
    add(report.all, one, forecast, scale);
    add(i % 2 == 0 ? report.tuned_on : report.held_out, one, forecast, scale);
    add_models(report.models, one, forecast, scale);
  }
  spent = stopwatch() - start;
  report.series_per_second = spent.count() > 0 ? static_cast<double>(report.all.series) * 1e6 /
                                                     static_cast<double>(spent.count())
                                               : 0;
  finish_models(report.models, std::max<std::size_t>(report.all.series, 1));
  for (ForecastScores* scores : {&report.all, &report.tuned_on, &report.held_out})
    divide(*scores);
  return report;
}

std::string render_text(const ForecastReport& report) {
  std::string text = fmt::format("{:<24}{:>7}{:>9}{:>9}{:>9}{:>11}\n", "", "SERIES", "SMAPE",
                                 "MASE", "MSIS", "COVERAGE");
  text += line_of("all", report.all);
  text += line_of("constants fixed on", report.tuned_on);
  text += line_of("held out", report.held_out);
  text += fmt::format("\n{:<24}{:>7}{:>9}{:>9}{:>9}\n", "MODEL ALONE", "SERIES", "SMAPE", "MASE",
                      "WEIGHT");
  for (const ModelRow& row : report.models)
    text += fmt::format("{:<24}{:>7}{:>9.3f}{:>9.3f}{:>7.1f} %\n", row.name, row.series, row.smape,
                        row.mase, 100 * row.weight);
  text += fmt::format("\n{:.0f} series per second of one core\n", report.series_per_second);
  return text;
}

std::string render_json(const ForecastReport& report) {
  nlohmann::json json = json_of(report.all);
  json["seriesPerSecond"] = report.series_per_second;
  json["constantsFixedOn"] = json_of(report.tuned_on);
  json["heldOut"] = json_of(report.held_out);
  json["models"] = nlohmann::json::array();
  for (const ModelRow& row : report.models)
    json["models"].push_back({{"name", row.name},
                              {"series", row.series},
                              {"smape", row.smape},
                              {"mase", row.mase},
                              {"weight", row.weight}});
  return json.dump(2) + "\n";
}

} // namespace berth::analyzer
