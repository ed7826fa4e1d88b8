#pragma once
// A picture of a simulated schedule: what was in use against what there was, who ran where, and who
// waited, over one axis of time. One file that refers to nothing outside it. Pure.

#include <string>
#include <string_view>

#include "lib/simulator/scenario.hpp"

namespace berth::cli {

/// "schedule.svg" or "schedule.html"; whatever ends otherwise is no picture.
[[nodiscard]] bool is_picture_name(std::string_view file);

/// The drawing as SVG. The run must have its records.
[[nodiscard]] std::string draw_schedule(const simulator::Scenario& scenario,
                                        const simulator::ScenarioRun& run);
/// The drawing and its figures as a page of HTML.
[[nodiscard]] std::string schedule_page(const simulator::Scenario& scenario,
                                        const simulator::ScenarioRun& run);

} // namespace berth::cli
