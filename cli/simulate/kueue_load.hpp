#pragma once
// The load of Kueue's scheduler performance test (test/performance/scheduler in
// kubernetes-sigs/kueue): cohorts of queues and the workloads that arrive in them. A cohort becomes
// a Quota without an amount of its own, a queue a Quota below it; there are no nodes in that test,
// so one node has room for everything. Its preemption settings are read and not used.
// tests/fuzz/simulate_kueue feeds it.

#include <string>

#include "lib/base/result.hpp"
#include "lib/simulator/scenario.hpp"

namespace berth::cli {

[[nodiscard]] Result<simulator::Scenario> decode_kueue_load(const std::string& text);

} // namespace berth::cli
