#pragma once
// Keeps the decision log (X4) while a replica leads: whoever leads writes. A folder that cannot be
// written to costs the log and never a cycle; it is said, and tried again.

#include <cstdint>
#include <memory>
#include <string>

#include "lib/decision_log/recorder.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::op {

struct DecisionLogOptions {
  std::string folder{}; ///< empty: no log
  std::uint64_t bytes_max = 0;
};

/// nullptr if there is no log. The folder is opened on the recorder's thread. `metrics` must
/// outlive the recorder.
[[nodiscard]] std::unique_ptr<decision_log::Recorder>
open_recorder(const DecisionLogOptions& options, telemetry::AllocationMetrics& metrics,
              const telemetry::Logger& log);

} // namespace berth::op
