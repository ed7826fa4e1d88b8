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
#include "lib/allocation/node_calendar.hpp"
#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/node_table.hpp"

namespace berth::allocation {

/// Charges and holds of one node.
struct NodeState {
  std::vector<std::int64_t> charged{}; ///< by column and device
  std::vector<NodeHold> holds{};       ///< sorted by reservation
  /// Pods that a what-if placed here, for the calendar.
  struct Arrival {
    WorkEnd end{};
    NodeCalendar::Arriving pod{};
  };
  std::vector<Arrival> arrivals{};
  std::vector<PodUid> gone{}; ///< pods that a what-if took away: their ends do not come any more

  [[nodiscard]] NodePicture picture() const { return {holds, gone}; }
};

/// Nodes that can be asked for room; `changes()` lists, in order, the nodes that changed since the
/// beginning, so that rankings need to look at those only.
class NodeRooms {
public:
  virtual ~NodeRooms() = default;
  /// `held`: a buffer for what others hold there, now or in the viewer's horizon; the answer may
  /// point into it.
  [[nodiscard]] virtual NodeRoom room(NodeIndex node, const Viewer& viewer,
                                      std::vector<std::int64_t>& held) const = 0;
  /// Whether the reservation holds something there.
  [[nodiscard]] virtual bool is_held_for(NodeIndex node, ReservationIndex reservation) const = 0;
  /// How often the node changed.
  [[nodiscard]] virtual std::uint32_t version(NodeIndex node) const = 0;
  [[nodiscard]] virtual std::span<const NodeIndex> changes() const = 0;
};

class NodeOverlay final : public NodeRooms {
public:
  /// All must outlive the overlay. Without a calendar there is no future.
  NodeOverlay(const NodeTable& table, const NodeLoads& loads, const Holds& holds,
              NodeCalendar* calendar = nullptr);

  [[nodiscard]] NodeRoom room(NodeIndex node, const Viewer& viewer,
                              std::vector<std::int64_t>& held) const override;
  [[nodiscard]] bool is_held_for(NodeIndex node, ReservationIndex reservation) const override;
  [[nodiscard]] std::uint32_t version(NodeIndex node) const override { return versions_[node]; }
  [[nodiscard]] std::span<const NodeIndex> changes() const override { return changes_; }

  [[nodiscard]] const NodeTable& table() const { return *table_; }
  /// A copy for pods that are not really there: what it is told of leaves no trace in the calendar.
  [[nodiscard]] NodeOverlay second_picture() const;
  /// Something changed there that only the calendar knows of.
  void touch(NodeIndex node);
  /// What others than the viewer have there, now and in its horizon.
  [[nodiscard]] std::span<const std::int64_t>
  held_for_others(NodeIndex node, const Viewer& viewer, const NodePicture& picture,
                  std::vector<std::int64_t>& held) const;
  [[nodiscard]] NodeState state(NodeIndex node) const;
  /// Takes over a node as a what-if left it.
  void apply(NodeIndex node, NodeState state);
  /// Speaks for room on the node from a later time on.
  void promise(NodeIndex node, Promise promise);
  /// See NodeCalendar::keep().
  void keep(NodeIndex node, ReservationIndex reservation, std::span<const std::int64_t> amounts,
            int sign);
  /// The room of work that would start at that time; what others will have counts as charged.
  [[nodiscard]] NodeRoom room_from(NodeIndex node, TimePoint start, const Viewer& viewer,
                                   std::vector<std::int64_t>& held) const;
  [[nodiscard]] NodeCalendar* calendar() const { return calendar_; }
  /// What open reservations and nominations hold on the node.
  [[nodiscard]] std::span<const NodeHold> holds_on(NodeIndex node) const;
  /// How often holds changed, after which a node may have more room for some than before: all else
  /// that a cycle does leaves everybody less.
  [[nodiscard]] std::uint32_t hold_changes() const { return hold_changes_; }
  /// What the holder of `hold` holds on its node from now on.
  void set_hold(const NodeHold& hold);
  /// Where something is kept for holders, the reservation holds that much, as far as it holds as
  /// much beyond what is kept on other nodes: `nodes` are those to do so on. How much it holds in
  /// all stays the same, and whole nodes stay held.
  void lay_promise(ReservationIndex reservation, std::span<const NodeIndex> nodes);
  /// The nodes on which the reservation holds something, ascending.
  [[nodiscard]] std::vector<NodeIndex> held_nodes(ReservationIndex reservation) const;

private:
  void set_holds(NodeIndex node, std::vector<NodeHold> holds);

  const NodeTable* table_;
  NodeCalendar* calendar_;
  bool notes_ends_ = true;            ///< of pods that are placed
  std::vector<std::int64_t> charged_; ///< rows
  std::map<NodeIndex, std::vector<NodeHold>> holds_;
  std::vector<std::uint32_t> versions_;
  std::vector<NodeIndex> changes_;
  std::uint32_t hold_changes_ = 0;
};

class NodeChanges final : public NodeRooms {
public:
  explicit NodeChanges(const NodeOverlay& base) : base_(&base) {}

  [[nodiscard]] NodeRoom room(NodeIndex node, const Viewer& viewer,
                              std::vector<std::int64_t>& held) const override;
  [[nodiscard]] bool is_held_for(NodeIndex node, ReservationIndex reservation) const override;
  [[nodiscard]] std::uint32_t version(NodeIndex node) const override;
  [[nodiscard]] std::span<const NodeIndex> changes() const override { return changes_; }

  /// Charges a pod to the node and to these of its devices. What it takes inside a reservation is
  /// held no longer: first where it is placed, then on the reservation's other nodes, from the last
  /// (whole nodes stay held); what is kept there for others inside comes last.
  void place(NodeIndex node, const ColumnRequest& request, const DeviceList& devices,
             const Viewer& viewer);
  /// Takes a pod that runs there off the node, and off these of its devices.
  void remove(NodeIndex node, const ColumnRequest& request, const DeviceList& devices,
              const PodUid& pod);
  /// The node as it would be if these pods were gone too, whatever it charges for them.
  [[nodiscard]] NodeRoom room_without(NodeIndex node, const Viewer& viewer,
                                      std::span<const PodUid> gone,
                                      std::vector<std::int64_t>& held) const;
  /// Writes everything to the base.
  void apply_to(NodeOverlay& base) &&;

private:
  NodeState& changed(NodeIndex node);
  /// Takes `wanted` off what the reservation holds on the node, and then on others.
  void draw_inside(NodeIndex node, ReservationIndex reservation, ColumnIndex first_device,
                   bool spares_kept, std::vector<std::int64_t>& wanted);

  const NodeOverlay* base_;
  std::map<NodeIndex, NodeState> states_;
  std::map<NodeIndex, std::uint32_t> versions_; ///< above the base's
  std::vector<NodeIndex> changes_;
};

} // namespace berth::allocation
