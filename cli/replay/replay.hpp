#pragma once
// `kubectl berth replay` (X4): decides the cycles of a decision log again and says whether they
// come out as they were recorded; with other quotas or policies, what those would have changed. It
// asks no API server.

#include "cli/answer.hpp"
#include "cli/options.hpp"
#include "lib/decision_log/log_reader.hpp"

namespace berth::cli {

/// The log at a path, a folder or one file. NotFound if there is none.
[[nodiscard]] Result<decision_log::LogReader>
open_log(const std::string& path,
         decision_log::Reading reading = decision_log::Reading::Everything);
/// Tells in the answer what of the log could not be read; damage makes it a failure.
void add_notices(const decision_log::LogReader& log, Answer& answer);

[[nodiscard]] Answer answer_replay(const CliOptions& options, const Paint& paint);

} // namespace berth::cli
