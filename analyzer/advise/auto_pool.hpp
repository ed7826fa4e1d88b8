#pragma once
// act_on_pool(): what is done about the number of a pool's nodes where its policy says Auto: its
// provider is asked for more or fewer, one step at a time. It goes by what is measured now and by
// what the provider says now; a step stays within minNodes and maxNodes and the longer of the two
// cooldowns, and the next one waits until the nodes of the last have come or gone, or had their
// time. A pool that was made smaller, and has too little an hour later, gets its nodes back,
// without waiting for a use that asks for more. Nodes that do not come are not taken back and not
// asked for twice: what the provider was asked for stands, and it says why. Nodes are removed and
// drained by the provider. Pure.
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

/// Puts into the plan the change of the pool, if there is one to make, and into the status of the
/// recommendation that it is made, or why not.
void act_on_pool(Plan& plan, const PoolQuestion& question, TimePoint now);

/// The smallest number of the pool's nodes that what is charged to it and promised fits on, taken
/// together and not node by node; nothing where the operator does not say.
[[nodiscard]] std::optional<std::int32_t> nodes_for_charged(const PoolView& view,
                                                            std::int32_t nodes);

} // namespace berth::analyzer
