#include "operator/cycle/open_recorder.hpp"

#include <utility>

namespace berth::op {
namespace {

using decision_log::LogWriter;
using decision_log::Recovery;

struct Opened {
  std::unique_ptr<LogWriter> writer{};
  std::string note{};
};

Result<Opened> open(const DecisionLogOptions& options) {
  BERTH_TRY(auto store, decision_log::open_folder(options.folder));
  BERTH_TRY(const Recovery recovery, decision_log::recover(options.folder));
  decision_log::LogLimits limits;
  limits.bytes_max = options.bytes_max;
  return Opened{std::make_unique<LogWriter>(std::move(store), limits, recovery.next_cycle),
                recovery.note};
}

/// Counters and loggers may be used from any thread; they outlive the recorder.
decision_log::RecorderEvents events_for(telemetry::AllocationMetrics& metrics,
                                        const telemetry::Logger& log) {
  using telemetry::LogOutcome;
  decision_log::RecorderEvents events;
  events.recorded = [&metrics] { metrics.decision_log_cycles(LogOutcome::Recorded).add(); };
  events.dropped = [&metrics] { metrics.decision_log_cycles(LogOutcome::Dropped).add(); };
  events.failed = [&metrics, log](const Error& error) {
    metrics.decision_log_cycles(LogOutcome::Failed).add();
    log.warn("Paused the decision log; it goes on with a whole picture", error);
  };
  return events;
}

} // namespace

std::unique_ptr<decision_log::Recorder> open_recorder(const DecisionLogOptions& options,
                                                      telemetry::AllocationMetrics& metrics,
                                                      const telemetry::Logger& log) {
  if (options.folder.empty())
    return nullptr;
  auto opened = open(options);
  if (!opened) {
    log.error("Cannot keep the decision log", opened.error());
    return nullptr;
  }
  if (!opened->note.empty())
    log.warn("Found a decision log that was cut short", {{"note", opened->note}});
  log.info("Keeps the decision log",
           {{"folder", options.folder}, {"cycle", opened->writer->next_cycle()}});
  return std::make_unique<decision_log::Recorder>(std::move(opened->writer),
                                                  events_for(metrics, log));
}

} // namespace berth::op
