#pragma once
// Nominations: what is held for preemptors that wait for their victims to go (P3). A victim holds
// its room until it is gone; so a nomination holds, at each place, only what it was promised beyond
// what its victims still have there: charges and holds together never pass what there is (L2), and
// what a victim frees goes to nobody else. Recomputed from the pods at every publication.

#include <span>
#include <vector>

#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// The waiting workloads with a NominationRecord. One whose pods name different decisions is taken
/// as the first says.
[[nodiscard]] std::vector<Nomination> find_nominations(const ClusterSnapshot& snapshot);

/// What the nominees are to have of each node, by column and device.
[[nodiscard]] std::map<NodeIndex, std::vector<std::int64_t>>
nominated_rows(const ClusterSnapshot& snapshot, const Nomination& nomination);

/// A nomination on one node, by column; nothing where its victims still have all of it.
[[nodiscard]] std::vector<NodeHold>
hold_nominated(const ClusterSnapshot& snapshot, const Nomination& nomination, std::uint32_t holder);

/// What open reservations and nominations hold: nominations first, for their victims may be gone
/// already, then reservations around them. Work that an open window lends to takes nothing from
/// its promise: it leaves when a holder wants the room (R4).
[[nodiscard]] Holds hold_capacity(const ClusterSnapshot& snapshot, const OpenWindows& windows);

/// When its victims are gone, by the notices that they have: one that was not told yet may go now.
[[nodiscard]] TimePoint victims_gone_at(const ClusterSnapshot& snapshot,
                                        const Nomination& nomination, TimePoint now);

/// What the victims of a nomination are still charged in its pool.
[[nodiscard]] std::vector<QuotaCharge> victims_still_charged(const ClusterSnapshot& snapshot,
                                                             const Nomination& nomination);

} // namespace berth::allocation
