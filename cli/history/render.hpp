#pragma once
// The act part of `kubectl berth history`: one line for each decision, as text, JSON or CSV. Pure.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/history/decide.hpp"
#include "cli/output/text.hpp"

namespace berth::cli {

/// `wide`: with pools, amounts, nodes and rules.
[[nodiscard]] std::string render_history(const HistoryView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json history_json(const HistoryView& view);
/// With a line of titles; lists are separated by blanks.
[[nodiscard]] std::string history_csv(const HistoryView& view);

} // namespace berth::cli
