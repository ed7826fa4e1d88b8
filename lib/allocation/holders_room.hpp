#pragma once
// HoldersRoom: what open reservations do not lend because holders wait for it (R4). Each holder
// that could be admitted but for nodes keeps one place inside its reservation, from before anybody
// has a turn: the promise is laid there, guests are not let onto it, nor are other holders, and at
// its turn it goes there first. The rest of the window may be lent. What a holder lacks on its
// place is recalled from those that stand there, and is not lent again while they go (P3).
// AdmissionCycle owns one.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "lib/allocation/holders_search.hpp"

namespace berth::allocation {

/// Room that a node lacks for holders of one reservation.
struct Recall {
  ReservationIndex reservation = kNoReservation;
  NodeIndex node = 0;
  std::vector<std::int64_t> lacks{}; ///< by column and device; not positive: enough is there
};

class HoldersRoom {
public:
  using Places = std::map<WorkloadId, HoldersPlace>;

  /// Keeps all the places. `overlay`: of the cycle; must outlive it.
  HoldersRoom(NodeOverlay& overlay, Places places);

  /// Holders that keep room in one cycle; those behind them keep theirs when these have gone.
  static constexpr std::size_t kHoldersMax = 64;
  /// Holders that are asked whether anything but nodes keeps them, in the order of their turns.
  static constexpr std::size_t kAskedMax = 2048;
  /// Kinds of holders that may find no place: each costs a look at every node.
  static constexpr std::size_t kLooksInVainMax = 16;

  /// What is kept for the workload is free for it, until the next one's turn.
  void begin_turn(const WorkloadId& workload);
  /// The nodes that the members of the workload whose turn it is have there; empty: none.
  [[nodiscard]] std::span<const NodeIndex> own_nodes(ReservationIndex reservation) const;
  /// Whether something is kept for it, and nobody stands in the way there.
  [[nodiscard]] bool is_own_free() const;
  /// The workload whose turn it is was admitted. False if nothing was kept for it.
  bool release();
  /// Nobody's turn.
  void end_turn();
  /// What the cluster, as the cycle leaves it, lacks for these.
  [[nodiscard]] std::vector<Recall> lacking(const std::set<WorkloadId>& holders) const;

private:
  void change_calendar(const HoldersPlace& place, int sign);

  NodeOverlay& overlay_;
  Places kept_;
  Places::node_type turn_; ///< of the workload whose turn it is
};

} // namespace berth::allocation
