#pragma once
// What the operator writes to pods: the one write that admits (the record of the decision and the
// gates without ours), and its other annotations, all under the pod's UID and resourceVersion.
// Pure: text from values.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/allocation/admission_record.hpp"
#include "lib/allocation/pod.hpp"
#include "lib/api/rollback_record.hpp"
#include "lib/cluster/pod.hpp"

namespace berth::op {

/// A JSON merge patch. `terms` become the pod's required node affinity (nothing: it stays), which
/// the API server allows while the pod is gated (KEP-3838). The list of gates is written whole,
/// which is safe under the resourceVersion: no gate that another controller added since can be
/// lost.
[[nodiscard]] std::string
admission_patch(const cluster::Pod& pod, const allocation::AdmissionRecord& record,
                const std::optional<std::vector<allocation::NodeSelectorTerm>>& terms);

/// A JSON merge patch of the pod's status that nominates the best planned node.
[[nodiscard]] std::string nomination_patch(const cluster::Pod& pod,
                                           const allocation::AdmissionRecord& record);

/// A JSON merge patch that writes berth.dev/explain. Under the resourceVersion too, or a pod that
/// was admitted meanwhile would say for ever why it waits.
[[nodiscard]] std::string explain_patch(const cluster::Pod& pod, const std::string& text);
/// The same for berth.dev/nominated; null takes the nomination back.
[[nodiscard]] std::string nominated_patch(const cluster::Pod& pod,
                                          const allocation::NominationRecord* record);
/// The same of an AllocationRequest, for all of its units in their order.
[[nodiscard]] std::string
units_nominated_patch(const cluster::Pod& request,
                      std::span<const allocation::NominationRecord> units);
/// The same for berth.dev/revocable-after; nothing withdraws the notice.
[[nodiscard]] std::string notice_patch(const cluster::Pod& pod,
                                       std::optional<TimePoint> revocable_after);
/// The same for berth.dev/rolled-back.
[[nodiscard]] std::string rollback_patch(const cluster::Pod& pod,
                                         const api::RollbackRecord& record);

} // namespace berth::op
