#pragma once
// `kubectl berth monitor`: pools, quotas, reservations and who waits, looked at again and again. On
// a terminal the picture is drawn over the last one; elsewhere one follows the other.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/queue/decide.hpp"
#include "cli/status/decide.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct MonitorView {
  StatusView status{};
  QueueView queue{};
  /// Why the last look failed; then the rest is of the look before. Empty: it did not.
  std::string stale_why{};
  TimePoint now{};
};

/// Ends after --count pictures, when nobody reads them, or if the very first look fails.
[[nodiscard]] async::Task<Answer> answer_monitor(kube::Client& client, CliOptions options,
                                                 Surroundings around);

/// Narrow: what matters stands in the first 80 columns.
[[nodiscard]] std::string render_monitor(const MonitorView& view, const Paint& paint);
[[nodiscard]] nlohmann::json monitor_json(const MonitorView& view);

/// More who wait are only counted.
inline constexpr std::size_t kMonitorWaitingMax = 15;

} // namespace berth::cli
