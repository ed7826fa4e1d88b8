#pragma once
// The gauges of quotas, pools and reservations: what their statuses in the API say, so that a
// dashboard and kubectl never disagree.

#include <vector>

#include "lib/cluster/observer.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::op {

void expose_statuses(cluster::Observer& observer, telemetry::AllocationMetrics& metrics);

/// L3: what an audit of the ledger found, which is 0 for each quota and resource where all is well.
void expose_drifts(cluster::Observer& observer, const std::vector<allocation::Drift>& drifts,
                   telemetry::AllocationMetrics& metrics);

/// Apart from the others, since a measurement ages while nothing changes.
void expose_pressure(cluster::Observer& observer, telemetry::AllocationMetrics& metrics,
                     TimePoint now);

} // namespace berth::op
