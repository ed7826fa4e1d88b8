#pragma once
// `kubectl berth replay` (X4): decides the cycles of a decision log again and says whether they
// come out as they were recorded; with other quotas or policies, what those would have changed. It
// asks no API server.

#include "cli/answer.hpp"
#include "cli/options.hpp"

namespace berth::cli {

[[nodiscard]] Answer answer_replay(const CliOptions& options, const Paint& paint);

} // namespace berth::cli
