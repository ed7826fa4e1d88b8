#pragma once
// What the containers of a workload should ask for. Memory follows the busiest pod and the most it
// ever needed, what it was killed at included, since too little is a kill; cpu follows what
// nineteen in twenty of its busy steps stay below. Raised when it is too little, lowered only where
// a day is known and a quarter can be saved, since each change replaces all pods. What a start
// needs raises nothing, but is not cut off either; nor are bursts by a limit that moves with its
// request. Pure.

#include <optional>
#include <string>
#include <vector>

#include "analyzer/model/foresight.hpp"
#include "analyzer/sources/workloads.hpp"
#include "lib/api/scaling_policy.hpp"

namespace berth::analyzer {

/// One resource of one container, as measured on the busiest pod, in base units.
struct ContainerDemand {
  std::string container{};
  resources::ResourceName resource{""};
  Foresight foresight{};
  double trust = 1;
  double peak = 0;      ///< of all that is kept: memory the highest step, cpu p95 of the steps
  double highest = 0;   ///< of all samples that are kept
  double startup = 0;   ///< the most that any pod used while it started
  double killed_at = 0; ///< the highest limit at which one was killed; 0: none
  /// One was lately, at a limit that the workload still has.
  bool killed_now = false;
  Duration known_for{};
  std::size_t samples = 0;
};

/// What may be asked for.
struct ResizeBounds {
  /// Of what all containers of a replica may ask for; what is not listed is not changed. Empty: all
  /// may be.
  std::vector<api::ScalingRange> ranges{};
  resources::ResourceVector largest_node{}; ///< no replica can ask for more than a node has
  double buffer_percent = 35;
};

/// One request that should be another.
struct RequestChange {
  std::size_t container = 0; ///< index in the workload
  resources::ResourceName resource{""};
  resources::Amount request{};
  std::optional<resources::Amount> limit{}; ///< where the limit must move with it
  /// What it rests on: an index into the demands.
  std::size_t demand = 0;
  double peak_percent = 0; ///< of the request as it is; 100 where there is none
  bool raises = true;

  friend bool operator==(const RequestChange&, const RequestChange&) = default;
};

inline constexpr Duration kRaiseNeeds = std::chrono::minutes{15};
inline constexpr Duration kLowerNeeds = std::chrono::hours{24};
/// A request is raised if it should be so much more, lowered if so much less.
inline constexpr double kRaiseFromPart = 1.1;
inline constexpr double kLowerFromPart = 0.75;
/// So long after a kill it is the first thing to be said.
inline constexpr Duration kKilledLately = std::chrono::hours{1};
/// After a kill a fifth more than the limit that it happened at is tried, however often.
inline constexpr double kAfterKillPart = 1.2;

/// Says on which demand each change rests, where that leads to, and puts the most pressing first.
/// False where there is no demand for one of them.
[[nodiscard]] bool weigh(std::vector<RequestChange>& changes, const Workload& workload,
                         const std::vector<ContainerDemand>& demands);

/// The most pressing first.
[[nodiscard]] std::vector<RequestChange> resize(const Workload& workload,
                                                const std::vector<ContainerDemand>& demands,
                                                const ResizeBounds& bounds);

/// The JSON patch of the workload's pod template; each step names the container that it means.
[[nodiscard]] std::string resize_patch(const Workload& workload,
                                       const std::vector<RequestChange>& changes);

/// Whether the workload asks for what the patch says; nothing for a patch that cannot be read.
[[nodiscard]] std::optional<bool> is_resized(const Workload& workload, const std::string& patch);

/// The requests that the patch asks for, and the limits that go with them, not weighed; none where
/// it cannot be read or is of other containers.
[[nodiscard]] std::vector<RequestChange> changes_in(const Workload& workload,
                                                    const std::string& patch);

/// What the patch would change of the workload as it is now, weighed by `demands`, in the order of
/// resize(): what can be said of a patch that stands. Nothing where it cannot be read, is of other
/// containers, or asks for something of which no demand is known.
[[nodiscard]] std::optional<std::vector<RequestChange>>
changes_of(const Workload& workload, const std::string& patch,
           const std::vector<ContainerDemand>& demands);

/// Whether both ask for nearly the same, so that `standing` may stand.
[[nodiscard]] bool is_close(const std::vector<RequestChange>& standing,
                            const std::vector<RequestChange>& wanted);

/// Whether `standing` does no harm where `wanted` is known to be better: it lowers nothing that
/// should not be lowered so far, and raises nothing that should be lowered.
[[nodiscard]] bool still_helps(const std::vector<RequestChange>& standing,
                               const std::vector<RequestChange>& wanted);

} // namespace berth::analyzer
