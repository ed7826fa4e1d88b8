#include "cli/simulate/picture/canvas.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "cli/output/text.hpp"

namespace berth::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTicksMax = 12;
constexpr std::array<Duration, 24> kSteps{10ms, 50ms, 100ms, 500ms, 1s,   2s,    5s,    10s,
                                          15s,  30s,  1min,  2min,  5min, 10min, 15min, 30min,
                                          1h,   2h,   3h,    6h,    12h,  24h,   48h,   168h};

std::string tick_text(Duration at) {
  if (at % 1s != 0s)
    return fmt::format("{:.2f}s", static_cast<double>(at.count()) / 1000);
  return at == 0s ? "0" : format_duration(at);
}

/// The outline of what lies between two stacks of values, in steps.
std::string outline(std::span<const double> lower, std::span<const double> upper, double bottom,
                    double scale) {
  const double step = kPlotWidth / static_cast<double>(upper.size());
  const auto corner = [&](std::size_t bin, double value) {
    return svg_number(kPlotLeft + step * static_cast<double>(bin)) + " " +
           svg_number(bottom - value * scale);
  };
  std::string steps;
  for (std::size_t bin = 0; bin < upper.size(); ++bin)
    if (bin == 0 || upper[bin] != upper[bin - 1]) {
      if (bin > 0)
        steps += "L" + corner(bin, upper[bin - 1]);
      steps += (bin == 0 ? "M" : "L") + corner(bin, upper[bin]);
    }
  steps += "L" + corner(upper.size(), upper.back());
  for (std::size_t bin = lower.size(); bin-- > 0;)
    if (bin + 1 == lower.size() || lower[bin] != lower[bin + 1]) {
      if (bin + 1 < lower.size())
        steps += "L" + corner(bin + 1, lower[bin + 1]);
      steps += "L" + corner(bin + 1, lower[bin]);
    }
  return steps + "L" + corner(0, lower.front()) + "Z";
}

} // namespace

std::string short_label(const std::string& name) {
  constexpr std::size_t kBytesMax = 18;
  constexpr std::size_t kEndBytes = 8;
  const bool is_ascii = width_of(name) == name.size();
  if (name.size() <= kBytesMax || !is_ascii) // cutting must not split a character
    return name;
  return name.substr(0, kBytesMax - kEndBytes) + "…" + name.substr(name.size() - kEndBytes);
}

double TimeScale::x(Duration at) const {
  return kPlotLeft +
         kPlotWidth * static_cast<double>(at.count()) / static_cast<double>(end.count());
}

std::vector<Duration> TimeScale::ticks() const {
  Duration step = kSteps.back();
  for (const Duration candidate : kSteps)
    if (end / candidate < static_cast<std::int64_t>(kTicksMax)) {
      step = candidate;
      break;
    }
  while (end / step >= static_cast<std::int64_t>(kTicksMax))
    step *= 2;
  std::vector<Duration> ticks;
  for (Duration at{}; at <= end; at += step)
    ticks.push_back(at);
  return ticks;
}

void Canvas::heading(const std::string& title, const std::string& subtitle) {
  constexpr double kSwatchSide = 12;
  constexpr double kLetterWidth = 7.2;
  svg_.text(kPlotLeft, y_ + 34, R"( class="title")", title);
  svg_.text(kPlotLeft, y_ + 54, R"( class="subtitle")", subtitle);
  double x = kPlotLeft;
  double y = y_ + 70;
  for (std::size_t i = 0; i < legend_.names.size(); ++i) {
    const std::string& name = legend_.names[i];
    const double width = kSwatchSide + 24 + kLetterWidth * static_cast<double>(width_of(name));
    if (x > kPlotLeft && x + width > kPlotLeft + kPlotWidth) {
      x = kPlotLeft;
      y += 20;
    }
    svg_.rect({x, y, kSwatchSide, kSwatchSide},
              fmt::format(R"( rx="2" fill="{}")", legend_.colour(i)));
    svg_.text(x + kSwatchSide + 6, y + 10.5, "", name);
    x += width;
  }
  y_ = y + 32;
}

void Canvas::panel_title(const std::string& title) {
  svg_.text(kPlotLeft, y_ + 14, R"( class="panel")", title);
  y_ += 24;
}

void Canvas::time_grid(double height, bool labels) {
  for (const Duration at : time_.ticks()) {
    const double x = time_.x(at);
    svg_.line(x, y_, x, y_ + height, R"( class="grid")");
    if (labels)
      svg_.text(x, y_ + height + 16, R"( class="tick middle")", tick_text(at));
  }
}

void Canvas::stack(const StackPanel& panel, double height) {
  panel_title(panel.title);
  time_grid(height, true);
  const double bottom = y_ + height;
  const double scale = panel.most > 0 ? height / panel.most : 0;
  std::vector<double> lower;
  for (const Area& area : panel.areas) {
    lower.resize(area.values.size());
    std::vector<double> upper = lower;
    for (std::size_t bin = 0; bin < upper.size(); ++bin)
      upper[bin] += std::max(area.values[bin], 0.0);
    svg_.path(outline(lower, upper, bottom, scale),
              fmt::format(R"( class="edge" fill="{}")", legend_.colour(area.entry)),
              legend_.names[area.entry]);
    lower = std::move(upper);
  }
  svg_.line(kPlotLeft, bottom, kPlotLeft + kPlotWidth, bottom, R"( class="axis")");
  svg_.text(kPlotLeft - 8, bottom, R"( class="tick end")", "0");
  svg_.text(kPlotLeft - 8, y_ + 4, R"( class="tick end")", panel.top_text);
  if (panel.capacity > 0) {
    const double y = bottom - panel.capacity * scale;
    svg_.line(kPlotLeft, y, kPlotLeft + kPlotWidth, y, R"( class="capacity")");
    svg_.text(kPlotLeft + kPlotWidth, y - 6, R"( class="end")", panel.capacity_text);
  }
  y_ = bottom + 40;
}

std::string Canvas::document(std::string_view label) const {
  return svg_.document(kPictureWidth, y_, label);
}

} // namespace berth::cli
