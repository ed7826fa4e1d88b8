#include "lib/allocation/eviction_plan.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

std::string name_of(const Victim& victim) {
  const PodView& pod = *victim.pods.front();
  return pod.namespace_name + "/" + workload_name(pod);
}

std::string_view right_text(Claim claim) {
  switch (claim) {
  case Claim::SameQuota: return "has a higher priority in the same quota";
  case Claim::Borrowed: return "takes back what its quota has lent";
  case Claim::Critical: return "is critical";
  case Claim::Reserved: return "was promised this capacity";
  case Claim::Shed:
  case Claim::None: break;
  }
  return "is entitled to the room";
}

std::string message_of(const Eviction& eviction, const EvictionCause& cause) {
  const std::string who =
      cause.reservation.empty() ? cause.name : "Reservation " + cause.reservation.str();
  return who + ", which needs " + to_string(cause.requested) + ", " +
         std::string(right_text(cause.claim)) + "; this workload holds " +
         to_string(eviction.amounts);
}

} // namespace

std::optional<Eviction> step_due(const Victim& victim, const EvictionCause& cause,
                                 const PreemptionPolicy& policy, TimePoint now) {
  Eviction eviction;
  // What is shed has a grace (Q6), and hears of it whatever the policy says.
  const bool gives_notice =
      !cause.is_emergency && (cause.claim == Claim::Shed ||
                              (policy.notice > Duration{} && cause.claim != Claim::Critical));
  // The rest of a gang that goes in part goes without a notice of its own if the gang was told; of
  // one that lost a member by itself nobody was.
  const bool was_told =
      victim.goes_in_part && std::ranges::any_of(victim.pods, [](const auto& pod) {
        return pod->revocable_after.has_value();
      });
  const bool is_told_now =
      gives_notice && (!victim.goes_in_part || (cause.claim == Claim::Shed && !was_told));
  for (const auto& pod : victim.pods) {
    if (pod->terminating)
      continue;
    eviction.revocable_after =
        std::max(eviction.revocable_after, pod->revocable_after.value_or(TimePoint{}));
    if (is_told_now && !pod->revocable_after)
      eviction.pods.push_back(pod);
  }
  if (!eviction.pods.empty()) {
    eviction.step = EvictionStep::Notice;
    eviction.revocable_after = std::max(eviction.revocable_after, now + policy.notice);
  } else {
    if (gives_notice && eviction.revocable_after > now)
      return std::nullopt;
    eviction.step = EvictionStep::Evict;
    if (cause.is_emergency)
      eviction.revocable_after = {};
    std::copy_if(victim.pods.begin(), victim.pods.end(), std::back_inserter(eviction.pods),
                 [](const auto& pod) { return !pod->terminating; });
    if (eviction.pods.empty())
      return std::nullopt;
  }
  eviction.victim = victim.workload;
  eviction.pool = victim.pool;
  eviction.amounts = victim.total;
  eviction.preemptor = cause.preemptor;
  eviction.reservation = cause.reservation;
  eviction.claim = cause.claim;
  eviction.message = message_of(eviction, cause);
  return eviction;
}

std::string names_of(std::span<const Victim* const> victims) {
  std::string names;
  for (const Victim* victim : victims.first(std::min(victims.size(), kVictimsToldMax)))
    names += (names.empty() ? "" : ", ") + name_of(*victim);
  if (victims.size() > kVictimsToldMax)
    names += " and " + std::to_string(victims.size() - kVictimsToldMax) + " more";
  return names;
}

Explanation explain_preempting(const Explanation& refusal, std::span<const Victim* const> victims) {
  Explanation explanation = refusal;
  explanation.reason = Reason::Preempting;
  explanation.message += victims.empty() ? std::string("; waits for its victims to be gone")
                                         : "; evicts " + names_of(victims);
  for (const Victim* victim : victims)
    explanation.victims.push_back(victim->workload);
  return explanation;
}

Explanation explain_no_victims(const Explanation& refusal, SearchOutcome outcome,
                               const PreemptionPolicy& policy) {
  Explanation explanation = refusal;
  switch (outcome) {
  case SearchOutcome::Solved:
  case SearchOutcome::NoCandidates: break;
  case SearchOutcome::RoomIsComing:
    explanation.message += "; what is being deleted leaves room enough";
    break;
  case SearchOutcome::NotEnough:
    explanation.message += "; all that it may evict would not be enough";
    break;
  case SearchOutcome::RatioExceeded:
    explanation.message += "; it would have to evict more than " +
                           std::to_string(policy.max_eviction_ratio_percent) +
                           " % of what it asks for";
    break;
  case SearchOutcome::WouldDelay:
    explanation.message += "; work that comes before it counts on what it could evict";
    break;
  case SearchOutcome::TriedBefore:
    explanation.message += "; evicting the same work was of no use before";
    break;
  case SearchOutcome::LimitReached:
    explanation.message += "; no set of victims was found within the limits of the search";
    break;
  }
  return explanation;
}

} // namespace berth::allocation
