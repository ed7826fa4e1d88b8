#pragma once
// PreemptionRule: who may take from whom (P2), for one preemptor:
//   (a) in its own quota: work of strictly lower priority;
//   (b) in other quotas: work of borrowers, if the preemptor's side stays within its nominal;
//   (d) anywhere: work below the critical priority, if the preemptor has it.
// For (b) let `a` be the lowest quota above both. A resource is contested with quota y if y and
// each quota between y and `a` hold more of it than nominal. The victim must have some of a
// contested resource; with all victims gone none of those quotas may have less than nominal of it;
// and with the preemptor in, the quota just below `a` on its side may borrow nothing of what it
// asks for. The rule speaks of a whole set of victims, so it can be asked again after minimisation
// (P7), and the same set is right or wrong in whatever order it was found.

#include <map>
#include <span>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/running_work.hpp"

namespace berth::allocation {

struct Preemptor {
  WorkloadId workload{};
  QuotaIndex quota = 0;
  PoolName pool{};
  ResourceVector charged{}; ///< what its quota would be charged
  std::int64_t priority = 0;
};

class PreemptionRule {
public:
  /// `now`: before the preemptor's victims go, but without what goes anyway. The forest
  /// and the policy outlive the rule.
  PreemptionRule(const QuotaForest& forest, const PreemptionPolicy& policy, QuotaBalance now,
                 Preemptor preemptor);

  [[nodiscard]] const Preemptor& preemptor() const { return preemptor_; }
  /// Whether there could be a claim on any work of that quota.
  [[nodiscard]] bool may_take_from(QuotaIndex quota);
  /// The right that the preemptor could have, whatever else is evicted.
  [[nodiscard]] Claim claim_on(const Victim& victim);
  /// What is left once all victims are gone and the preemptor is not in yet, for each side in the
  /// way that is worse for the preemptor: `ours` with all that was promised to others taken,
  /// `theirs` with all that was promised away gone.
  struct Aftermath {
    QuotaBalance& ours; ///< the same again when a question returns
    const QuotaBalance& theirs;
  };
  /// Whether a victim with a claim is rightly taken.
  [[nodiscard]] bool allows(const Victim& victim, Aftermath after);

private:
  /// Between another quota and the preemptor's.
  struct Relation {
    std::vector<QuotaIndex> their_side{}; ///< the other quota and all above it, below `a`
    QuotaIndex our_side = 0;
    bool is_above_us = false; ///< the other quota is `a` itself
    std::vector<ResourceName> contested{};
  };
  [[nodiscard]] bool is_critical() const;
  [[nodiscard]] const Relation& relation_to(QuotaIndex other);
  [[nodiscard]] Amount left(const QuotaBalance& balance, const Relation& relation, QuotaIndex quota,
                            const ResourceName& resource) const;
  [[nodiscard]] bool keeps_nominal(const Victim& victim, const QuotaBalance& all_gone);
  [[nodiscard]] bool is_entitled(const Relation& relation, QuotaBalance& all_gone) const;

  const QuotaForest& forest_;
  const PreemptionPolicy& policy_;
  QuotaBalance now_;
  Preemptor preemptor_;
  std::vector<QuotaIndex> our_path_; ///< the preemptor's quota and all above it
  std::map<QuotaIndex, Relation> relations_;
};

} // namespace berth::allocation
