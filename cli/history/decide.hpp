#pragma once
// The decide part of `kubectl berth history`: of all that was granted, taken and refused, what
// somebody asks about, in the order in which it was decided. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/history/observe.hpp"
#include "lib/decision_log/log_reader.hpp"

namespace berth::cli {

struct HistoryFilter {
  std::string namespace_name{};    ///< empty: all
  std::string name{};              ///< of a pod, gang or reservation; empty: all
  std::string quota{};             ///< empty: all
  std::optional<Duration> since{}; ///< before the newest decision that is known
};

struct HistoryRow {
  TimePoint at{};
  std::uint64_t cycle = 0; ///< of the log; 0 where there is none
  decision_log::AuditEntry entry{};

  [[nodiscard]] bool is_reservation() const { return entry.namespace_name.empty(); }
  /// "NAMESPACE/NAME", or "reservation NAME".
  [[nodiscard]] std::string who() const;
};

struct HistoryView {
  std::vector<HistoryRow> rows{};   ///< the oldest first
  std::optional<TimePoint> begin{}; ///< of what was looked at; absent: there was nothing
  std::optional<TimePoint> end{};
};

[[nodiscard]] bool matches(const HistoryFilter& filter, const HistoryRow& row);
/// Rows from `since` before the view's end on.
void keep_since(const HistoryFilter& filter, HistoryView& view);

/// The log may be read with Reading::AuditOnly. A refusal appears when its reason changes, and not
/// where a whole picture tells it again. NotFound if no cycle can be read.
[[nodiscard]] Result<HistoryView> decide_history(decision_log::LogReader& log,
                                                 const HistoryFilter& filter);

/// What a cluster remembers, until `now`. Quotas of work that waits are known only where the work
/// names one itself.
[[nodiscard]] HistoryView decide_history(const ObservedHistory& observed,
                                         const HistoryFilter& filter, TimePoint now);

} // namespace berth::cli
