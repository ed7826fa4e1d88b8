#pragma once
// The decide part of `kubectl berth simulate`: runs the engine on what was read. Pure but for the
// onlooker that the caller hands in.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/simulator/backfill_gain.hpp"
#include "lib/simulator/packing.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::cli {

/// Looks on while a simulation runs.
struct Onlooker {
  /// That this program has used so far.
  std::function<std::chrono::microseconds()> processor_time;
  /// Shows how far it is, in place of what was shown before; may be empty.
  std::function<void(std::string_view)> progress{};
};

/// Seeds `first` to `last`.
struct SeedRange {
  std::uint64_t first = 42;
  std::uint64_t last = 51;
};

struct PackingView {
  std::string strategy{};
  std::int64_t load_percent = 0;
  std::vector<simulator::PackingResult> runs{}; ///< by seed
  /// Over the runs, in percent of the devices.
  double mean = 0;
  double deviation = 0; ///< of the sample; 0 for one run
  double upper_bound = 0;
};
[[nodiscard]] PackingView decide_packing(const simulator::PackingInput& input,
                                         const simulator::PackingOptions& options, SeedRange seeds);

/// What a decision log that is simulated leaves open, in workloads.
struct LogSpan {
  TimePoint begin{};
  TimePoint end{};
  std::size_t ran_before = 0; ///< when the log began: they hold their places, and count for no wait
  /// Ran when it ended: as long as they say of themselves, and until the end of the log.
  std::size_t ends_said = 0;
  std::size_t ends_open = 0;
};

struct ScenarioView {
  simulator::ScenarioRun run{};
  std::size_t workloads = 0;
  std::chrono::microseconds cpu{};               ///< of the run alone, without those of the gain
  std::optional<simulator::BackfillGain> gain{}; ///< not of a log
  std::optional<LogSpan> log{};                  ///< if that is what was simulated
};
[[nodiscard]] ScenarioView decide_scenario(const simulator::Scenario& scenario,
                                           const simulator::RunOptions& options,
                                           const Onlooker& onlooker);

/// 0 for a cluster without devices.
[[nodiscard]] double percent_of(std::int64_t part, std::int64_t whole);

} // namespace berth::cli
