#pragma once
// The spans that the operator adds to the trace of a pod: how long it was gated, what it waited
// for, the cycle that admitted it, the writes, and as the root of all the whole way from its
// creation to its binding. Where traces are off none of them costs more than a look.

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/allocation/decision.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "operator/leads.hpp"

namespace berth::op {

struct TimeSpan {
  SteadyPoint started{};
  SteadyPoint ended{};
};

/// "gated" and "considered" for each pod that the plan admits; `deciding`: from the snapshot to the
/// plan.
void trace_admissions(const telemetry::Tracer& tracer, const allocation::Plan& plan,
                      const TimeSpan& deciding);

/// "waited": for one reason, as it was told last.
struct WaitedFor {
  Reason reason = Reason::InsufficientQuota;
  std::string_view message{};
  TimeSpan time{};
};
void trace_wait(const telemetry::Tracer& tracer, const allocation::PodView& pod,
                const WaitedFor& waited);

/// "admitted": the write that admits, with all its tries.
void trace_admission_write(const telemetry::Tracer& tracer,
                           const allocation::MemberAdmission& member,
                           telemetry::AdmissionOutcome outcome, const TimeSpan& writing);
/// "nominated": the write before it, where the exact node matters.
void trace_nomination(const telemetry::Tracer& tracer, const allocation::PodView& pod,
                      const allocation::AdmissionRecord& record, const Result<std::string>& written,
                      const TimeSpan& writing);

/// Ends traces: the root of each is sent when its pod is seen to be bound, or gone before that.
/// Listens for as long as the observer lives.
void trace_ends(const telemetry::Tracer& tracer, cluster::Observer& observer, const Clock& clock,
                Leads leads);

} // namespace berth::op
