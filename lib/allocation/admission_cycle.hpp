#pragma once
// AdmissionCycle: one workload after the other against what the ones before it left. The state of
// one decide(): the overlay of nodes, the headroom of quotas, and the explanations given so far.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "lib/allocation/admission_rates.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/headroom.hpp"
#include "lib/allocation/holders_room.hpp"
#include "lib/allocation/namespace_use.hpp"
#include "lib/allocation/node_calendar.hpp"
#include "lib/allocation/options.hpp"
#include "lib/allocation/own_room.hpp"
#include "lib/allocation/placement_mode.hpp"
#include "lib/allocation/planned_starts.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/subject_limits.hpp"
#include "lib/allocation/turn_order.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// The arguments of decide(), the holds that are right for `now`, and what they leave of quotas.
struct CycleInput {
  const ClusterSnapshot& snapshot;
  const Policy& policy;
  const Holds& holds;
  const QuotaBalance& balance;
  TimePoint now;
  std::uint64_t seed;
};

/// The snapshot's own holds, or new ones if a window opened or closed since it was published.
[[nodiscard]] std::shared_ptr<const Holds> current_holds(const ClusterSnapshot& snapshot,
                                                         TimePoint now);

/// The members that are to be admitted together now; empty while the gang is not complete.
[[nodiscard]] Pods members_to_admit(const Workload& workload);
/// The first of them, as many as have to be admitted for the workload to start.
[[nodiscard]] Pods members_to_start(const Workload& workload);

class AdmissionCycle {
public:
  /// `memory` is settled, outlives the cycle, and is written to as it admits.
  AdmissionCycle(CycleInput input, AllocationMemory& memory);

  /// What is left, for preemption to look at and to hold.
  struct Room {
    WorkloadPlacer& placer;
    Headroom& headroom;
    const OptionFinder& options;
    NodeCalendar& calendar;
    PlannedStarts& planned;
  };
  [[nodiscard]] Room room() { return {placer_, headroom_, options_, calendar_, planned_}; }
  /// The turn of the nominee begins: what was kept for it is free (P3).
  void begin_turn_of(const Nomination& nominee) {
    nominee_ = &nominee;
    refused_.clear();
  }

  /// Windows are promised in it before anybody is tried.
  [[nodiscard]] NodeCalendar& calendar() { return calendar_; }
  /// T3: whether nobody is admitted there, whatever there is room for.
  [[nodiscard]] bool held(const Option& option) const;
  /// How long the room must be theirs: inside of a reservation for as long as it is open, since
  /// what they leave goes back to it, there (R3).
  [[nodiscard]] Horizon horizon_of(Pods members, const Option& option) const;
  /// How long the members would stay: for those that are admitted already.
  [[nodiscard]] Horizon own_horizon_of(Pods members, const Option& option) const;

  /// Before everybody's turns: holders keep room inside open reservations that lend (R4).
  void keep_for_holders();
  /// Takes the room of admitted pods whose planned nodes are gone, before anybody else does.
  [[nodiscard]] std::vector<Replanning> find_new_homes();
  /// Admits the workload or keeps the reason for last_refusal().
  [[nodiscard]] std::optional<Admission> try_admit(const Head& head);
  /// B1: when the workload that was refused last will start; its room is spoken for from now on.
  [[nodiscard]] std::optional<TimePoint> plan_start(const Head& head);
  /// What holders lack inside reservations whose capacity is there, and lent (R4).
  [[nodiscard]] std::vector<Recall> recalls();
  [[nodiscard]] DecisionId new_decision_id(const WorkloadId& workload) const;
  /// Why the last try_admit() admitted nothing.
  [[nodiscard]] Waiting last_refusal();
  /// Q6: once everybody had a turn. From now on quotas may pay from their burst budgets.
  void begin_bursts();
  /// Whether begin_bursts() could help the workload, which was refused.
  [[nodiscard]] bool may_burst(const Head& head) const;

  [[nodiscard]] const QuotaBalance& balance() const { return headroom_.balance(); }
  [[nodiscard]] const AdmissionRates& rates() const { return rates_; }

private:
  using Explained = std::shared_ptr<const Explanation>;
  struct Refused {
    Explained why;
    bool has_claimed = false; ///< the next one of its kind may claim, too
    bool is_recalled = false; ///< for the next one of its kind, too
  };
  /// Equal for workloads that fail for the same reason: quota, reservation, subject, shapes.
  using Likeness = std::vector<std::uint64_t>;
  struct LikenessHash {
    std::size_t operator()(const Likeness& likeness) const noexcept;
  };

  [[nodiscard]] std::optional<Admission> refuse(Reason reason, std::string message);
  [[nodiscard]] std::optional<Admission> refuse(Refusal refusal);
  [[nodiscard]] const HeldBack* held_back(const WorkloadId& workload) const;
  [[nodiscard]] std::optional<Refusal> find_limit(const Workload& workload,
                                                  const ResourceVector& total);
  [[nodiscard]] std::optional<Admission> finish_interrupted(const Head& head);
  [[nodiscard]] std::optional<Admission> admit_new(const Head& head);
  [[nodiscard]] Pods as_many_as_fit(const Head& head, const std::vector<Option>& options);
  [[nodiscard]] bool fit(const Head& head, Pods members, const std::vector<Option>& options);
  void set_horizons(const Head& head, Pods members, std::vector<Option>& options) const;
  [[nodiscard]] std::optional<Admission> admit_at_best(const Head& head, Pods members,
                                                       const ResourceVector& total,
                                                       std::vector<Option> options);
  [[nodiscard]] std::variant<PlacedPods, Explanation> try_option(Option& option, Pods members,
                                                                 const ResourceVector& total);
  [[nodiscard]] std::optional<Explanation> stopped(const Option& option, Pods members,
                                                   const ResourceVector& total);
  [[nodiscard]] std::optional<Option> option_inside(const Workload& workload);
  [[nodiscard]] std::optional<Explanation> no_quota(const Option& option,
                                                    const ResourceVector& total) const;
  [[nodiscard]] std::optional<Explanation> not_its_own(const Option& option, Pods members,
                                                       const ResourceVector& total) const;
  void note_want(const Option& option, Pods members);
  [[nodiscard]] bool borrows(const Option& option, const ResourceVector& total) const;
  [[nodiscard]] bool claim_room(Pods members, const std::vector<Option>& options,
                                const ResourceVector& total);
  [[nodiscard]] std::variant<PlacedPods, Explanation> place(Option& option, Pods members,
                                                            const ResourceVector& total);
  [[nodiscard]] std::optional<PlacedPods> find_place(Option& option, Pods members, bool yields);
  [[nodiscard]] bool may_lend(const Option& option, Pods members) const;
  [[nodiscard]] Explanation no_place(const Option& option, Pods members);
  [[nodiscard]] std::optional<TimePoint> lent_until(const PlacedPods& placed, const Site& site);
  [[nodiscard]] std::optional<Explanation> pressed(const Option& option,
                                                   const ResourceVector& total);
  [[nodiscard]] std::optional<Refusal> leave_out_passed_over(const Head& head,
                                                             std::vector<Option>& options) const;
  [[nodiscard]] bool is_paused(const Workload& workload, const Option& option) const;
  void pause_backfill(const Option& option, Pods members, Reason reason);
  [[nodiscard]] Refusal passed_over(const Head& head, const std::vector<Option>& options) const;
  void block_passing(const Head& head, const std::vector<Option>& options);
  [[nodiscard]] Admission admit_there(const Head& head, Pods members, const Option& option,
                                      PlacedPods placed);
  void take(const Option& option, Pods members, PlacedPods placed, bool is_burst);
  [[nodiscard]] std::optional<Explanation> borrowing_back_off(const Option& option,
                                                              const ResourceVector& total) const;
  [[nodiscard]] Likeness likeness_of(const Head& head, Pods members, const Horizon& horizon);
  [[nodiscard]] NodePlan plan_for(const PodView& pod, const PoolName& pool,
                                  std::vector<NodeName> nodes) const;
  [[nodiscard]] const Placement& placement_in(const PoolName& pool) const;
  [[nodiscard]] std::size_t nodes_max(const Site& site) const;
  [[nodiscard]] std::vector<NodeName> names_of(const std::vector<NodeIndex>& nodes) const;

  CycleInput input_;
  AllocationMemory& memory_;
  AdmissionRates rates_;
  SubjectUse subject_use_;
  NamespaceUse namespace_use_;
  NodeCalendar calendar_;
  WorkloadPlacer placer_;
  Headroom headroom_;
  OptionFinder options_;
  PlannedStarts planned_;
  Waiting refusal_;
  const Nomination* nominee_ = nullptr; ///< whose turn came last
  bool bursts_ = false;
  std::set<PoolName> wanted_pools_; ///< where somebody has quota and no place
  std::optional<OwnRoom> own_room_; ///< once somebody within nominal has no room (F4)
  /// StrictFifo: where the first that lacked room waits (F5).
  std::set<std::pair<QuotaIndex, PoolName>> blocked_;
  std::set<PoolName> paused_; ///< the same of pools whose degradation pauses backfill (T3)
  std::unordered_map<QuotaName, std::uint32_t> positions_;
  std::unordered_map<Likeness, Refused, LikenessHash> refused_; ///< looked up, never walked
  /// Who lacked room last, for plan_start().
  struct Unplaced {
    Pods members{};
    std::vector<Option> options{};
    Likeness likeness{};
  };
  std::optional<Unplaced> unplaced_;
  /// None like them has a planned start.
  std::unordered_set<Likeness, LikenessHash> without_start_;
  std::optional<HoldersRoom> holders_room_; ///< if a holder waits for what may be lent
  std::set<WorkloadId> recalled_;           ///< holders that found no room inside
  std::set<WorkloadId> admitted_;
  std::unordered_map<const PodShape*, std::uint64_t> shape_numbers_;
  std::unordered_map<std::string, std::uint64_t> name_numbers_;
  std::map<Horizon, std::uint64_t> horizon_numbers_;
  std::map<std::pair<Reason, std::string>, Explained> plain_refusals_;
};

} // namespace berth::allocation
