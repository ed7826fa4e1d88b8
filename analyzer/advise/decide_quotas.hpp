#pragma once
// AdjustQuota: a quota that lacks nominal amounts most of a day while the pool has some that are
// promised to nobody, or a sibling keeps some that it does not use. Nothing is promised twice: an
// amount is first taken from the sibling, whose recommendation says who lacks it, and is given to
// the other once it is there. So each patch is right by itself, and neither evicts anybody (Q4).
// Pure.

#include <string>
#include <vector>

#include "analyzer/advise/decide.hpp"
#include "analyzer/advise/nominal_patch.hpp"

namespace berth::analyzer {

/// What was asked for of one nominal amount: held and waited for together, in base units.
struct NominalDemand {
  PoolName pool{};
  resources::ResourceName resource{""};
  double usual = 0; ///< half of the last day it was more
  double low = 0;   ///< four fifths of the last day it was more
  double peak = 0;  ///< of all that is kept, and of what is foreseen
  Duration known_for{};
  double coverage = 0; ///< of the last day, 0..1
  Foresight foresight{};
};

/// What the evidence of an AdjustQuota recommendation calls it: "demand/general/cpu".
[[nodiscard]] inline std::string demand_metric(const PoolName& pool,
                                               const resources::ResourceName& resource) {
  return "demand/" + pool.str() + '/' + std::string(resource.str());
}

struct QuotaFacts {
  std::vector<NominalDemand> demands{};
  Proofs proofs{};
};

/// A day must be known, and measured so far.
inline constexpr Duration kNominalNeeds = std::chrono::hours{24};
inline constexpr double kNominalCoverageMin = 0.8;
/// What a quota keeps free above the most that it ever asked for, before any is taken from it.
inline constexpr double kNominalBuffer = 0.35;
/// Less of the nominal amount than this is not worth a change.
inline constexpr double kNominalChangeMin = 0.1;
/// Between two changes of one quota.
inline constexpr Duration kNominalCooldown = std::chrono::hours{1};

/// One decision for each of `quotas`, in their order; `facts` are in the same.
[[nodiscard]] std::vector<Decision> decide_quotas(const std::vector<QuotaView>& quotas,
                                                  const std::vector<QuotaFacts>& facts,
                                                  const std::vector<PoolView>& pools,
                                                  const DecideContext& context);

} // namespace berth::analyzer
