#pragma once
// StartSearch: whether all members of one workload have a place on nodes at a later time (B1).
// Asked for one time after the other; only nodes at which something changed in between are looked
// at again, whether time went on or the cycle did. Nodes are taken in their order and not by score:
// then what starts beside a planned workload never changes where that workload would go, and no
// planned start moves. Owned by planned_starts.cpp.

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

class StartSearch {
public:
  StartSearch(WorkloadPlacer& placer, Pods members, const Site& site, TimePoint now);

  /// Something ends or starts there at the next time that is asked about.
  void touch(std::span<const NodeIndex> nodes);
  /// What the members would take of each node, or nothing if they do not all fit. Times must not
  /// go backwards.
  [[nodiscard]] std::optional<std::map<NodeIndex, std::vector<std::int64_t>>>
  place(TimePoint start);

private:
  /// Members that are alike.
  struct Kind {
    const PodShape* shape = nullptr;
    ColumnRequest request{};
    std::int64_t members = 0;
    std::vector<NodeIndex> nodes{};           ///< allowed, ascending
    std::map<NodeIndex, std::int64_t> fits{}; ///< at most so many; only nodes with some
    std::int64_t fits_in_all = 0;
  };
  /// What the cycle changed since the last question.
  void catch_up();
  void sort_promised();
  void look_again(Kind& kind, NodeIndex node, const Viewer& viewer);
  [[nodiscard]] std::int64_t count(const Kind& kind, const NodeRoom& room) const;
  [[nodiscard]] bool put(const Kind& kind, const Viewer& viewer,
                         std::map<NodeIndex, std::vector<std::int64_t>>& rows);

  WorkloadPlacer& placer_;
  WorkEnd end_{};
  TimePoint now_;
  TimePoint start_{};
  std::vector<Kind> kinds_;
  std::vector<NodeIndex> promised_; ///< nodes whose room also shrinks with time; ascending
  std::size_t changes_seen_ = 0;    ///< of the overlay's
  std::vector<NodeIndex> touched_;
  bool is_first_ = true;
  std::vector<std::int64_t> held_;
};

} // namespace berth::allocation
