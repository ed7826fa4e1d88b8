#include "operator/preemption/preemption_steps.hpp"

#include <map>
#include <utility>

namespace berth::op {
namespace {

std::string preemptor_of(const allocation::Eviction& eviction) {
  if (eviction.claim == allocation::Claim::Shed)
    return "Shed/" + eviction.victim.str();
  return eviction.reservation.empty() ? eviction.preemptor.str()
                                      : "Reservation/" + eviction.reservation.str();
}

} // namespace

std::vector<PreemptionSteps> steps_by_preemptor(allocation::PreemptionPlan plan,
                                                TimePoint decided_at) {
  std::vector<PreemptionSteps> all;
  std::map<std::string, std::size_t> index;
  const auto steps_of = [&](const std::string& preemptor) -> PreemptionSteps& {
    const auto [known, fresh] = index.try_emplace(preemptor, all.size());
    if (fresh) {
      all.emplace_back();
      all.back().preemptor = preemptor;
      all.back().decided_at = decided_at;
    }
    return all[known->second];
  };
  for (auto& nomination : plan.nominations)
    steps_of(nomination.workload->id.str()).nomination = std::move(nomination);
  for (auto& eviction : plan.evictions) {
    PreemptionSteps& steps = steps_of(preemptor_of(eviction));
    auto& list =
        eviction.step == allocation::EvictionStep::Notice ? steps.notices : steps.evictions;
    list.push_back(std::move(eviction));
  }
  for (auto& end : plan.ended)
    steps_of(end.workload.str()).end = std::move(end);
  if (!plan.pardons.empty()) {
    allocation::NominationEnd end;
    end.is_fulfilled = true; // nothing failed
    end.spared = std::move(plan.pardons);
    steps_of("").end = std::move(end);
  }
  return all;
}

} // namespace berth::op
