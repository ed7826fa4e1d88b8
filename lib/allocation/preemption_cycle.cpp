#include "lib/allocation/preemption_cycle.hpp"

#include <algorithm>

#include "lib/allocation/nominations.hpp"
#include "lib/allocation/priority.hpp"

namespace berth::allocation {
namespace {

/// Refusals that room could mend.
bool is_about_room(Reason reason) {
  return reason == Reason::InsufficientQuota || reason == Reason::InsufficientCapacity ||
         reason == Reason::ReservedCapacity || reason == Reason::TenantLimited;
}

bool is_started(const Workload& workload) {
  return workload.members_running + workload.members_done >= workload.size_min;
}

PreemptorKey key_of(const Workload& workload) {
  return {workload.id, workload.created};
}

std::vector<EvictionKey> keys_of(std::span<const Victim* const> victims) {
  std::vector<EvictionKey> keys;
  for (const Victim* victim : victims)
    keys.push_back(victim->key());
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// The same nomination stands on all of them.
bool is_written_on(Pods members) {
  return std::all_of(members.begin(), members.end(), [&](const auto& pod) {
    return pod->nomination && pod->nomination->decision == members.front()->nomination->decision;
  });
}

/// As a victim's: by the rules of the pool that is taken from, and without what it gained by
/// waiting (F4), or work that was evicted could take its place back. In no pool: of those who are
/// alike.
std::int64_t priority_in(const PoolName& pool, const Head& head, const QuotaForest& forest) {
  return effective_priority(head.workload->priority,
                            head.quota ? &forest.spec(*head.quota) : nullptr,
                            head.workload->waiting.front()->shape->constraints.rules, pool);
}

EvictionCause cause_of(const Workload& preemptor, Claim claim, const PreemptionCase& sought) {
  const PodView& first = *preemptor.waiting.front();
  return {preemptor.id, {}, claim, sought.total, first.namespace_name + "/" + workload_name(first)};
}

std::vector<NodeHold> without_amounts(std::vector<NodeHold> holds) {
  for (NodeHold& hold : holds)
    std::fill(hold.amounts.begin(), hold.amounts.end(), 0);
  return holds;
}

} // namespace

PreemptionCycle::PreemptionCycle(const CycleInput& input, AdmissionCycle& admission)
    : input_(input), admission_(admission), room_(admission.room()) {
  for (std::size_t i = 0; i < input.holds.nominations.size(); ++i)
    nomination_of_.emplace(input.holds.nominations[i].workload, i);
}

void PreemptionCycle::clear_windows(std::span<const LaidWindow> windows) {
  if (input_.policy.preemption.enabled)
    add(berth::allocation::clear_windows(input_, windows,
                                         [this]() -> RunningWork& { return work(); }));
}

void PreemptionCycle::recall_lent() {
  if (!input_.policy.preemption.enabled)
    return;
  if (const std::vector<Recall> recalls = admission_.recalls(); !recalls.empty())
    add(berth::allocation::recall_lent(input_, recalls, work()));
}

void PreemptionCycle::add(WindowSteps steps) {
  std::move(steps.evictions.begin(), steps.evictions.end(), std::back_inserter(plan_.evictions));
  std::move(steps.warnings.begin(), steps.warnings.end(), std::back_inserter(overruns_));
  plan_.next_due = std::min(plan_.next_due, steps.next);
}

const PreemptionPolicy& PreemptionCycle::policy_in(const PoolName& pool) const {
  return preemption_of(input_.snapshot, input_.policy, pool);
}

RunningWork& PreemptionCycle::work() {
  if (work_ == nullptr)
    work_ = std::make_unique<RunningWork>(RunningWork::Input{
        input_.snapshot, input_.policy, input_.holds, room_.headroom.balance(), input_.now});
  return *work_;
}

void PreemptionCycle::begin_turn(const Head& head) {
  const auto known = nomination_of_.find(head.workload->id);
  if (known == nomination_of_.end())
    return;
  room_.headroom.let_go(known->second);
  room_.planned.let_go(known->second);
  const auto holder = static_cast<std::uint32_t>(kFirstNomination + known->second);
  for (const NodeHold& hold : without_amounts(
           hold_nominated(input_.snapshot, input_.holds.nominations[known->second], holder)))
    room_.placer.overlay().set_hold(hold);
  admission_.begin_turn_of(input_.holds.nominations[known->second]);
}

Waiting PreemptionCycle::make_way(const Head& head, Waiting refused) {
  const auto known = nomination_of_.find(head.workload->id);
  if (known != nomination_of_.end())
    go_on(head, input_.holds.nominations[known->second], refused);
  else if (input_.policy.preemption.enabled && is_about_room(refused.why->reason) &&
           !is_started(*head.workload)) // members above the least take from nobody (G3)
    begin(head, refused);
  return refused;
}

/// The plan stands as long as its victims, or some of them, are needed, enough and rightly taken.
void PreemptionCycle::go_on(const Head& head, const Nomination& nomination, Waiting& waiting) {
  const auto result = confirm(head, nomination);
  if (!result)
    return give_up(head, nomination);
  const std::size_t number = nomination_of_.at(head.workload->id);
  room_.headroom.hold_again(number);
  room_.planned.hold_again(number);
  for (const NodeHold& hold : hold_nominated(input_.snapshot, nomination,
                                             static_cast<std::uint32_t>(kFirstNomination + number)))
    room_.placer.overlay().set_hold(hold);
  waiting.why =
      std::make_shared<const Explanation>(explain_preempting(*waiting.why, result->victims));
}

/// Nothing if the plan is void. Sends on what is due for the victims that are still needed.
std::optional<SearchResult> PreemptionCycle::confirm(const Head& head,
                                                     const Nomination& nomination) {
  const std::vector<Victim*> victims = work().find(nomination.victims);
  const Pods members = members_to_start(*head.workload); // nobody goes for more than those
  const std::vector<Option> options = options_of(*head.workload, members, [&](const PoolName&) {
    return victims_gone_at(input_.snapshot, nomination, input_.now);
  });
  const auto option = std::find_if(options.begin(), options.end(), [&](const Option& candidate) {
    return candidate.site.pool->name == nomination.pool;
  });
  if (victims.empty() || members.empty() || option == options.end())
    return std::nullopt;
  for (Victim* victim : victims) {
    if (victim->goes_in_part && victim->is_refused)
      return std::nullopt;   // P5: the rest of a gang may stay for ever
    work().release(*victim); // for the owner of the claim
    victim->is_spared = false;
    if (victim->goes_in_part)
      work().count_as_leaving(*victim);
  }
  const PreemptionCase sought{members, &*option, total_of(members)};
  PreemptionRule rule = rule_for(head, sought);
  VictimSearch search(
      {sought, rule, work(), room_.placer, room_.headroom, policy_in(nomination.pool)});
  auto result = search.confirm(victims);
  if (result) {
    // A crash may have left the record on some members only; no victim goes before all have it.
    const bool is_whole = is_written_on(members);
    tell(head, sought, *result, is_whole);
    for (const Victim* victim : victims)
      if (victim->goes_in_part && is_whole)
        if (auto step = step_due(*victim, cause_of(*head.workload, Claim::None, sought),
                                 policy_in(nomination.pool), input_.now))
          plan_.evictions.push_back(std::move(*step));
    const auto needed = [&](const Victim* victim) {
      return victim->is_leaving || std::find(result->victims.begin(), result->victims.end(),
                                             victim) != result->victims.end();
    };
    if (!is_whole || !std::all_of(victims.begin(), victims.end(), needed))
      promise(head, sought, *result);
  }
  for (const Victim* victim : victims)
    work().claim(*victim);
  return result;
}

PreemptionRule PreemptionCycle::rule_for(const Head& head, const PreemptionCase& sought) {
  QuotaBalance now = room_.headroom.balance();
  for (const auto& [rank, victim] : work().departing())
    discharge(now, *victim);
  return PreemptionRule(
      *input_.snapshot.quotas, policy_in(sought.option->site.pool->name), std::move(now),
      Preemptor{head.workload->id, sought.option->payer, sought.option->site.pool->name,
                sought.total,
                priority_in(sought.option->site.pool->name, head, *input_.snapshot.quotas)});
}

/// Where victims could make room, and may be evicted: inside a reservation it is the reservation
/// that takes.
std::vector<Option> PreemptionCycle::options_of(const Workload& workload, Pods members,
                                                const StartIn& start) const {
  auto found =
      workload.admission ? room_.options.follow(*workload.admission) : room_.options.find(workload);
  auto* options = std::get_if<std::vector<Option>>(&found);
  if (options == nullptr)
    return {};
  std::erase_if(*options, [this](const Option& option) {
    return option.site.reservation != kNoReservation || !option.reservation.empty() ||
           admission_.held(option) || !policy_in(option.site.pool->name).enabled;
  });
  for (Option& option : *options) { // windows and earlier planned starts are not for it
    Horizon& horizon = option.site.horizon = admission_.horizon_of(members, option);
    const Duration ahead = start(option.site.pool->name) - input_.now;
    horizon.relied_until = TimeRange::lasting(horizon.relied_until, ahead).end;
    horizon.expected_until = TimeRange::lasting(horizon.expected_until, ahead).end;
  }
  return std::move(*options);
}

void PreemptionCycle::begin(const Head& head, Waiting& waiting) {
  if (const auto known = failed_.find(waiting.why);
      known != failed_.end() &&
      priority_in({}, head, *input_.snapshot.quotas) <= known->second.priority) {
    waiting.why = known->second.told;
    return;
  }
  const Pods members = members_to_start(*head.workload);
  SearchOutcome outcome = SearchOutcome::NoCandidates;
  PoolName searched;
  // Notices are written later than they are decided, and the plan must not fail by that.
  const auto start = [&](const PoolName& pool) {
    return input_.now +
           (is_critical(head, pool) ? Duration{} : policy_in(pool).notice + 2 * kEvictionDrain);
  };
  for (const Option& option : options_of(*head.workload, members, start)) {
    if (searches_ >= kSearchesMax)
      return;
    ++searches_;
    const PreemptionCase sought{members, &option, total_of(members)};
    const SearchResult result = search(head, sought);
    if (result.outcome == SearchOutcome::Solved) {
      promise(head, sought, result);
      tell(head, sought, result, false);
      claim(result);
      waiting.why =
          std::make_shared<const Explanation>(explain_preempting(*waiting.why, result.victims));
      return;
    }
    if (outcome == SearchOutcome::NoCandidates) {
      outcome = result.outcome;
      searched = option.site.pool->name;
    }
    if (outcome == SearchOutcome::RoomIsComing)
      break; // what goes by itself comes before what is evicted
  }
  const Explained refusal = waiting.why;
  waiting.why = std::make_shared<const Explanation>(
      explain_no_victims(*refusal, outcome, policy_in(searched)));
  failed_[refusal] = Failed{priority_in({}, head, *input_.snapshot.quotas), waiting.why};
}

/// Of the newest nomination: nobody else may count on what its victims have.
void PreemptionCycle::claim(const SearchResult& result) {
  for (std::size_t i = 0; i < result.victims.size(); ++i) {
    const Victim& victim = *result.victims[i];
    work().claim(victim);
    std::pair borrower{input_.snapshot.quotas->spec(victim.quota).name, victim.pool};
    const bool is_known = std::any_of(
        plan_.nominations.begin(), plan_.nominations.end(), [&](const auto& nomination) {
          return std::find(nomination.reclaimed.begin(), nomination.reclaimed.end(), borrower) !=
                 nomination.reclaimed.end();
        });
    if (result.claims[i] == Claim::Borrowed && !is_known)
      plan_.nominations.back().reclaimed.push_back(std::move(borrower));
  }
}

SearchResult PreemptionCycle::search(const Head& head, const PreemptionCase& sought) {
  PreemptionRule rule = rule_for(head, sought);
  VictimSearch search({sought, rule, work(), room_.placer, room_.headroom,
                       policy_in(sought.option->site.pool->name)});
  SearchResult result = search.run();
  std::size_t pods = 0;
  for (const Victim* victim : result.victims)
    pods += victim->pods.size();
  if (result.outcome == SearchOutcome::Solved && pods > kNominatedVictimsMax)
    result.outcome = SearchOutcome::LimitReached;
  if (result.outcome == SearchOutcome::Solved && would_delay(sought, result))
    result.outcome = SearchOutcome::WouldDelay;
  if (result.outcome == SearchOutcome::Solved &&
      input_.policy.evictions.is_tried(key_of(*head.workload), keys_of(result.victims)))
    result.outcome = SearchOutcome::TriedBefore;
  return result;
}

/// B1, in quotas; on nodes the search saw it.
bool PreemptionCycle::would_delay(const PreemptionCase& sought, const SearchResult& result) const {
  if (room_.planned.is_empty())
    return false;
  std::vector<PlannedStarts::Departure> departures;
  for (const Victim* victim : result.victims)
    for (const auto& pod : victim->pods) {
      const TimePoint end = planned_end(end_of(*pod, input_.now), input_.now);
      departures.push_back({victim->quota, pod->requests(), end});
    }
  return room_.planned.would_delay(*sought.option, sought.total, departures);
}

/// Writes down whose room it will be, and holds it from now on.
void PreemptionCycle::promise(const Head& head, const PreemptionCase& sought,
                              const SearchResult& result) {
  const auto earlier = nomination_of_.find(head.workload->id);
  NominationRecord record;
  record.decision =
      earlier == nomination_of_.end()
          ? admission_.new_decision_id(head.workload->id)
          : input_.holds.nominations[earlier->second].pods.front()->nomination->decision;
  record.quota = input_.snapshot.quotas->spec(sought.option->payer).name;
  record.pool = sought.option->site.pool->name;
  for (const Victim* victim : result.victims)
    for (const auto& pod : victim->pods)
      record.victims.push_back(pod->uid);
  if (earlier != nomination_of_.end()) // those that go already stay with it
    for (const Victim* victim : work().find(input_.holds.nominations[earlier->second].victims))
      if (victim->is_leaving)
        for (const auto& pod : victim->pods)
          record.victims.push_back(pod->uid);
  std::sort(record.victims.begin(), record.victims.end());

  NominationDecision decision{head.workload, {}, sought.total, result.evicted};
  Nomination nomination{head.workload->id, {},           record.quota,
                        record.pool,       sought.total, record.victims};
  for (std::size_t i = 0; i < sought.members.size(); ++i) {
    const std::optional<NodeIndex> node = result.nodes[i];
    record.node = node ? input_.snapshot.nodes->node(*node).view.name : NodeName{};
    record.devices = result.devices[i];
    decision.members.push_back({sought.members[i], record});
    auto nominated = std::make_shared<PodView>(*sought.members[i]);
    nominated->nomination = record;
    nomination.pods.push_back(std::move(nominated));
  }
  plan_.nominations.push_back(std::move(decision));
  if (earlier != nomination_of_.end())
    return; // what it holds already is enough
  const auto number = static_cast<std::uint32_t>(room_.headroom.nominate(nomination));
  for (const NodeHold& hold :
       hold_nominated(input_.snapshot, nomination, kFirstNomination + number))
    room_.placer.overlay().set_hold(hold);
  room_.planned.forget_ends(nomination);
  room_.calendar.nominate(nomination, gone_at(nomination, result));
  room_.planned.note_nominated(nomination);
}

/// As victims_gone_at() will say once they are told.
TimePoint PreemptionCycle::gone_at(const Nomination& nomination, const SearchResult& result) const {
  const Duration notice = policy_in(nomination.pool).notice;
  const bool tells = notice > Duration{} && std::ranges::any_of(result.claims, [](Claim claim) {
                       return claim != Claim::Critical;
                     });
  return std::max(victims_gone_at(input_.snapshot, nomination, input_.now),
                  input_.now + (tells ? notice + kEvictionDrain : Duration{}));
}

/// P2 d: its victims have no notice, but for those that are critical themselves.
bool PreemptionCycle::is_critical(const Head& head, const PoolName& pool) const {
  const PreemptionPolicy& policy = policy_in(pool);
  return policy.critical_priority &&
         priority_in(pool, head, *input_.snapshot.quotas) >= *policy.critical_priority;
}

/// What is due for the victims; before the nomination is written that is a notice at most.
void PreemptionCycle::tell(const Head& head, const PreemptionCase& sought,
                           const SearchResult& result, bool is_written) {
  for (std::size_t i = 0; i < result.victims.size(); ++i) {
    const EvictionCause cause = cause_of(*head.workload, result.claims[i], sought);
    auto step = step_due(*result.victims[i], cause, policy_in(result.victims[i]->pool), input_.now);
    if (!step || (step->step == EvictionStep::Evict && !is_written))
      continue;
    step->quota = input_.snapshot.quotas->spec(result.victims[i]->quota).name;
    plan_.evictions.push_back(std::move(*step));
  }
}

} // namespace berth::allocation
