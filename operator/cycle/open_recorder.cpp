#include "operator/cycle/open_recorder.hpp"

#include <utility>

namespace berth::op {
namespace {

/// Counters and loggers may be used from any thread, and nothing is told once the recorder is gone.
decision_log::RecorderEvents events_for(const DecisionLogOptions& options,
                                        telemetry::AllocationMetrics& metrics,
                                        const telemetry::Logger& log) {
  using telemetry::LogOutcome;
  decision_log::RecorderEvents events;
  events.opened = [log, folder = options.folder](std::uint64_t cycle, const std::string& note) {
    if (!note.empty())
      log.warn("Found a decision log that was cut short", {{"note", note}});
    log.info("Keeps the decision log", {{"folder", folder}, {"cycle", cycle}});
  };
  events.recorded = [&metrics] { metrics.decision_log_cycles(LogOutcome::Recorded).add(); };
  events.dropped = [&metrics] { metrics.decision_log_cycles(LogOutcome::Dropped).add(); };
  events.fell_behind = [log] {
    log.warn("Leaves cycles out of the decision log until its disk takes them");
  };
  events.failed = [&metrics, log](const Error& error) {
    metrics.decision_log_cycles(LogOutcome::Failed).add();
    log.warn("Paused the decision log; it goes on with a whole picture", error);
  };
  events.resumed = [log](std::uint64_t missing) {
    log.warn("Went on with the decision log after a gap", {{"missing", missing}});
  };
  events.sized = [&metrics, log, limit = options.bytes_max,
                  was_enough = true](std::uint64_t needed) mutable {
    metrics.decision_log_needed_bytes.set(static_cast<double>(needed));
    const bool is_enough = needed <= limit;
    if (was_enough && !is_enough)
      log.warn("Set --decision-log-max-bytes too low for this cluster",
               {{"bytes_max", limit}, {"bytes_needed", needed}});
    was_enough = is_enough;
  };
  return events;
}

} // namespace

std::unique_ptr<decision_log::Recorder> open_recorder(const DecisionLogOptions& options,
                                                      telemetry::AllocationMetrics& metrics,
                                                      const telemetry::Logger& log) {
  if (options.folder.empty())
    return nullptr;
  metrics.decision_log_limit_bytes.set(static_cast<double>(options.bytes_max));
  decision_log::LogLimits limits;
  limits.bytes_max = options.bytes_max;
  return std::make_unique<decision_log::Recorder>(
      [folder = options.folder, limits] { return decision_log::open_log(folder, limits); },
      events_for(options, metrics, log));
}

} // namespace berth::op
