#pragma once
// smallest_changes(): what would let a waiting workload start (X1): each answer admits it when a
// cycle is decided on the cluster with that change, and admits it no longer with any step left out
// or any amount a little smaller (X2). The search plays cycles on what-ifs that are enough, then
// leaves out and reduces. Those whose turn comes earlier take their part of what a change brings
// first, as they would in the cluster; so more is not always better, and a much smaller amount that
// none of them can use either is not looked for. Pure; for people who ask, not for cycles.

#include <cstdint>
#include <vector>

#include "lib/allocation/change.hpp"
#include "lib/allocation/decision.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// Cycles that are played at most for one workload; what is not found by then is not told.
inline constexpr std::size_t kChangeTrialsMax = 1024;
/// Answers for one workload.
inline constexpr std::size_t kChangesMax = 4;
/// Nodes that an answer adds at most.
inline constexpr std::int32_t kChangeNodesMax = 512;

class ChangeSearch {
public:
  /// `plan` is what was decided on the rest. All must outlive the search.
  struct Input {
    const ClusterSnapshot& snapshot;
    const Policy& policy;
    const Plan& plan;
    TimePoint now;
    std::uint64_t seed = 0;
    std::size_t trials_max = kChangeTrialsMax;
  };
  ChangeSearch(const Input& input, const WorkloadId& workload);

  /// Those with the fewest steps first. None if the workload does not wait, or waits for something
  /// else than room: members, a rate, an end of a back-off; or if room is being made for it.
  [[nodiscard]] std::vector<Change> run();

private:
  struct Trial {
    bool starts = false;
    bool is_preempting = false;
    std::shared_ptr<const Explanation> why{};
    bool displaces_others = false; ///< not all that were admitted are admitted before it
  };

  void keep_who_matters();
  [[nodiscard]] Trial try_steps(const std::vector<Step>& steps);
  [[nodiscard]] Trial play(const ClusterSnapshot& cluster, const std::vector<Step>& steps) const;
  [[nodiscard]] bool admits(const std::vector<Step>& steps) { return try_steps(steps).starts; }
  void search_from(std::vector<Step> steps);
  /// With those played too who were left out; of steps that let it start without them.
  [[nodiscard]] bool starts_among_all(const std::vector<Step>& steps);
  [[nodiscard]] std::vector<Step> remedy_for(const Explanation& why) const;
  [[nodiscard]] std::vector<Step> more_quota(const QuotaShortfall& shortfall) const;
  [[nodiscard]] std::vector<Step> more_nodes() const;
  [[nodiscard]] std::vector<Step> droppable_constraints() const;
  void leave_out_steps(std::vector<Step>& steps);
  void reduce_amounts(std::vector<Step>& steps, bool are_reduced);
  /// Amounts that are tried: first, first + grain, ...
  struct Grid {
    std::int64_t first = 1;
    std::int64_t grain = 1;
  };
  [[nodiscard]] bool guess(std::vector<Step>& steps, std::size_t which, Grid& grid);
  [[nodiscard]] std::vector<std::int64_t> likely_amounts(const Step& step, Grid grid) const;
  [[nodiscard]] std::int64_t members_on(const AddNodes& step) const;
  [[nodiscard]] bool climb(std::vector<Step>& steps, std::size_t which, Grid grid);
  void bisect(std::vector<Step>& steps, std::size_t which, Grid grid);
  [[nodiscard]] std::int64_t lacking_without(std::vector<Step> steps, std::size_t which);
  [[nodiscard]] std::int64_t grain_of(const Step& step) const;
  void search_priority();
  void add(Change change);

  Input input_;
  WorkloadId id_;
  std::shared_ptr<const Workload> workload_; ///< null: it does not wait
  std::shared_ptr<const Explanation> why_;
  ClusterSnapshot relevant_; ///< what trials are played on
  bool is_exact_ = true;     ///< it is the whole cluster
  Pods members_{};
  ResourceVector total_{};  ///< of its members
  ResourceVector rivals_{}; ///< of all others that wait and matter
  std::size_t rival_pods_ = 0;
  struct Ahead {
    ResourceVector amounts{};
    std::int64_t pods = 0;
  };
  Ahead ahead_in_quota_; ///< those of them whose turn comes earlier
  Ahead ahead_in_tree_;
  std::vector<Change> found_;
  std::size_t trials_ = 0;
  std::vector<std::pair<std::vector<Step>, Trial>> tried_; ///< steps come up again
};

} // namespace berth::allocation
