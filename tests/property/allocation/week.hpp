#pragma once
// Week: mixed work on one pool, minute by minute, in a closed loop over decide(): gangs and single
// pods with limits, estimates and neither, two recurring reservations with holders, nodes that
// fail. Faults spare the minutes in which nobody could give notice any more: a node that is lost
// when a window begins is lost to its holders too.

#include <map>
#include <vector>

#include "lib/allocation/start_history.hpp"
#include "lib/base/rng.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/allocation/eviction_bounds.hpp"

namespace berth::allocation::testing {

class Week {
public:
  /// Its quotas take back from each other as `reclaim` says.
  Week(std::uint64_t seed, Reclaim reclaim);
  void minute();
  void report() const;

  int windows = 0;
  int honored = 0;
  int delayed = 0;
  int drift = 0;
  int admitted = 0;
  int backfilled = 0;
  int evicted = 0;
  int lost = 0;
  int told = 0;
  int within = 0;
  std::int64_t promised = 0; ///< millicores of all windows that opened
  EvictionBounds bounds;
  [[nodiscard]] const PreemptionPolicy& preemption() const { return world_.policy.preemption; }

private:
  void end_work();
  void fail_nodes();
  void arrive();
  void carry_out(const Plan& plan);
  void carry_out_nominations(const PreemptionPlan& plan);
  void evict(const PodView& pod);
  void start(const Admission& admission);
  void look_at_windows();
  void look_at_starts(const Plan& plan);
  void audit_ledger();
  void submit(int members, bool holder);
  [[nodiscard]] bool near_window();
  int below(int bound) { return static_cast<int>(rng_.below(static_cast<std::uint64_t>(bound))); }
  void remove(const PodUid& uid) {
    ends_.erase(uid);
    world_.state.remove_pod(uid);
  }

  World world_;
  std::uint64_t seed_;
  Rng rng_{seed_};
  StartHistory history_;
  std::map<PodUid, TimePoint> ends_;
  std::map<WorkloadId, ToldStart> told_;
  std::map<NodeName, TimePoint> down_;
  std::map<ReservationName, TimePoint> seen_;
  std::vector<PodUid> leaving_;
  std::vector<PodView> again_; ///< evicted pods whose controllers make them again
  bool makes_again_ = false;
  int submitted_ = 0;
};

} // namespace berth::allocation::testing
