#pragma once
// Story: what happened to a cluster from outside while a log was written, apart from what Berth
// decided: which work arrived and how long it ran, which nodes came and went, what was configured.
// It is what trial.hpp plays again under other quotas or policies.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/decision_log/log_reader.hpp"

namespace berth::decision_log {

/// One pod, or one unit of an AllocationRequest, that Berth admits. A pod that was evicted and made
/// again is one story.
struct WorkStory {
  allocation::PodView pod{}; ///< as it was first seen
  TimePoint arrived{};
  /// It held its place already when it was first seen.
  bool ran_before = false;
  /// As it was recorded; absent: never, or the story begins later.
  std::optional<TimePoint> started{};
  /// It ran when the log ended.
  bool is_open = false;
  /// From its start to its end, as it was recorded or else as it says of itself; absent: nobody
  /// knows, or it ran longer than it says when the log ended.
  std::optional<Duration> runtime{};
  /// It went without ever having started.
  std::optional<TimePoint> withdrawn{};
};

/// What changed from outside at one time: everything but the work above.
struct OutsideEvent {
  TimePoint at{};
  std::vector<Change> changes{};
};

struct Story {
  std::vector<OutsideEvent> events{}; ///< one for each cycle of the log
  std::vector<WorkStory> work{};      ///< by arrival
  TimePoint begin{};
  TimePoint end{};
  std::uint64_t seed = 1;
};

/// Takes the cycles of a log in their order.
class StoryTeller {
public:
  void hear(const LoggedCycle& cycle);
  [[nodiscard]] Story tell();

private:
  struct Life {
    WorkStory story{};
    std::string workload{};
    std::optional<TimePoint> started{};
    std::optional<TimePoint> ended{};
    std::optional<TimePoint> evicted_at{};
    bool is_successor = false; ///< of one that was evicted
  };
  void hear_pod(const allocation::PodView& pod, TimePoint now);
  void hear_end(const std::string& uid, TimePoint now);
  void hear_evictions(const LoggedDecision& decision, TimePoint now);
  void join_lives();

  Story story_;
  std::vector<Life> lives_;
  std::map<std::string, std::size_t> living_; ///< by uid
  /// Everything that is known, so that a new picture tells what has gone.
  std::map<std::pair<Kind, std::string>, bool> known_; ///< whether the picture named it
};

} // namespace berth::decision_log
