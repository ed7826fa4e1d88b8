#pragma once
// act_on_replicas(): what is done about the replicas of a workload whose policy says Auto. A change
// stays within minReplicas and maxReplicas, the cooldown, and what the operator has left; it goes
// by what is measured now, and never by a recommendation that only stands. What the analyzer
// changed and what became worse since is taken back, and not tried again for a while. Pure.

#include "analyzer/advise/decide_workload.hpp"
#include "analyzer/advise/lifecycle.hpp"

namespace berth::analyzer {

/// After added replicas were taken back, none is added for the cooldown, but at least this, doubled
/// for each such change of the last hours, up to the other. A Critical need does not wait.
inline constexpr Duration kScaleOutBackOffMin = std::chrono::minutes{5};
inline constexpr Duration kScaleOutBackOffMax = std::chrono::hours{1};
/// So long after a change that somebody else undid nothing is changed.
inline constexpr Duration kOverruledBackOff = std::chrono::hours{1};
/// What could not be taken back is tried again for two cooldowns, but at least so long.
inline constexpr Duration kUndoRetriedForMin = std::chrono::minutes{10};
/// Added replicas of which none works after so long are taken back.
inline constexpr Duration kWorksWithin = std::chrono::minutes{30};
/// A change is judged so soon after that, or after it was verified, and after its cooldown: later
/// other things explain what is seen.
inline constexpr Duration kUndoneWithin = std::chrono::minutes{30};
/// A pod that is younger may yet come to work, as in a roll-out.
inline constexpr Duration kComesToWorkWithin = std::chrono::minutes{10};

struct ReplicasQuestion {
  const WorkloadView& view; ///< verified: with what became of recommendations
  const WorkloadFacts& facts;
  /// The recommendation that what is measured now asks for.
  const std::optional<api::ObjectKey>& wanted;
  bool is_operator_dead = false;
};

/// Puts into the plan the change of the scale, if there is one to make, and into the status of the
/// recommendation that it is made, or why not.
void act_on_replicas(Plan& plan, const ReplicasQuestion& question, TimePoint now);

} // namespace berth::analyzer
