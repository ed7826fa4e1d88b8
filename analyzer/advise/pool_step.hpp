#pragma once
// Which step of a pool's size may be taken now, and why none: by what is measured now, what the
// provider says now, minNodes and maxNodes, what is charged and promised, and when the last step
// was. Pure.
//
//        asked            came, or gone
//   idle ─────► pending ───────────────► cooling ─────► idle
//                  │ kStepWithin
//                  └──────────► missing: only what goes beyond it is asked for

#include "analyzer/advise/decide.hpp"

namespace berth::analyzer {

/// Nodes have so long to come or to go.
inline constexpr Duration kStepWithin = std::chrono::minutes{30};

struct PoolQuestion {
  const PoolView& view; ///< verified, and with a policy
  const PoolFacts& facts;
  /// The recommendation that what is measured now asks for.
  const std::optional<api::ObjectKey>& wanted;
  bool is_operator_dead = false;
};

/// What to do about one recommendation: another number of nodes, or none and why.
struct StepVerdict {
  std::optional<api::PoolStep> step{};
  Reason reason = Reason::NodesPending;
  std::string message{}; ///< of a step: why it is smaller than what was recommended
};

/// The step that carries the recommendation out. Of those known the last step is looked up.
[[nodiscard]] StepVerdict step_for(const PoolQuestion& question,
                                   const api::ScalingRecommendation& one,
                                   const std::vector<RecommendationPtr>& known, TimePoint now);

/// The step that gives back the nodes that went with what was carried out, by the same cooldown
/// and bounds as any step.
[[nodiscard]] StepVerdict step_back(const PoolQuestion& question, const api::CarriedOut& carried,
                                    const std::vector<RecommendationPtr>& known, TimePoint now);

/// The newest step, though it may not have been sent; null: there was none.
[[nodiscard]] const api::CarriedOut* last_step(const api::ScalingPolicy& policy,
                                               const std::vector<RecommendationPtr>& known);

/// True once the undoing was sent: it is noted before that, as a step is.
[[nodiscard]] bool is_undone(const api::ScalingPolicy& policy, const api::CarriedOut& carried);

/// Of the nodes that the provider was asked for, those that do not work yet.
[[nodiscard]] std::int32_t coming(const PoolProvider& provider);

[[nodiscard]] bool grew(const api::PoolStep& step);

/// "3 nodes".
[[nodiscard]] std::string nodes(std::int32_t number);

/// That the step was asked for then, and how long it has.
[[nodiscard]] std::string pending_words(const api::PoolStep& step, TimePoint at);

} // namespace berth::analyzer
