#pragma once
// The gauges of quotas, pools and reservations: what their statuses in the API say, so that a
// dashboard and kubectl never disagree.

#include "lib/cluster/observer.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::op {

void expose_statuses(cluster::Observer& observer, telemetry::AllocationMetrics& metrics);

/// Apart from the others, since a measurement ages while nothing changes.
void expose_pressure(cluster::Observer& observer, telemetry::AllocationMetrics& metrics,
                     TimePoint now);

} // namespace berth::op
