#pragma once
// A decision log as a load of the simulator: its nodes, quotas, reservations, policies and
// arrivals, with the runtimes that were recorded, played by the trial that `replay --quota` plays,
// and judged by the measures that judge a scenario. Pure.

#include <optional>

#include "cli/simulate/decide.hpp"
#include "lib/decision_log/story.hpp"

namespace berth::cli {

struct LogRun {
  simulator::Scenario scenario{}; ///< one set for each workload: for pictures
  ScenarioView view{};
};

/// It ends where the log ends. `strategy` takes the place of the pools' own.
[[nodiscard]] Result<LogRun> run_log(const decision_log::Story& story,
                                     std::optional<allocation::Strategy> strategy,
                                     bool keep_records, const Onlooker& onlooker);

} // namespace berth::cli
