#pragma once
// PreemptionWhatIf: the cluster without some victims, as a preemptor would find it: would it be
// admitted there, in its quota, its pool and on nodes (P1)? It works on copies, and starts from a
// cluster in which all is gone that goes by itself.

#include <map>
#include <optional>
#include <vector>

#include "lib/allocation/headroom.hpp"
#include "lib/allocation/preemption_rule.hpp"
#include "lib/allocation/running_work.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// A preemptor at one of the places where it may go.
struct PreemptionCase {
  Pods members{};
  const Option* option = nullptr; ///< outside of reservations
  ResourceVector total{};
};

class PreemptionWhatIf {
public:
  /// All outlive it; `placer` and `headroom` do not change but for their caches.
  PreemptionWhatIf(PreemptionCase sought, WorkloadPlacer& placer, const Headroom& headroom,
                   const RunningWork& work);

  void evict(const Victim& victim);
  void put_back(const Victim& victim);
  [[nodiscard]] bool is_evicted(const Victim& victim) const { return evicted_.contains(&victim); }
  [[nodiscard]] std::size_t evicted() const { return evicted_.size(); }

  /// The resource that the quota or the pool is short of; nothing if both have room.
  [[nodiscard]] std::optional<ResourceName> short_of() const;
  /// Places for all members, if quota and pool have room too.
  [[nodiscard]] std::optional<PlacedPods> admit();
  [[nodiscard]] bool admits() { return admit().has_value(); }
  /// The nodes as they are without the victims.
  [[nodiscard]] NodeChanges nodes() const;

  [[nodiscard]] PreemptionRule::Aftermath aftermath() { return {headroom_.balance(), theirs_}; }

private:
  PreemptionCase sought_;
  WorkloadPlacer& placer_;
  Headroom headroom_;
  QuotaBalance theirs_;
  NodeChanges base_;
  /// Of its charge, what is beyond Q2 in either balance.
  struct Beyond {
    ResourceVector ours{};
    ResourceVector theirs{};
  };
  std::map<const Victim*, Beyond> evicted_;
};

} // namespace berth::allocation
