#pragma once
// Holds: on which nodes the capacity of open reservations lies. An accepted reservation whose
// window is open holds what its holders do not use yet where its promise lay before, and else on
// the emptiest nodes of its pool, so that it lies together and a large pod can use it; whole nodes
// are held before amounts. Others see held
// capacity as taken (N1, R4). The same snapshot and time always give the same holds.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "lib/allocation/ledger.hpp"
#include "lib/allocation/node_table.hpp"
#include "lib/allocation/reservation.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

/// The accepted reservations whose windows are open, and until when that stays so.
struct OpenWindows {
  struct Entry {
    std::shared_ptr<const ReservationSpec> spec{};
    TimeRange window{};
  };
  std::vector<Entry> entries{}; ///< sorted by name
  std::vector<Entry> coming{};  ///< the next windows of the others, sorted by name
  TimePoint from{};
  TimePoint until = TimePoint::max(); ///< a window opens or closes then

  [[nodiscard]] bool are_right_for(TimePoint now) const { return from <= now && now < until; }
};

/// `reservations` sorted by name. One that is being deleted holds nothing any more.
[[nodiscard]] OpenWindows
find_open_windows(std::span<const std::shared_ptr<const ReservationSpec>> reservations,
                  TimePoint now);

/// An open reservation and how far it is used.
struct OpenReservation {
  std::shared_ptr<const ReservationSpec> spec{};
  TimeRange window{};
  ResourceVector used{}; ///< by holders
  /// What is promised beyond what holders use; for whole nodes, what is left on them (without the
  /// pod count). The payer is charged for it.
  ResourceVector unfilled{};
  /// What could not be held: the window is not honored in full. Nodes: whole ones that are not
  /// there, or that others stand on.
  ResourceVector missing{};
  std::int32_t nodes_missing = 0;
};

/// What one reservation holds on one node, by column of the NodeTable.
struct NodeHold {
  NodeIndex node = 0;
  std::uint32_t reservation = 0; ///< index into Holds::open, or kFirstNomination and on
  std::vector<std::int64_t> amounts{};
  bool is_whole = false; ///< one of the reservation's whole nodes

  friend bool operator==(const NodeHold&, const NodeHold&) = default;
};

/// Room that evictions make for a workload which waits for it (P3).
struct Nomination {
  WorkloadId workload{};
  std::vector<std::shared_ptr<const PodView>> pods{}; ///< that wait; by UID
  QuotaName quota{};
  PoolName pool{};
  ResourceVector total{};        ///< of the pods
  std::vector<PodUid> victims{}; ///< sorted; those that are gone too
};

/// NodeHold::reservation of Holds::nominations[0]; the others follow.
inline constexpr std::uint32_t kFirstNomination = 0x8000'0000U;

struct Holds {
  std::vector<OpenReservation> open{};   ///< sorted by name
  std::vector<Nomination> nominations{}; ///< sorted by workload
  std::vector<NodeHold> holds{};         ///< sorted by node, then reservation
  /// The same windows are open from `from` until `until`.
  TimePoint from{};
  TimePoint until = TimePoint::max();

  [[nodiscard]] std::span<const NodeHold> on_node(NodeIndex node) const;
  /// nullptr if the reservation is not open.
  [[nodiscard]] const OpenReservation* find(const ReservationName& name) const;
  /// Whether work inside that reservation may use what is held; nobody may for a nomination, whose
  /// owner is not admitted yet.
  [[nodiscard]] bool is_for(const NodeHold& hold, const ReservationName& reservation) const;
};

/// Where the promise of an open reservation lies, held or used: what it remembers (status.places).
/// `open`: of `holds`.
[[nodiscard]] std::vector<ReservedPlace> places_of(const OpenReservation& open, const Holds& holds,
                                                   const NodeTable& nodes,
                                                   const ReservationUse& use);

/// Whether work that is not the reservation's, nor about to go, makes the node less than whole.
using HasOthers = std::function<bool(NodeIndex, const ReservationName&)>;

[[nodiscard]] Holds hold_on_nodes(const OpenWindows& windows, const NodeTable& nodes,
                                  const NodeLoads& loads,
                                  const std::map<ReservationName, ReservationUse>& use,
                                  const HasOthers& has_others);

} // namespace berth::allocation
