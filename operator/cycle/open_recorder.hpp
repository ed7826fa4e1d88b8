#pragma once
// Opens the decision log (X4) when a replica begins to lead: whoever leads writes. A folder that
// cannot be written to costs the log and never a cycle; it is said, and nothing is recorded.

#include <cstdint>
#include <memory>
#include <string>

#include "lib/async/executor.hpp"
#include "lib/async/task.hpp"
#include "lib/decision_log/recorder.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::op {

struct DecisionLogOptions {
  std::string folder{}; ///< empty: no log
  std::uint64_t bytes_max = 0;
};

/// nullptr if there is no log. What is left of the last one is read on a thread of its own.
[[nodiscard]] async::Task<std::unique_ptr<decision_log::Recorder>>
open_recorder(async::Executor& executor, DecisionLogOptions options,
              telemetry::AllocationMetrics& metrics, telemetry::Logger log);

} // namespace berth::op
