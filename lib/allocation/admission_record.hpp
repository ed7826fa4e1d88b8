#pragma once
// AdmissionRecord: what an admission promises, as the operator writes it into the pod annotation
// berth.dev/admitted before any gate is removed (the intent). It is the only memory of a decision:
// after a restart the ledger is rebuilt from these records. Its JSON codec is lib/api's.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// One admission of one workload; every pod admitted by it carries the same id.
using DecisionId = StrongId<struct DecisionIdTag>;

/// How the planned nodes reach kube-scheduler; see placement_mode.hpp.
enum class PlacementMode {
  Extender,   ///< its filter answers with them
  Candidates, ///< they are pinned in the pod's affinity, in the patch that removes the gate
  Nominate,   ///< the best one is written to status.nominatedNodeName first
};
/// The API strings, in the order of the enumerators.
constexpr std::array<std::string_view, 3> names_of(PlacementMode) {
  return {"Extender", "Candidates", "Nominate"};
}

struct AdmissionRecord {
  DecisionId decision{};
  /// Who is charged (L1). For work inside a reservation: the quota that pays for the reservation.
  QuotaName quota{};
  PoolName pool{};
  /// Where this pod may be bound, best first; the first one that exists is charged until the pod is
  /// bound. Never more than Policy::candidates.
  std::vector<NodeName> planned_nodes{};
  PlacementMode mode = PlacementMode::Extender;
  /// Which devices of the first planned node the pod is charged on; empty if it asks for none.
  std::vector<std::int32_t> devices{};
  /// Empty unless the pod was admitted into a reservation.
  ReservationName reservation{};
  /// The quota had no room for it and paid from its burst budget (Q6).
  bool is_burst = false;
  /// It stands on capacity that is promised to others, lent to it until then at least (R3, R4).
  /// The pod's notice says the same (P6).
  std::optional<TimePoint> lent_until{};
  /// How many pods this decision admits together, and the creation time of the youngest of them.
  /// Written on each pod, they tell the next leader which members a crash left without a record:
  /// those created no later, up to this number, were decided on and are charged (G2, L1).
  std::int32_t members = 1;
  TimePoint youngest_member{};

  /// The rules of the pool's policy that were for the pod, in its order (N1).
  std::vector<std::string> rules{};

  /// Whole seconds, as they are written. A restart counts recent admissions again by it (T1).
  std::optional<TimePoint> admitted_at{};

  friend bool operator==(const AdmissionRecord&, const AdmissionRecord&) = default;
};

} // namespace berth::allocation
