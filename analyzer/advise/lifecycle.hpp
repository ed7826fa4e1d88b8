#pragma once
// The life of recommendations: standing (Valid is True), then ended (Valid is False: Expired,
// Superseded or Resolved), then removed. Pure.

#include <optional>
#include <string>
#include <vector>

#include "analyzer/advise/plan.hpp"
#include "analyzer/model/thresholds.hpp"

namespace berth::analyzer {

/// That a change was taken back counts for so long: replicas that were taken away and given back
/// are not taken away again.
inline constexpr Duration kUndoneBackOff = std::chrono::hours{6};

/// What was advised so far about the size of a target, as the recommendations tell it.
[[nodiscard]] AdviceState state_of(const std::vector<RecommendationPtr>& recommendations,
                                   TimePoint now);
/// Not ended yet; one whose status a crash left unwritten stands as well.
[[nodiscard]] bool is_open(const api::ScalingRecommendation& recommendation);
/// The newest one that stands; null if none does.
[[nodiscard]] RecommendationPtr standing(const std::vector<RecommendationPtr>& recommendations,
                                         TimePoint now);

/// Which of the changes that the analyzer made itself count.
struct WhichChanges {
  std::optional<api::RecommendationKind> kind{}; ///< only what carried out one of that kind
  std::optional<api::ObjectKey> but{};           ///< not what carried out that one
  bool counts_undoing = false;                   ///< taking one back is a change as well
};
/// When the analyzer last changed the target, as far as it counts; nothing: never.
[[nodiscard]] std::optional<TimePoint>
last_carried_out(const std::vector<RecommendationPtr>& recommendations,
                 const WhichChanges& which = {});
/// The one that was carried out last; null if none was.
[[nodiscard]] RecommendationPtr
newest_carried_out(const std::vector<RecommendationPtr>& recommendations);

/// Whether anything was done to the target at that time or since: what is noted before it is sent
/// may not have been done.
[[nodiscard]] bool was_sent(const api::ScalingPolicy& policy, TimePoint at);

/// Ends what stands and is not `wanted` any more, and removes what ended long ago, but not what
/// back-off and cooldown go by. `over`: why what stands ends before its time; absent: only its time
/// ends it.
void tend(Plan& plan, const std::vector<RecommendationPtr>& recommendations,
          const std::optional<api::ObjectKey>& wanted, std::optional<Reason> over,
          const AdvisorOptions& options, TimePoint now);

/// `status` with the condition Valid as given.
[[nodiscard]] api::ScalingRecommendationStatus with_valid(api::ScalingRecommendationStatus status,
                                                          api::Condition valid, TimePoint now);

/// `status` with the condition Applied: True, and since `now`, where Applied is the reason itself.
[[nodiscard]] api::ScalingRecommendationStatus with_applied(api::ScalingRecommendationStatus status,
                                                            Reason reason, std::string message,
                                                            TimePoint now);
/// Puts into the plan that the recommendation is applied, or why it is not; nothing where its
/// status says so already.
void say_applied(Plan& plan, const api::ScalingRecommendation& one, Reason reason,
                 std::string message, TimePoint now);

} // namespace berth::analyzer
