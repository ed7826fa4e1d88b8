#pragma once
// act_on_pool(): what is done about the number of a pool's nodes where its policy says Auto: its
// provider is asked for more or fewer, one step at a time. A step stays within minNodes and
// maxNodes and the longer of the two cooldowns, and the next one waits until the nodes of the last
// have come or gone, or had their time (pool_step.hpp). A pool that was made smaller, and has too
// little an hour later, gets its nodes back, without waiting for a use that asks for more. Nodes
// that do not come are not taken back and not asked for twice: what the provider was asked for
// stands, and it says why. Nodes are removed and drained by the provider. Pure.

#include "analyzer/advise/pool_step.hpp"

namespace berth::analyzer {

/// Puts into the plan the change of the pool, if there is one to make, and into the status of the
/// recommendation that it is made, or why not.
void act_on_pool(Plan& plan, const PoolQuestion& question, TimePoint now);

} // namespace berth::analyzer
