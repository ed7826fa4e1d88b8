#pragma once
// What `kubectl berth replay` prints.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/output/text.hpp"
#include "cli/replay/decide.hpp"

namespace berth::cli {

[[nodiscard]] std::string render_replay(const ReplayView& view, const Paint& paint);
[[nodiscard]] nlohmann::json replay_json(const ReplayView& view);

/// Only workloads that the change makes a difference to; with `wide` all of them.
[[nodiscard]] std::string render_comparison(const ComparisonView& view, bool wide,
                                            const Paint& paint);
[[nodiscard]] nlohmann::json comparison_json(const ComparisonView& view);

} // namespace berth::cli
