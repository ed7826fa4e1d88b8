#pragma once
// AdjustQuota: a quota that lacks nominal amounts most of a day while the pool has some that are
// promised to nobody, or a sibling keeps some that it does not use. Nothing is promised twice: an
// amount is first taken from the sibling, whose recommendation says who lacks it, and is given to
// the other once it is there. So each patch is right by itself, and neither evicts anybody (Q4).
// Pure.

#include <string>
#include <vector>

#include "analyzer/advise/decide.hpp"
#include "analyzer/advise/quota_moves.hpp"

namespace berth::analyzer {

/// What the evidence of an AdjustQuota recommendation calls it: "demand/general/cpu".
[[nodiscard]] inline std::string demand_metric(const PoolName& pool,
                                               const resources::ResourceName& resource) {
  return "demand/" + pool.str() + '/' + std::string(resource.str());
}

struct QuotaFacts {
  std::vector<NominalDemand> demands{};
  Proofs proofs{};
};

/// Between two changes of one quota.
inline constexpr Duration kNominalCooldown = std::chrono::hours{1};

/// One decision for each of `quotas`, in their order; `facts` are in the same.
[[nodiscard]] std::vector<Decision> decide_quotas(const std::vector<QuotaView>& quotas,
                                                  const std::vector<QuotaFacts>& facts,
                                                  const std::vector<PoolView>& pools,
                                                  const DecideContext& context);

} // namespace berth::analyzer
