#pragma once
// The one write that admits a pod: the record of the decision and the gates without ours, under the
// pod's UID and resourceVersion. Pure: text from values.

#include <string>

#include "lib/allocation/admission_record.hpp"
#include "lib/cluster/pod.hpp"

namespace berth::op {

/// A JSON merge patch. With PlacementMode::Candidates it pins the pod to the planned nodes too,
/// which the API server allows while the pod is gated (KEP-3838). The list of gates is written
/// whole, which is safe under the resourceVersion: no gate that another controller added since can
/// be lost.
[[nodiscard]] std::string admission_patch(const cluster::Pod& pod,
                                          const allocation::AdmissionRecord& record);

/// A JSON merge patch of the pod's status that nominates the best planned node.
[[nodiscard]] std::string nomination_patch(const cluster::Pod& pod,
                                           const allocation::AdmissionRecord& record);

/// A JSON merge patch that writes berth.dev/explain under the pod's UID alone.
[[nodiscard]] std::string explain_patch(const cluster::Pod& pod, const std::string& text);

} // namespace berth::op
