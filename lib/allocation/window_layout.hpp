#pragma once
// WindowLayout: on which nodes the windows of accepted reservations will lie (R1, R3). Older
// promises first, each as it lay before, node by node, as far as those nodes can carry it, and what
// is missing then on these nodes and on the emptiest; a node is taken only if it has room during
// the whole window, beside what can be relied on to be there (work_end.hpp). The cycle lays out all
// windows before it admits anybody, so that what starts now leaves them free; acceptance asks the
// same question (R1).

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/node_calendar.hpp"

namespace berth::allocation {

/// A window with its place; `missing` is what no node has room for.
struct LaidWindow {
  std::shared_ptr<const ReservationSpec> spec{};
  TimeRange window{};
  struct OnNode {
    NodeIndex node = 0;
    std::vector<std::int64_t> amounts{}; ///< by column
    bool is_whole = false;
  };
  std::vector<OnNode> places{};
  ResourceVector missing{};
  std::int32_t nodes_missing = 0;

  [[nodiscard]] bool is_complete() const { return missing.is_nothing() && nodes_missing == 0; }
};

/// Windows of one reservation that are laid out, from now on; later ones are laid when they come
/// nearer.
inline constexpr std::size_t kWindowsLaidMax = 8;

class WindowLayout {
public:
  /// All must outlive it.
  WindowLayout(const ClusterSnapshot& snapshot, const Holds& holds, NodeCalendar& calendar)
      : snapshot_(snapshot), holds_(holds), calendar_(calendar) {}

  /// Where the window would lie; `before`: where it lay, or another window of the reservation.
  /// Promises nothing yet.
  [[nodiscard]] LaidWindow find(std::shared_ptr<const ReservationSpec> spec, TimeRange window,
                                std::span<const ReservedPlace> before);
  /// Speaks for the places in the calendar.
  void promise(const LaidWindow& laid);
  /// Lays out and promises the coming windows of all accepted reservations; the first one of each
  /// reservation comes back, the older reservation first.
  [[nodiscard]] std::vector<LaidWindow> lay_accepted();

  /// When, from `from` on, one of the places is first promised to others as a whole node;
  /// TimePoint::max() for never.
  [[nodiscard]] TimePoint taken_whole_from(std::span<const ReservedPlace> places,
                                           TimePoint from) const;
  /// As a reservation remembers it.
  [[nodiscard]] std::vector<ReservedPlace> places_of(const LaidWindow& laid) const;

private:
  /// What of a window's amounts has no place yet.
  using Wanted = std::vector<std::pair<ColumnIndex, std::int64_t>>;

  void take_whole_nodes(LaidWindow& laid, std::span<const ReservedPlace> before);
  void take_amounts(LaidWindow& laid, std::span<const ReservedPlace> before);
  [[nodiscard]] Wanted wanted_by(LaidWindow& laid) const;
  void take_there(LaidWindow& laid, NodeIndex node, const ResourceVector* most, Wanted& wanted);
  [[nodiscard]] std::optional<NodeIndex> usable(const NodeName& name, const PoolName& pool) const;
  [[nodiscard]] std::vector<NodeIndex> emptiest_first(const LaidWindow& laid);
  [[nodiscard]] std::vector<std::int64_t> free_during(NodeIndex node, const LaidWindow& laid);
  void lay_windows_of(const std::shared_ptr<const ReservationSpec>& spec,
                      std::vector<LaidWindow>& first_ones);

  const ClusterSnapshot& snapshot_;
  const Holds& holds_;
  NodeCalendar& calendar_;
};

} // namespace berth::allocation
