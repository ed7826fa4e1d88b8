#pragma once
// What window_evictions.hpp wants to know of a workload before it asks it to go.

#include <vector>

#include "lib/allocation/policy.hpp"
#include "lib/allocation/reservation.hpp"
#include "lib/allocation/running_work.hpp"

namespace berth::allocation {

/// Whether all of it has its notice, or goes already (P6).
[[nodiscard]] bool was_told(const Victim& victim);
/// Whether some of it was let inside that reservation.
[[nodiscard]] bool is_holder_of(const Victim& victim, const ReservationSpec& spec);
/// B2: whether a promise may ask the pod to go: what may be evicted at all, and what said a limit
/// and passed it. Holders of an open window stand on their own capacity.
[[nodiscard]] bool may_be_asked(const PodView& pod, const Holds& holds, TimePoint now);
/// Whether any of what is missing is freed; the number of pods is no amount that anybody lacks.
[[nodiscard]] bool helps(const ResourceVector& freed, const ResourceVector& missing);

/// Takes what the victim has on the node off what the node lacks.
void give_back(const Victim& victim, NodeIndex node, std::vector<std::int64_t>& lacks);
/// Whether any of what the node lacks is the victim's.
[[nodiscard]] bool relieves(const Victim& victim, NodeIndex node,
                            const std::vector<std::int64_t>& lacks);
/// P4: what goes against what was asked for; amounts that nobody asked for do not count.
[[nodiscard]] bool is_within(const ResourceVector& evicted, const ResourceVector& wanted,
                             const PreemptionPolicy& bounds);

/// What it leaves on nodes that reservations can use.
[[nodiscard]] ResourceVector freed_by(const Victim& victim, const NodeTable& table);
/// Victims enough to cover what is missing, none of which could be left out; as far as it goes.
[[nodiscard]] std::vector<Victim*> choose(const std::vector<Victim*>& candidates,
                                          ResourceVector missing, const NodeTable& nodes);

} // namespace berth::allocation
