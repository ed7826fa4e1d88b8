#pragma once
// Trial: plays a Story again, with the same arrivals, runtimes and nodes, under the quotas and
// policies that were recorded or under others. It is a simulation around the same decide(): what is
// admitted starts at that moment, evicted work begins anew. Two trials of one story are compared
// with each other, and not with what was recorded, so that only the change makes the difference.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/decision_log/story.hpp"

namespace berth::decision_log {

/// Objects that take the place of recorded ones of the same name, from the beginning on.
struct TrialChanges {
  std::vector<allocation::QuotaSpec> quotas{};
  std::vector<allocation::PolicySpec> policies{};
  std::optional<allocation::Strategy> strategy{}; ///< of all pools

  [[nodiscard]] bool empty() const { return quotas.empty() && policies.empty() && !strategy; }
};

/// Told what happens, at the moment it happens. `work` is a position in Story::work.
struct TrialEvents {
  /// Before anything of that moment.
  std::function<void(TimePoint now)> moment = [](TimePoint) {};
  std::function<void(std::size_t work)> arrived = [](std::size_t) {};
  /// Also of work that ran before, when it arrives, at a time that may be earlier.
  std::function<void(std::size_t work, const allocation::PodView& pod, TimePoint at)> started =
      [](std::size_t, const allocation::PodView&, TimePoint) {};
  std::function<void(std::size_t work, TimePoint now)> ended = [](std::size_t, TimePoint) {};
  std::function<void(std::size_t work, TimePoint now)> evicted = [](std::size_t, TimePoint) {};
  /// After all cycles of the moment.
  std::function<void(const allocation::ClusterSnapshot& snapshot, TimePoint now)> decided =
      [](const allocation::ClusterSnapshot&, TimePoint) {};
};

/// What became of one workload: a gang by its name, or a pod.
struct TrialOutcome {
  std::string quota{}; ///< that admitted it, or that it waits for; may be empty
  TimePoint arrived{};
  /// When the last of its members started for the last time; absent: it waits still.
  std::optional<TimePoint> started{};
  std::size_t evictions = 0; ///< of its members
};

struct TrialResult {
  std::map<std::string, TrialOutcome> workloads{}; ///< by "namespace/name"
  std::size_t evictions = 0;                       ///< of pods
  /// Work that evictions threw away.
  std::int64_t wasted_core_seconds = 0;
  std::size_t cycles = 0;
};

[[nodiscard]] Result<TrialResult> play(const Story& story, const TrialChanges& changes,
                                       const TrialEvents& events = {});

} // namespace berth::decision_log
