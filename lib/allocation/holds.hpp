#pragma once
// Holds: on which nodes the capacity of open reservations lies. An accepted reservation whose
// window is open holds what its holders do not use yet, on the emptiest nodes of its pool, so that
// it lies together and a large pod can use it; whole nodes are held before amounts. Others see held
// capacity as taken (N1, R4). The same snapshot and time always give the same holds.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lib/allocation/ledger.hpp"
#include "lib/allocation/node_table.hpp"
#include "lib/allocation/reservation.hpp"
#include "lib/base/clock.hpp"

namespace berth::allocation {

/// An accepted reservation whose window is open.
struct OpenReservation {
  std::shared_ptr<const ReservationSpec> spec{};
  TimeRange window{};
  ResourceVector used{};     ///< by holders
  ResourceVector unfilled{}; ///< promised and not used by holders
  ResourceVector missing{};  ///< unfilled and nowhere to be found: the window is missed
};

/// What one reservation holds on one node, by column of the NodeTable.
struct NodeHold {
  NodeIndex node = 0;
  std::uint32_t reservation = 0; ///< index into Holds::open
  std::vector<std::int64_t> amounts{};
};

struct Holds {
  std::vector<OpenReservation> open{}; ///< sorted by name
  std::vector<NodeHold> holds{};       ///< sorted by node, then reservation
  /// The same holds are right from `from` until `until`, when a window opens or closes.
  TimePoint from{};
  TimePoint until = TimePoint::max();

  [[nodiscard]] std::span<const NodeHold> on_node(NodeIndex node) const;
  /// nullptr if the reservation is not open.
  [[nodiscard]] const OpenReservation* find(const ReservationName& name) const;
};

struct HoldInput {
  const NodeTable& nodes;
  const NodeLoads& loads;
  std::span<const std::shared_ptr<const ReservationSpec>> reservations;
  const std::map<ReservationName, ResourceSum>& use;
};
[[nodiscard]] Holds hold_reservations(const HoldInput& input, TimePoint now);

} // namespace berth::allocation
