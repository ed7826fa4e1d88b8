#pragma once
// The act part of `kubectl berth explain`: text and JSON from a view. Pure.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/explain/decide.hpp"
#include "cli/output/text.hpp"

namespace berth::cli {

[[nodiscard]] std::string render_explain(const ExplainView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json explain_json(const ExplainView& view);

} // namespace berth::cli
