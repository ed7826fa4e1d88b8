#pragma once
// HoldsLayout: the nodes that open reservations hold, laid one after the other (R3, R4). Where the
// promise lay before comes first, then the emptiest nodes; last what is promised to windows that
// come, where one of the two promises would lack its room. Owned by holds.cpp.

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "lib/allocation/holds.hpp"

namespace berth::allocation {

/// Lays the open reservations onto nodes, one after the other.
class HoldsLayout {
public:
  /// What has to outlive it. `coming`: the next windows of reservations that are not open.
  HoldsLayout(const NodeTable& nodes, const NodeLoads& loads, const HasOthers& has_others,
              std::span<const OpenWindows::Entry> coming);

  void hold_whole_nodes(std::uint32_t index, OpenReservation& open, const ReservationUse& use);
  void hold_amounts(std::uint32_t index, OpenReservation& open, const ResourceVector& amounts,
                    const ReservationUse& use);
  [[nodiscard]] std::vector<NodeHold> take_holds();

private:
  [[nodiscard]] std::span<std::int64_t> free_on(NodeIndex node) {
    const std::size_t width = nodes_.width();
    return {free_.data() + node * width, width};
  }
  [[nodiscard]] bool is_usable(NodeIndex node, const PoolName& pool) const {
    const PooledNode& there = nodes_.node(node);
    return there.pool == pool && there.view.ready && !there.view.unschedulable && !is_whole_[node];
  }
  void note_coming(std::span<const OpenWindows::Entry> coming);
  [[nodiscard]] bool is_promised_before(TimePoint until, NodeIndex node) const;
  [[nodiscard]] std::vector<NodeIndex> in_order(const OpenReservation& open);
  void hold_whole(std::uint32_t index, NodeIndex node, OpenReservation& open);
  /// What of a promise has no place yet.
  using Wanted = std::vector<std::pair<ColumnIndex, std::int64_t>>;
  struct Bounds {
    const ResourceVector* most = nullptr;      ///< no more than that, if there is one
    std::span<const std::int64_t> room_then{}; ///< beside coming windows; empty: there are none
    bool takes_of_all = false; ///< nothing, unless some of everything that is wanted
  };
  struct Search {
    std::uint32_t index;
    const OpenReservation& open;
    const ReservationUse& use;
    Wanted wanted;
    std::map<NodeIndex, NodeHold> held;
    std::vector<NodeIndex> order; ///< once it was asked for

    [[nodiscard]] bool is_over() const {
      return std::ranges::all_of(wanted, [](const auto& part) { return part.second == 0; });
    }
  };
  /// What the node will have for it beside each window that comes while it is open; empty where
  /// none comes.
  [[nodiscard]] std::vector<std::int64_t> room_then(const Search& search, NodeIndex node) const;
  void look_everywhere(Search& search, bool spares_others, bool takes_of_all);
  void hold_there(NodeHold& hold, const Bounds& bounds, Wanted& wanted);

  const NodeTable& nodes_;
  const HasOthers& has_others_;
  std::vector<std::int64_t> free_; ///< rows; never negative
  std::vector<bool> is_whole_;
  std::vector<NodeHold> holds_;
  std::map<NodeIndex, std::vector<std::int64_t>> held_; ///< in parts, by all of them
  /// Where windows that are not open yet will lie.
  struct Coming {
    TimePoint start{};
    std::vector<std::int64_t> amounts{}; ///< by column and device
  };
  std::multimap<NodeIndex, Coming> coming_;
};

} // namespace berth::allocation
