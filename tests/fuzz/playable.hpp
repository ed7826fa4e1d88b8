#pragma once
// What a scenario that a decoder let through must be, so that the simulation of it ends.

#include "lib/base/ensure.hpp"
#include "lib/base/result.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::fuzz {

/// Nothing to say of a refusal.
inline void ensure_playable(const Result<simulator::Scenario>& scenario) {
  if (!scenario)
    return;
  ensure(scenario->pools.size() == 1, "a scenario has one pool");
  std::int64_t workloads = 0;
  for (const simulator::WorkloadSet& set : scenario->workloads) {
    ensure(set.runtime > Duration{} && set.count > 0 && set.members > 0, "a set of nothing");
    ensure(set.first >= Duration{} && set.every >= Duration{}, "an arrival before the begin");
    workloads += set.count;
  }
  ensure(workloads <= simulator::kWorkloadsMax, "more workloads than are simulated");
  ensure(std::ssize(scenario->nodes) <= simulator::kNodesMax, "more nodes than are simulated");
}

} // namespace berth::fuzz
