#pragma once
// HoldersSearch: where the holders that wait would go inside their open reservations, one after the
// other: where there is room now, or else where there would be if those on loan whom it could
// recall were gone. It looks at a picture of its own and keeps nothing; HoldersRoom does.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// The place of one holder.
struct HoldersPlace {
  Viewer viewer{};                ///< inside its reservation
  std::vector<NodeIndex> nodes{}; ///< for each member; kNoNode if it needs none
  std::map<NodeIndex, std::vector<std::int64_t>> rows{}; ///< what they take, by column and device
};

class HoldersSearch {
public:
  struct Input {
    const ClusterSnapshot& snapshot;
    const Policy& policy; ///< whom nobody may recall now
    const Holds& holds;
    TimePoint now;
  };
  /// `overlay`: the cycle's nodes as they are now. All must outlive it.
  HoldersSearch(const Input& input, const NodeOverlay& overlay);

  /// `site`: inside a reservation. Nothing if they would not all have a place; else those after
  /// them do not find it any more.
  [[nodiscard]] std::optional<HoldersPlace> find(Pods members, const Site& site);
  /// How often all nodes were looked at in vain. Who is like one that found nothing is not looked
  /// at: room becomes less, but where another reservation's promise follows its holder to another
  /// node, which the next cycle sees.
  [[nodiscard]] std::size_t looks_in_vain() const { return hopeless_.size(); }

private:
  struct Likeness {
    ReservationIndex reservation = kNoReservation;
    Horizon horizon{};
    std::vector<const PodShape*> shapes{};
    friend auto operator<=>(const Likeness&, const Likeness&) = default;
  };
  [[nodiscard]] std::optional<PlacedPods> look(Pods members, const Site& site);

  WorkloadPlacer placer_;      ///< with the holders before, as they would go
  NodeChanges without_guests_; ///< the same, on top of it
  bool has_guests_;
  std::set<Likeness> hopeless_; ///< looked up, never walked
};

} // namespace berth::allocation
