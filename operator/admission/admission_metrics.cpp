#include "operator/admission/admission_metrics.hpp"

namespace berth::op {
namespace {

telemetry::PlacementMode label_of(allocation::PlacementMode mode) {
  switch (mode) {
  case allocation::PlacementMode::Candidates: return telemetry::PlacementMode::Candidates;
  case allocation::PlacementMode::Nominate: return telemetry::PlacementMode::Nominate;
  case allocation::PlacementMode::Extender: break;
  }
  return telemetry::PlacementMode::Extender;
}

} // namespace

void count_admitted(telemetry::AllocationMetrics& metrics, const allocation::Admission& admission,
                    TimePoint now) {
  metrics.admissions(label_of(admission.members.front().record.mode)).add();
  metrics.admission_wait_seconds.observe(
      {admission.members.front().record.quota.str()},
      std::chrono::duration<double>(now - admission.workload->created).count());
}

} // namespace berth::op
