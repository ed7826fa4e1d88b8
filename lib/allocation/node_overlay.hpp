#pragma once
// What the nodes would look like: NodeOverlay is a snapshot's nodes as a cycle fills them,
// NodeChanges is a what-if on top of it for one workload, taken over whole or thrown away (G1).
// Nothing is ever undone.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "lib/allocation/holds.hpp"
#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/node_table.hpp"

namespace berth::allocation {

/// Index into Holds::open, or kNoReservation.
using ReservationIndex = std::uint32_t;
inline constexpr ReservationIndex kNoReservation = static_cast<ReservationIndex>(-1);

/// Charges and holds of one node.
struct NodeState {
  std::vector<std::int64_t> charged{}; ///< by column and device
  std::vector<NodeHold> holds{};       ///< sorted by reservation
};

/// Nodes that can be asked for room; `changes()` lists, in order, the nodes that changed since the
/// beginning, so that rankings need to look at those only.
class NodeRooms {
public:
  virtual ~NodeRooms() = default;
  /// `held`: a buffer for what others hold there; the answer may point into it.
  [[nodiscard]] virtual NodeRoom room(NodeIndex node, ReservationIndex reservation,
                                      std::vector<std::int64_t>& held) const = 0;
  /// Whether the reservation holds something there.
  [[nodiscard]] virtual bool is_held_for(NodeIndex node, ReservationIndex reservation) const = 0;
  /// How often the node changed.
  [[nodiscard]] virtual std::uint32_t version(NodeIndex node) const = 0;
  [[nodiscard]] virtual std::span<const NodeIndex> changes() const = 0;
};

class NodeOverlay final : public NodeRooms {
public:
  /// Both must outlive the overlay.
  NodeOverlay(const NodeTable& table, const NodeLoads& loads, const Holds& holds);

  [[nodiscard]] NodeRoom room(NodeIndex node, ReservationIndex reservation,
                              std::vector<std::int64_t>& held) const override;
  [[nodiscard]] bool is_held_for(NodeIndex node, ReservationIndex reservation) const override;
  [[nodiscard]] std::uint32_t version(NodeIndex node) const override { return versions_[node]; }
  [[nodiscard]] std::span<const NodeIndex> changes() const override { return changes_; }

  [[nodiscard]] const NodeTable& table() const { return *table_; }
  [[nodiscard]] NodeState state(NodeIndex node) const;
  /// Takes over a node as a what-if left it.
  void apply(NodeIndex node, NodeState state);
  /// The nodes on which the reservation holds something, ascending.
  [[nodiscard]] std::vector<NodeIndex> held_nodes(ReservationIndex reservation) const;

private:
  const NodeTable* table_;
  std::vector<std::int64_t> charged_; ///< rows
  std::map<NodeIndex, std::vector<NodeHold>> holds_;
  std::vector<std::uint32_t> versions_;
  std::vector<NodeIndex> changes_;
};

class NodeChanges final : public NodeRooms {
public:
  explicit NodeChanges(const NodeOverlay& base) : base_(&base) {}

  [[nodiscard]] NodeRoom room(NodeIndex node, ReservationIndex reservation,
                              std::vector<std::int64_t>& held) const override;
  [[nodiscard]] bool is_held_for(NodeIndex node, ReservationIndex reservation) const override;
  [[nodiscard]] std::uint32_t version(NodeIndex node) const override;
  [[nodiscard]] std::span<const NodeIndex> changes() const override { return changes_; }

  /// Charges a pod to the node and to these of its devices. What it takes inside a reservation is
  /// held no longer: first where it is placed, then on the reservation's other nodes, from the last
  /// (whole nodes stay held).
  void place(NodeIndex node, const ColumnRequest& request, const DeviceList& devices,
             ReservationIndex reservation);
  /// Writes everything to the base.
  void apply_to(NodeOverlay& base) &&;

private:
  NodeState& changed(NodeIndex node);

  const NodeOverlay* base_;
  std::map<NodeIndex, NodeState> states_;
  std::map<NodeIndex, std::uint32_t> versions_; ///< above the base's
  std::vector<NodeIndex> changes_;
};

} // namespace berth::allocation
