#pragma once
// HoldersRoom: what open reservations do not lend because holders wait for it (R4). Each holder
// that could be admitted but for nodes keeps one place inside its reservation: where it would go
// now, or else where it would go if nobody stood on loan there. The rest of the window may be lent.
// What a holder lacks on its place is recalled from those that stand there, and is not lent again
// while they go (P3). AdmissionCycle owns one.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// Room that a node lacks for holders of one reservation.
struct Recall {
  ReservationIndex reservation = kNoReservation;
  NodeIndex node = 0;
  std::vector<std::int64_t> lacks{}; ///< by column and device; not positive: enough is there
};

class HoldersRoom {
public:
  /// `overlay`: of the cycle, whose calendar is told what is kept. All must outlive it.
  HoldersRoom(const ClusterSnapshot& snapshot, NodeOverlay& overlay, TimePoint now);

  /// Holders that keep room in one cycle; those behind them keep theirs when these have gone.
  static constexpr std::size_t kHoldersMax = 64;
  /// Holders that are tried for it, in the order of their turns: one without a place costs a look
  /// at every node.
  static constexpr std::size_t kTriedMax = 256;
  [[nodiscard]] bool is_full() const { return kept_.size() >= kHoldersMax; }

  /// `site`: inside a reservation. Nothing is kept for members that would not all have a place.
  void keep(const WorkloadId& workload, Pods members, const Site& site);
  /// It was admitted. False if nothing was kept for it.
  bool release(const WorkloadId& workload);
  /// What the cluster, as the cycle leaves it, lacks for these.
  [[nodiscard]] std::vector<Recall> lacking(const std::set<WorkloadId>& holders) const;

private:
  struct Kept {
    ReservationIndex reservation = kNoReservation;
    std::map<NodeIndex, std::vector<std::int64_t>> rows{};
  };
  void change_calendar(const Kept& kept, int sign);

  NodeOverlay& overlay_;
  WorkloadPlacer placer_;      ///< with the holders before, as they would go
  NodeChanges without_guests_; ///< the same, on top of it
  std::map<WorkloadId, Kept> kept_;
};

} // namespace berth::allocation
