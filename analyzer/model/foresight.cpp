#include "analyzer/model/foresight.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analyzer/model/forecast/forecast.hpp"

namespace berth::analyzer {
namespace {

constexpr std::array kHorizons{std::chrono::minutes{5}, std::chrono::minutes{15},
                               std::chrono::minutes{30}, std::chrono::minutes{60}};
/// What short intervals can foresee before there are five minutes to look back at.
constexpr Duration kShortHorizon = std::chrono::minutes{1};
/// From p10 to p90.
constexpr double kCoverage = 0.8;
/// Of five minutes: three days, so that a day is seen as a season; of half an hour: two weeks.
constexpr std::size_t kSoonStepsMax = 864;
constexpr std::size_t kLaterStepsMax = 672;
constexpr int kLaterStepParts = 6;
/// Two days must be known before anything is said about tomorrow.
constexpr Duration kLaterNeeds = std::chrono::hours{48};

/// Evenly spaced values that end at `end`.
struct Course {
  std::vector<double> values{};
  TimePoint end{};
  Duration step{};
};

double value_of(const Aggregate& aggregate, StepValue value) {
  return value == StepValue::Mean ? aggregate.mean : aggregate.max;
}

/// The course of the finished steps, `parts` of them made one; a step that is missing keeps the
/// value before. Nothing if too many are.
std::optional<Course> course_of(const std::vector<Aggregate>& steps, Duration step, int parts,
                                StepValue value) {
  if (steps.empty())
    return std::nullopt;
  const Duration whole = parts * step;
  const TimePoint first = steps.front().start;
  const auto count = static_cast<std::size_t>((steps.back().start - first) / whole) + 1;
  std::vector<double> sums(count);
  std::vector<int> seen(count);
  for (const Aggregate& one : steps) {
    const auto at = static_cast<std::size_t>((one.start - first) / whole);
    const double next = value_of(one, value);
    sums[at] = value == StepValue::Mean ? sums[at] + next : std::max(sums[at], next);
    ++seen[at];
  }
  const auto missing = static_cast<double>(std::ranges::count(seen, 0));
  if (missing > kForesightGapsMax * static_cast<double>(count))
    return std::nullopt;
  Course course;
  course.end = steps.back().start + step;
  course.step = whole;
  for (std::size_t i = 0; i < count; ++i) {
    if (seen[i] == 0)
      course.values.push_back(course.values.back());
    else
      course.values.push_back(value == StepValue::Mean ? sums[i] / seen[i] : sums[i]);
  }
  return course;
}

struct BankAnswer {
  std::vector<Forecast> points{};
  std::string model{};
  std::optional<Duration> period{};
  bool asked = false;
};

/// Whether all values are the same, as exactly as steps are kept.
bool is_flat(const std::vector<double>& values) {
  const auto [least, most] = std::ranges::minmax(values);
  return most - least <= 2 * PackedAggregates::kMeanErrorMax * most;
}

BankAnswer stay(const Course& course, std::size_t horizon) {
  const auto [least, most] = std::ranges::minmax(course.values);
  BankAnswer answer;
  answer.model = "Naive";
  for (std::size_t i = 0; i < horizon; ++i)
    answer.points.push_back(
        {course.end + static_cast<int>(i + 1) * course.step, least, course.values.back(), most});
  return answer;
}

BankAnswer ask(const Course& course, std::size_t horizon) {
  if (is_flat(course.values))
    return stay(course, horizon);
  ForecastQuestion question;
  question.horizon = horizon;
  question.coverage = kCoverage;
  const CourseForecast forecast = forecast_course(course.values, question);
  BankAnswer answer;
  answer.asked = true;
  for (std::size_t i = 0; i < forecast.points.size(); ++i) {
    Forecast point;
    point.at = course.end + static_cast<int>(i + 1) * course.step;
    point.p50 = forecast.points[i];
    point.p10 = std::min(forecast.intervals[i].low, point.p50);
    point.p90 = std::max(forecast.intervals[i].high, point.p50);
    answer.points.push_back(point);
  }
  answer.model = forecast.models.empty() ? "None" : std::string(forecast.models.front().name);
  if (!forecast.periods.empty())
    answer.period = static_cast<int>(forecast.periods.front().steps) * course.step;
  return answer;
}

std::vector<Aggregate> newest(const Series& series, Duration span, TimePoint now) {
  return series.aggregates(now - span);
}

Duration soon_span(const Series& series) {
  return static_cast<int>(kSoonStepsMax) * series.options().step;
}

std::optional<Course> soon_course(const Series& series, StepValue value, TimePoint now) {
  const auto steps = newest(series, soon_span(series), now);
  if (steps.size() < kForesightStepsMin)
    return std::nullopt;
  return course_of(steps, series.options().step, 1, value);
}

void look_further(Foresight& foresight, const Series& series, StepValue value, TimePoint now) {
  const Duration step = series.options().step;
  const auto span = static_cast<int>(kLaterStepsMax * kLaterStepParts) * step;
  const auto steps = newest(series, span, now);
  if (steps.empty() || now - steps.front().start < kLaterNeeds)
    return;
  const auto course = course_of(steps, step, kLaterStepParts, value);
  if (!course)
    return;
  BankAnswer answer = ask(*course, static_cast<std::size_t>(kForesightMax / course->step));
  foresight.period = answer.period ? answer.period : foresight.period;
  foresight.asked_bank = foresight.asked_bank || answer.asked;
  for (const Forecast& point : answer.points)
    if (point.at > now + kSoon)
      foresight.later.push_back(point);
}

} // namespace

std::optional<std::vector<double>> step_values(const Series& series, StepValue value, Duration span,
                                               TimePoint now) {
  auto course = course_of(newest(series, span, now), series.options().step, 1, value);
  if (!course)
    return std::nullopt;
  return std::move(course->values);
}

Foresight foresee(const Series& series, StepValue value, TimePoint now) {
  const auto course = soon_course(series, value, now);
  if (!course)
    return foresee_by_trend(series, now);
  Foresight foresight;
  foresight.made = now;
  foresight.by_steps = true;
  foresight.samples = course->values.size();
  // The step that runs is part of the future of what is finished.
  const auto behind = static_cast<std::size_t>(
      std::max<std::int64_t>(0, (now - course->end + course->step - Duration{1}) / course->step));
  const auto horizon = static_cast<std::size_t>(kSoon / course->step) + behind;
  BankAnswer answer = ask(*course, std::min(horizon, kForesightStepsMin));
  for (const Forecast& point : answer.points)
    if (point.at > now && point.at <= now + kSoon)
      foresight.soon.push_back(point);
  foresight.model = std::move(answer.model);
  foresight.period = answer.period;
  foresight.asked_bank = answer.asked;
  look_further(foresight, series, value, now);
  return foresight;
}

Foresight foresee_by_trend(const Series& series, TimePoint now) {
  Foresight foresight;
  foresight.made = now;
  const auto window = series.since(series.options().window, now);
  foresight.samples = window.size();
  const auto trend = fit_trend(window);
  if (!trend)
    return foresight;
  foresight.model = "TheilSen";
  const Duration looked_back = now - window.front().at;
  for (const auto horizon : kHorizons)
    if (horizon <= looked_back)
      foresight.soon.push_back(trend->at(now + horizon));
  if (foresight.soon.empty() && kShortHorizon <= looked_back)
    foresight.soon.push_back(trend->at(now + kShortHorizon));
  return foresight;
}

} // namespace berth::analyzer
