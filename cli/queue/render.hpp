#pragma once
// The act part of `kubectl berth queue`: text and JSON from a view. Pure.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/output/text.hpp"
#include "cli/queue/decide.hpp"

namespace berth::cli {

/// `wide` adds the turn among all quotas and the time since when each one waits.
[[nodiscard]] std::string render_queue(const QueueView& view, bool wide, const Paint& paint);
[[nodiscard]] nlohmann::json queue_json(const QueueView& view);

} // namespace berth::cli
