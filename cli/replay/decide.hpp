#pragma once
// The decide part of `kubectl berth replay`: what the cycles of a log came to, and how two trials
// of it differ.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/decision_log/log_reader.hpp"
#include "lib/decision_log/trial.hpp"

namespace berth::cli {

/// The cycles of a log by their numbers, both included.
struct CycleRange {
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX;

  [[nodiscard]] bool contains(std::uint64_t cycle) const { return from <= cycle && cycle <= to; }
};

/// The first cycle that did not come out as it was recorded.
struct Disagreement {
  std::uint64_t cycle = 0;
  TimePoint at{};
  std::string what{};
};

struct ReplayView {
  std::size_t cycles = 0; ///< that were compared
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  TimePoint begin{};
  TimePoint end{};
  std::size_t admitted = 0;
  std::size_t evicted = 0;
  std::optional<Disagreement> disagreement{};
  std::string last_digest{}; ///< of the last decision
};

/// Invalid if no cycle of the range can be read. Ends with the first disagreement.
[[nodiscard]] Result<ReplayView> decide_replay(decision_log::LogReader& log, CycleRange range);

enum class Shift { Same, Sooner, Later, Starts, Never, Waits };
[[nodiscard]] std::string_view to_string(Shift shift);

/// One workload in both trials. Absent waits: it had not started when the log ended.
struct ShiftRow {
  std::string workload{};
  std::string quota{};
  std::optional<Duration> before{};
  std::optional<Duration> after{};
  Shift shift = Shift::Same;
};

struct TrialGroup {
  std::size_t arrived = 0;
  std::size_t started = 0;
  Duration mean{}; ///< wait of those that started
  Duration longest{};
};
/// The workloads of one quota.
struct GroupRow {
  std::string quota{};
  TrialGroup before{};
  TrialGroup after{};
};

struct ComparisonView {
  TimePoint begin{};
  TimePoint end{};
  std::vector<ShiftRow> workloads{}; ///< by name
  std::vector<GroupRow> quotas{};    ///< by name
  decision_log::TrialResult before{};
  decision_log::TrialResult after{};
};

/// Invalid if no cycle of the range can be read.
[[nodiscard]] Result<ComparisonView> decide_comparison(decision_log::LogReader& log,
                                                       CycleRange range,
                                                       const decision_log::TrialChanges& changes);

} // namespace berth::cli
