#pragma once
// The act part of `kubectl berth simulate`: text and JSON from a view. Pure.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/output/text.hpp"
#include "cli/simulate/decide.hpp"

namespace berth::cli {

/// "12.300s" below two minutes, as short loads need it, else "1h5m".
[[nodiscard]] std::string wait_text(Duration duration);

[[nodiscard]] std::string render_packing(const PackingView& view, const Paint& paint);
[[nodiscard]] nlohmann::json packing_json(const PackingView& view);

/// `wide`: by quota too.
[[nodiscard]] std::string render_scenario(const ScenarioView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json scenario_json(const ScenarioView& view);

} // namespace berth::cli
