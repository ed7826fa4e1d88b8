#include "cli/simulate/picture/reservations.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "cli/output/text.hpp"

namespace berth::cli {
namespace {

using simulator::WindowRecord;

std::string title_of(const Scene& scene, const WindowRecord& window) {
  const allocation::ReservationSpec& spec = scene.scenario.reservations[window.reservation];
  const std::string until = window.end == Duration::max() ? "the end" : format_duration(window.end);
  const std::string amount =
      spec.node_count > 0 ? counted(spec.node_count, "node") : to_string(spec.amounts);
  return fmt::format("{}: {} from {} to {}{}", spec.name.str(), amount,
                     format_duration(window.begin), until,
                     window.is_honored ? "" : ", missed: not all of it was there");
}

/// Where the window lies on the axis; nothing may lie beyond its end.
Box span_of(const Canvas& canvas, const WindowRecord& window, double y, double height) {
  const double begin = canvas.time().x(std::min(window.begin, canvas.time().end));
  const double end = canvas.time().x(std::min(window.end, canvas.time().end));
  return {begin, y, end - begin, height};
}

void draw_window(Canvas& canvas, const Box& box, const std::string& title, bool is_honored) {
  canvas.svg().rect(box, is_honored ? R"( class="reserved")" : R"( class="reserved missed")",
                    title);
}

std::span<const WindowRecord> drawn(const Scene& scene) {
  return std::span(scene.windows).first(std::min(scene.windows.size(), kWindowsDrawnMax));
}

} // namespace

void draw_reservations(Canvas& canvas, const Scene& scene) {
  constexpr double kPitch = 22;
  constexpr double kGap = 4;
  const auto& reports = scene.reservations;
  if (reports.empty())
    return;
  canvas.panel_title("Reservations: the windows of each");
  const std::size_t rows = std::min(reports.size(), kReservationRowsMax);
  for (std::size_t i = 0; i < rows; ++i) {
    const double top = canvas.y() + kPitch * static_cast<double>(i);
    canvas.svg().rect({kPlotLeft, top, kPlotWidth, kPitch - kGap}, R"( class="empty")");
    canvas.svg().text(kPlotLeft - 8, top + 13, R"( class="tick end")",
                      short_label(reports[i].name));
    if (!reports[i].accepted)
      canvas.svg().text(kPlotLeft + 8, top + 13, R"( class="tick")",
                        "not accepted: " + reports[i].answer);
  }
  const double height = kPitch * static_cast<double>(rows) - kGap;
  canvas.time_grid(height, true);
  for (const WindowRecord& window : drawn(scene))
    if (window.reservation < rows) {
      const double top = canvas.y() + kPitch * static_cast<double>(window.reservation);
      draw_window(canvas, span_of(canvas, window, top, kPitch - kGap), title_of(scene, window),
                  window.is_honored);
    }
  canvas.skip(height + 40);
}

void draw_held(Canvas& canvas, const Scene& scene, std::size_t node, const Box& band) {
  for (const WindowRecord& window : drawn(scene))
    for (const simulator::WindowPlace& place : window.places)
      if (place.node == node)
        draw_window(
            canvas,
            span_of(canvas, window, band.y, band.height * (place.is_whole ? 1 : scene.held(place))),
            title_of(scene, window), window.is_honored);
}

} // namespace berth::cli
