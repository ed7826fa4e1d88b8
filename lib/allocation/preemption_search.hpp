#pragma once
// search_victims(): which workloads to evict for one preemptor (P1, P2, P7). In three steps: make
// room on nodes, member by member, where that costs the least; take more in the order of the law
// until quota and pool have room; put back all that is not needed, the most valuable first. What
// remains is checked once more under the rule. Nothing is evicted here: the answer is a plan that
// was played through whole, or why there is none.

#include <string_view>
#include <vector>

#include "lib/allocation/preemption_what_if.hpp"

namespace berth::allocation {

enum class SearchOutcome {
  Solved,
  RoomIsComing,  ///< what is being deleted already will do
  NoCandidates,  ///< there is nobody whom the preemptor may take from
  NotEnough,     ///< with all of them gone it would not be admitted
  RatioExceeded, ///< it would evict too much for what it asks (P4)
  WouldDelay,    ///< it would take what earlier work counts on at its planned start (B1)
  TriedBefore,   ///< the same eviction was of no use before (P4)
  LimitReached,  ///< a limit of the search
};
[[nodiscard]] std::string_view to_string(SearchOutcome outcome);

struct SearchResult {
  SearchOutcome outcome = SearchOutcome::NoCandidates;
  std::vector<const Victim*> victims{}; ///< in the order of goes_before()
  std::vector<Claim> claims{};          ///< on each of them
  /// For each member, where it would go; nothing for one that needs no node.
  std::vector<std::optional<NodeIndex>> nodes{};
  std::vector<DeviceList> devices{}; ///< for each member, the devices it would get there
  ResourceVector evicted{};
};

/// Victim workloads of one plan.
inline constexpr std::size_t kPlanVictimsMax = 128;
/// How often one search asks whether the preemptor would be admitted.
inline constexpr std::size_t kSearchTrialsMax = 2048;
/// Members for which room is sought node by node.
inline constexpr std::size_t kSearchMembersMax = 1024;
/// How often a search starts again without victims that the rule refuses in the end (P7).
inline constexpr std::size_t kSearchRepairsMax = 4;

class VictimSearch {
public:
  struct Input {
    const PreemptionCase& sought;
    PreemptionRule& rule;
    RunningWork& work;
    WorkloadPlacer& placer;
    const Headroom& headroom;
    const PreemptionPolicy& policy;
  };
  explicit VictimSearch(const Input& input) : input_(input) {}

  [[nodiscard]] SearchResult run();

  /// Whether exactly these victims are needed and right, for a plan that was made earlier: nothing
  /// if they are not enough or the rule refuses one; else those that are still needed.
  [[nodiscard]] std::optional<SearchResult> confirm(const std::vector<Victim*>& victims);

private:
  void find_candidates();
  [[nodiscard]] SearchOutcome attempt(PreemptionWhatIf& what_if);
  [[nodiscard]] bool make_room_on_nodes(PreemptionWhatIf& what_if);
  struct NodeOffer {
    std::size_t worst = 0; ///< one more than the rank of the most valuable victim; 0: none
    std::size_t count = 0;
    NodeIndex node = 0;
    std::vector<const Victim*> victims{};
  };
  [[nodiscard]] std::optional<NodeOffer>
  cheapest_node(PreemptionWhatIf& what_if, const NodeChanges& nodes, const PodView& member);
  [[nodiscard]] std::optional<NodeOffer> offer_of(PreemptionWhatIf& what_if,
                                                  const NodeChanges& nodes, NodeIndex node,
                                                  const ColumnRequest& request,
                                                  std::size_t worst_max);
  [[nodiscard]] bool goes(PreemptionWhatIf& what_if, NodeOffer& offer, std::size_t rank);
  [[nodiscard]] std::vector<const Victim*> evict_with_surplus(PreemptionWhatIf& what_if,
                                                              const Victim& victim);
  [[nodiscard]] bool leaves_no_rest(const PreemptionWhatIf& what_if) const;
  [[nodiscard]] bool make_room_in_quota(PreemptionWhatIf& what_if);
  void fill_back(PreemptionWhatIf& what_if, std::span<const Victim* const> victims);
  [[nodiscard]] bool can_spare(PreemptionWhatIf& what_if, std::span<const Victim* const> victims);
  [[nodiscard]] std::vector<const Victim*> evicted_in_order(const PreemptionWhatIf& what_if) const;
  [[nodiscard]] bool forget_unlawful(PreemptionWhatIf& what_if);
  [[nodiscard]] bool exceeds_ratio(const ResourceVector& evicted) const;
  void list_by_node();

  Input input_;
  std::vector<const Victim*> candidates_; ///< in the order of goes_before()
  struct OnNode {
    std::size_t rank = 0; ///< among the candidates
    const Victim::Place* place = nullptr;
  };
  std::map<NodeIndex, std::vector<OnNode>> by_node_;
  std::size_t trials_ = 0;
};

} // namespace berth::allocation
