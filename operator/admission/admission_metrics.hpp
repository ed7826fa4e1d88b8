#pragma once
// Counts admissions of pods and of requests once they are written.

#include "lib/allocation/decision.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::op {

/// A workload whose every write took effect at `now`.
void count_admitted(telemetry::AllocationMetrics& metrics, const allocation::Admission& admission,
                    TimePoint now);

} // namespace berth::op
