#pragma once
// PreemptionCycle: preemption as one part of a decide(). For each workload whose turn has come and
// that was not admitted it goes on with the plan that was made for it earlier, or makes one: the
// nomination first, the notices with it, the evictions once it is written and the notices have
// passed. It sends nothing. Room that it promises is held from then on, in this cycle and in later
// ones.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/eviction_plan.hpp"
#include "lib/allocation/preemption_search.hpp"
#include "lib/allocation/window_evictions.hpp"

namespace berth::allocation {

/// Workloads for which one cycle searches victims; others get their turn in later cycles.
inline constexpr std::size_t kSearchesMax = 32;

class PreemptionCycle {
public:
  /// Both outlive it. `admission` fills the room that preemption looks at and holds.
  PreemptionCycle(const CycleInput& input, AdmissionCycle& admission);

  /// Before all turns: what the coming windows need, and who is at the end of one (R3, R4).
  void clear_windows(std::span<const LaidWindow> windows);
  /// After all turns: what holders want back of what is lent (R4).
  void recall_lent();
  /// Holders that run on after their window.
  [[nodiscard]] std::vector<OverrunWarning> overruns() const { return overruns_; }
  /// Before all turns: what has to give way whoever asks (T3, Q4, Q6), whole workloads, told first
  /// like other victims. In the order in which they give way.
  [[nodiscard]] std::vector<Shedding> shed(AllocationMemory& memory);
  /// Before the workload is tried: what is nominated to it is free for it.
  void begin_turn(const Head& head);
  /// It was not admitted: goes on with its preemption, or begins one; what it waits for now.
  [[nodiscard]] Waiting make_way(const Head& head, Waiting refused);
  /// After all turns.
  [[nodiscard]] PreemptionPlan finish();

private:
  using Explained = std::shared_ptr<const Explanation>;

  [[nodiscard]] const PreemptionPolicy& policy_in(const PoolName& pool) const;
  [[nodiscard]] TimePoint gone_at(const Nomination& nomination, const SearchResult& result) const;
  [[nodiscard]] bool is_critical(const Head& head, const PoolName& pool) const;
  [[nodiscard]] RunningWork& work();
  [[nodiscard]] PreemptionRule rule_for(const Head& head, const PreemptionCase& sought);
  /// `start`: when it could start in that pool, with its victims gone.
  using StartIn = std::function<TimePoint(const PoolName&)>;
  [[nodiscard]] std::vector<Option> options_of(const Workload& workload, Pods members,
                                               const StartIn& start) const;
  void go_on(const Head& head, const Nomination& nomination, Waiting& waiting);
  [[nodiscard]] std::optional<SearchResult> confirm(const Head& head, const Nomination& nomination);
  void begin(const Head& head, Waiting& waiting);
  [[nodiscard]] SearchResult search(const Head& head, const PreemptionCase& sought);
  [[nodiscard]] bool would_delay(const PreemptionCase& sought, const SearchResult& result) const;
  void promise(const Head& head, const PreemptionCase& sought, const SearchResult& result);
  void tell(const Head& head, const PreemptionCase& sought, const SearchResult& result,
            bool is_written);
  void claim(const SearchResult& result);
  void give_up(const Head& head, const Nomination& nomination);
  void clear_fulfilled();
  void keep_notices_of_claimed();
  void look_after_notices();
  void add(WindowSteps steps);
  void shed_one(const Shedding& shedding, Victim& victim);

  const CycleInput& input_;
  AdmissionCycle& admission_;
  AdmissionCycle::Room room_;
  std::map<WorkloadId, std::size_t> nomination_of_; ///< into Holds::nominations
  std::unique_ptr<RunningWork> work_;
  /// Refusals for which a search failed, up to which priority, and what is told instead; alike
  /// workloads share their refusal. Looked up, never walked.
  struct Failed {
    std::int64_t priority = 0;
    Explained told{};
  };
  std::map<Explained, Failed> failed_;
  std::size_t searches_ = 0;
  std::vector<OverrunWarning> overruns_;
  PreemptionPlan plan_;
};

} // namespace berth::allocation
