#pragma once
// The preempt verb: a veto. It drops the nodes where kube-scheduler's preemption would break what
// Berth has promised or could not help the preemptor, and leaves the others as they came: it never
// adds, removes or recounts victims. Preemption for quota, fairness and reservations is the
// operator's.

#include "lib/allocation/snapshot.hpp"
#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// `snapshot` is null while the caches are cold: a managed preemptor gets no node then. A preemptor
/// of kSystemCriticalPriority that Berth does not manage is not vetoed.
[[nodiscard]] PreemptResult preempt(const PreemptRequest& request,
                                    const allocation::ClusterSnapshot* snapshot);

} // namespace berth::extender
