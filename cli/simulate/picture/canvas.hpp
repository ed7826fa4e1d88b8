#pragma once
// Canvas: the paper of a picture: where time lies on it, and how its panels, axes and stacked areas
// are drawn. For the other files of this folder.

#include <string>
#include <vector>

#include "cli/simulate/picture/legend.hpp"
#include "lib/picture/svg.hpp"

namespace berth::cli {

using picture::Box;
using picture::Svg;
using picture::svg_number;

inline constexpr double kPictureWidth = 1200;
inline constexpr double kPlotLeft = 130;
inline constexpr double kPlotWidth = 1040;

/// A name that fits left of the plot; a longer one loses its middle.
[[nodiscard]] std::string short_label(const std::string& name);

/// From time to place.
struct TimeScale {
  Duration end{}; ///< above 0

  [[nodiscard]] double x(Duration at) const;
  /// Where ticks stand: round times, at most 12.
  [[nodiscard]] std::vector<Duration> ticks() const;
};

/// One area of a stack by bin.
struct Area {
  std::size_t entry = 0; ///< of the legend
  std::vector<double> values{};
};

/// A stacked chart: areas from the bottom up, and a dashed line at `capacity` if that is above 0.
struct StackPanel {
  std::string title{};
  std::string capacity_text{};
  std::string top_text{}; ///< what the scale's upper end says
  double capacity = 0;
  double most = 0; ///< the scale's upper end; at least 0
  std::vector<Area> areas{};
};

class Canvas {
public:
  Canvas(const Legend& legend, TimeScale time) : legend_(legend), time_(time) {}

  void heading(const std::string& title, const std::string& subtitle);
  void panel_title(const std::string& title);
  void stack(const StackPanel& panel, double height);
  /// Vertical lines at the ticks of time, below what is drawn next; with `labels` their texts too.
  void time_grid(double height, bool labels);
  void skip(double height) { y_ += height; }

  [[nodiscard]] double y() const { return y_; }
  [[nodiscard]] const TimeScale& time() const { return time_; }
  [[nodiscard]] const Legend& legend() const { return legend_; }
  [[nodiscard]] Svg& svg() { return svg_; }
  [[nodiscard]] std::string document(std::string_view label) const;

private:
  const Legend& legend_;
  TimeScale time_;
  Svg svg_;
  double y_ = 0; ///< where the next thing is drawn
};

} // namespace berth::cli
