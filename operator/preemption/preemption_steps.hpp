#pragma once
// PreemptionSteps: what a plan says about preemption, sorted by preemptor, so that the steps of one
// follow each other and those of others go on beside them. Pure; the Evictor carries them out.

#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"

namespace berth::op {

/// In the order in which they are carried out.
struct PreemptionSteps {
  /// A workload's id, "Reservation/<name>", "Shed/<victim>" where nobody asks for the room, or
  /// empty for notices that nobody stands behind.
  std::string preemptor{};
  TimePoint decided_at{};
  std::optional<allocation::NominationDecision> nomination{};
  std::vector<allocation::Eviction> notices{};
  std::vector<allocation::Eviction> evictions{};
  std::optional<allocation::NominationEnd> end{};
};

/// In the order in which the plan names the preemptors first.
[[nodiscard]] std::vector<PreemptionSteps> steps_by_preemptor(allocation::PreemptionPlan plan,
                                                              TimePoint decided_at);

} // namespace berth::op
