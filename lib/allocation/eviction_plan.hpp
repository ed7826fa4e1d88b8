#pragma once
// The steps and sentences of a preemption: what is due for a victim now (P6), and what people are
// told (X1). Shared by preemption for workloads and for reservations; decides no victim.

#include <span>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/preemption_search.hpp"

namespace berth::allocation {

/// Victims that a sentence names.
inline constexpr std::size_t kVictimsToldMax = 4;

/// For whom, and by which right.
struct EvictionCause {
  WorkloadId preemptor{};
  ReservationName reservation{};
  Claim claim = Claim::None;
  ResourceVector requested{};
  std::string name{};        ///< of the preemptor, for people
  bool is_emergency = false; ///< no notice, nor the rest of one that runs
};

/// The step that is due for the victim: nothing while its notice runs. Work of the critical
/// priority gives no notice (P6: an emergency).
[[nodiscard]] std::optional<Eviction> step_due(const Victim& victim, const EvictionCause& cause,
                                               const PreemptionPolicy& policy, TimePoint now);

/// "team-b/train, team-b/eval and 3 more".
[[nodiscard]] std::string names_of(std::span<const Victim* const> victims);
/// The refusal, and that room is being made for it.
[[nodiscard]] Explanation explain_preempting(const Explanation& refusal,
                                             std::span<const Victim* const> victims);
/// The refusal, and why evictions would not help; the refusal itself where that says nothing.
[[nodiscard]] Explanation explain_no_victims(const Explanation& refusal, SearchOutcome outcome,
                                             const PreemptionPolicy& policy);

} // namespace berth::allocation
