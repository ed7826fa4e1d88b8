// The picture of a series: its course, what is foreseen with its interval, and where it was
// unusual.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analyzer/backtest/series_view.hpp"
#include "lib/picture/svg.hpp"

namespace berth::analyzer {
namespace {

using picture::svg_number;

constexpr double kWidth = 1200;
constexpr double kHeight = 430;
constexpr double kLeft = 90;
constexpr double kPlotWidth = 1080;
constexpr double kTop = 90;
constexpr double kPlotHeight = 280;
constexpr double kColumnsMax = kPlotWidth;
constexpr int kGridLines = 4;
/// Colours that people with any colour vision tell apart (Okabe and Ito 2008).
constexpr std::string_view kCourse = R"( fill="none" stroke="#0072b2" stroke-width="1.2")";
constexpr std::string_view kForeseen = R"( fill="none" stroke="#d55e00" stroke-width="1.8")";
constexpr std::string_view kBand = R"( fill="#d55e00" fill-opacity="0.2")";
constexpr std::string_view kAlarm = R"( fill="#cc79a7" stroke="#ffffff")";

/// From step and value to place.
struct Frame {
  double steps = 1;
  double low = 0;
  double high = 1;

  [[nodiscard]] double x(double step) const { return kLeft + kPlotWidth * step / steps; }
  [[nodiscard]] double y(double value) const {
    const double share = (std::clamp(value, low, high) - low) / (high - low);
    return kTop + kPlotHeight * (1 - share);
  }
  [[nodiscard]] std::string at(double step, double value) const {
    return svg_number(x(step)) + " " + svg_number(y(value));
  }
};

Frame frame_of(const SeriesView& view) {
  const auto& values = view.series.values;
  const auto [low, high] = std::ranges::minmax_element(values);
  Frame frame{static_cast<double>(values.size() + view.forecast.points.size()), *low, *high};
  for (const double point : view.forecast.points) {
    frame.low = std::min(frame.low, point);
    frame.high = std::max(frame.high, point);
  }
  // An interval may be wide; it gets half as much room again as the course.
  const double room = 0.5 * (frame.high - frame.low);
  const double floor = frame.low - room;
  const double ceiling = frame.high + room;
  for (const Interval& interval : view.forecast.intervals) {
    frame.low = std::max(std::min(frame.low, interval.low), floor);
    frame.high = std::min(std::max(frame.high, interval.high), ceiling);
  }
  if (frame.high <= frame.low)
    frame.high = frame.low + std::max(1.0, std::abs(frame.low));
  return frame;
}

/// One line through all values, or where there are more than columns through the least and the
/// greatest of each, so that no spike is lost.
std::string course_path(const std::vector<double>& values, const Frame& frame) {
  const auto stride =
      static_cast<std::size_t>(std::ceil(static_cast<double>(values.size()) / kColumnsMax));
  std::string path;
  const auto go_to = [&](std::size_t step, double value) {
    path += (path.empty() ? "M" : "L") + frame.at(static_cast<double>(step), value);
  };
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const std::size_t end = std::min(i + stride, values.size());
    const auto [low, high] = std::minmax_element(values.begin() + static_cast<std::ptrdiff_t>(i),
                                                 values.begin() + static_cast<std::ptrdiff_t>(end));
    go_to(i, *low);
    if (*high > *low)
      go_to(i, *high);
  }
  return path;
}

void draw_forecast(picture::Svg& svg, const SeriesView& view, const Frame& frame) {
  const auto& forecast = view.forecast;
  const auto first = static_cast<double>(view.series.values.size());
  std::string upper;
  std::string lower;
  std::string middle = "M" + frame.at(first - 1, view.series.values.back());
  for (std::size_t i = 0; i < forecast.points.size(); ++i) {
    const double step = first + static_cast<double>(i);
    middle += "L" + frame.at(step, forecast.points[i]);
    upper += (i == 0 ? "M" : "L") + frame.at(step, forecast.intervals[i].high);
    lower.insert(0, "L" + frame.at(step, forecast.intervals[i].low));
  }
  svg.path(upper + lower + "Z", kBand, "95 % interval");
  svg.path(middle, kForeseen, forecast.reason);
}

void draw_grid(picture::Svg& svg, const SeriesView& view, const Frame& frame) {
  for (int i = 0; i <= kGridLines; ++i) {
    const double value = frame.low + (frame.high - frame.low) * i / kGridLines;
    const double y = frame.y(value);
    svg.line(kLeft, y, kLeft + kPlotWidth, y, R"( class="grid")");
    svg.text(kLeft - 8, y + 4, R"( class="tick end")", fmt::format("{:.4g}", value));
  }
  const auto& times = view.series.times;
  const double bottom = kTop + kPlotHeight;
  svg.text(kLeft, bottom + 18, R"( class="tick")", times.front());
  const double now = frame.x(static_cast<double>(times.size()));
  svg.line(now, kTop, now, bottom, R"( class="capacity")");
  svg.text(now - 4, bottom + 18, R"( class="tick end")", times.back());
}

std::string subtitle_of(const SeriesView& view) {
  std::string text;
  for (const Pattern& pattern : view.patterns)
    text += (text.empty() ? "" : "; ") + pattern.message;
  return text.empty() ? "no pattern" : text;
}

} // namespace

std::string draw_series(const SeriesView& view) {
  const Frame frame = frame_of(view);
  picture::Svg svg;
  svg.text(kLeft, 34, R"( class="title")", view.series.name);
  svg.text(kLeft, 54, R"( class="subtitle")", subtitle_of(view));
  svg.text(kLeft, 74, R"( class="subtitle")", view.forecast.reason);
  draw_grid(svg, view, frame);
  draw_forecast(svg, view, frame);
  svg.path(course_path(view.series.values, frame), kCourse);
  for (const SeriesAlarm& alarm : view.alarms) {
    constexpr double kSide = 9;
    const double x = frame.x(static_cast<double>(alarm.row));
    const double y = frame.y(view.series.values[alarm.row]);
    svg.rect({x - kSide / 2, y - kSide / 2, kSide, kSide}, kAlarm,
             fmt::format("{} {}", to_string(alarm.kind), view.series.times[alarm.row]));
  }
  return svg.document(kWidth, kHeight, "course and forecast of " + view.series.name);
}

} // namespace berth::analyzer
