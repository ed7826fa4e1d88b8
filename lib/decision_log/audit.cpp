#include "lib/decision_log/audit.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "lib/base/timestamp.hpp"

namespace berth::decision_log {
namespace {

using namespace allocation;

/// What the plan before said already.
struct Told {
  std::set<std::string_view> granted{};
  std::set<std::tuple<std::string_view, EvictionStep, std::string_view>> evicted{};
  std::set<std::string_view> stranded{};
  std::map<std::string_view, Reason> reservations{};
  std::unordered_map<std::string_view, Reason> refused{};
};

std::string_view taker_of(const Eviction& eviction) {
  return eviction.reservation.empty() ? eviction.preemptor.str() : eviction.reservation.str();
}

Told told_by(const Plan* plan) {
  Told told;
  if (plan == nullptr)
    return told;
  for (const Admission& admission : plan->admissions)
    told.granted.insert(admission.workload->id.str());
  for (const Eviction& eviction : plan->preemption.evictions)
    told.evicted.emplace(eviction.victim.str(), eviction.step, taker_of(eviction));
  for (const Stranding& stranding : plan->strandings)
    told.stranded.insert(stranding.pod->uid.str());
  for (const ReservationDecision& decision : plan->reservations)
    told.reservations.emplace(decision.reservation->name.str(), decision.reason);
  told.refused.reserve(plan->waiting.size());
  for (const Waiting& waiting : plan->waiting)
    told.refused.emplace(waiting.workload->id.str(), waiting.why->reason);
  return told;
}

AuditEntry entry_of(AuditVerb verb, const PodView& pod) {
  AuditEntry entry;
  entry.verb = verb;
  entry.workload = workload_id(pod).str();
  entry.namespace_name = pod.namespace_name;
  entry.name = allocation::workload_name(pod);
  return entry;
}

void append(std::string& sentence, const std::string& part) {
  sentence += (sentence.empty() ? "" : "; ") + part;
}

/// "team-a held 4 of 10 cpu": before the amounts were charged, of what is asked for.
std::string standing_text(const QuotaBalance& balance, const QuotaForest& quotas,
                          const AuditEntry& entry) {
  const auto quota = quotas.find(QuotaName{entry.quota});
  if (!quota)
    return {};
  std::string text;
  for (const QuotaStanding& standing : balance.standing(*quota))
    if (standing.pool.str() == entry.pool && entry.amounts.contains(standing.resource))
      text += (text.empty() ? entry.quota + " held " : std::string(", ")) +
              resources::format_amount(standing.resource, standing.used) + " of " +
              resources::format_amount(standing.resource, standing.nominal) + " " +
              std::string(standing.resource.str());
  return text;
}

void note_grants(const Cycle& cycle, const Told& told, std::vector<AuditEntry>& entries) {
  if (cycle.plan->admissions.empty())
    return;
  const QuotaForest& quotas = *cycle.snapshot->quotas;
  QuotaBalance balance = balance_of(*cycle.snapshot);
  for (const Admission& admission : cycle.plan->admissions) {
    AuditEntry entry = entry_of(AuditVerb::Grant, *admission.members.front().pod);
    const AdmissionRecord& record = admission.members.front().record;
    entry.quota = record.quota.str();
    entry.pool = record.pool.str();
    for (const MemberAdmission& member : admission.members) {
      entry.amounts += member.pod->requests();
      if (!member.record.planned_nodes.empty())
        entry.nodes.push_back(member.record.planned_nodes.front().str());
    }
    append(entry.why, standing_text(balance, quotas, entry));
    if (const auto quota = quotas.find(record.quota))
      balance.charge(*quota, record.pool, entry.amounts);
    if (told.granted.contains(admission.workload->id.str()))
      continue;
    if (record.is_burst)
      append(entry.why, "paid from the burst budget");
    if (record.lent_until)
      append(entry.why, "lent until " + format_time(*record.lent_until));
    if (admission.completes_earlier)
      append(entry.why, "follows an earlier admission of the workload");
    if (!record.reservation.empty())
      entry.by = "reservation " + record.reservation.str();
    entry.rules = record.rules;
    entry.waited = std::max(cycle.now - admission.workload->created, Duration{});
    entries.push_back(std::move(entry));
  }
}

void note_evictions(const Cycle& cycle, const Told& told, std::vector<AuditEntry>& entries) {
  for (const Eviction& eviction : cycle.plan->preemption.evictions) {
    if (eviction.pods.empty() ||
        told.evicted.contains({eviction.victim.str(), eviction.step, taker_of(eviction)}))
      continue;
    const bool is_notice = eviction.step == EvictionStep::Notice;
    AuditEntry entry =
        entry_of(is_notice ? AuditVerb::Notice : AuditVerb::Take, *eviction.pods.front());
    entry.quota = eviction.quota.str();
    entry.pool = eviction.pool.str();
    entry.amounts = eviction.amounts;
    entry.reason = eviction.reason;
    entry.why = eviction.message;
    if (!eviction.reservation.empty())
      entry.by = "reservation " + eviction.reservation.str();
    else if (!eviction.preemptor.empty())
      entry.by = name_of(*cycle.snapshot, eviction.preemptor);
    entries.push_back(std::move(entry));
  }
  for (const Stranding& stranding : cycle.plan->strandings) {
    if (told.stranded.contains(stranding.pod->uid.str()))
      continue;
    AuditEntry entry = entry_of(AuditVerb::Take, *stranding.pod);
    if (stranding.pod->admission) {
      entry.quota = stranding.pod->admission->quota.str();
      entry.pool = stranding.pod->admission->pool.str();
    }
    entry.amounts = stranding.pod->requests();
    entry.reason = Reason::CandidatesLost;
    for (const Rejection& rejection : stranding.candidates)
      append(entry.why, rejection.node.str() + ": " + to_string(rejection));
    entries.push_back(std::move(entry));
  }
}

void note_rollbacks(const Cycle& cycle, std::vector<AuditEntry>& entries) {
  for (const RolledBackGang& gang : cycle.rolled_back) {
    AuditEntry entry = entry_of(AuditVerb::Take, *gang.members.front());
    for (const auto& member : gang.members) {
      entry.amounts += member->requests();
      if (member->is_bound())
        entry.nodes.push_back(member->node.str());
      if (!member->admission)
        continue;
      entry.quota = member->admission->quota.str();
      entry.pool = member->admission->pool.str();
    }
    entry.reason = Reason::GangTimedOut;
    entry.why = gang.why;
    entries.push_back(std::move(entry));
  }
}

void note_reservations(const Cycle& cycle, const Told& told, std::vector<AuditEntry>& entries) {
  for (const ReservationDecision& decision : cycle.plan->reservations) {
    const auto known = told.reservations.find(decision.reservation->name.str());
    if (known != told.reservations.end() && known->second == decision.reason)
      continue;
    AuditEntry entry;
    entry.verb = decision.accepted ? AuditVerb::Grant : AuditVerb::Refuse;
    entry.name = decision.reservation->name.str();
    entry.quota = decision.reservation->payer.str();
    entry.pool = decision.reservation->pool.str();
    entry.amounts = decision.reservation->amounts;
    for (const ReservedPlace& place : decision.places)
      entry.nodes.push_back(place.node.str());
    entry.reason = decision.reason;
    entry.why = decision.message;
    entry.waited = std::max(cycle.now - decision.reservation->created, Duration{});
    entries.push_back(std::move(entry));
  }
}

void note_refusals(const Cycle& cycle, const Told& told, std::vector<AuditEntry>& entries) {
  for (const Waiting& waiting : cycle.plan->waiting) {
    const Workload& workload = *waiting.workload;
    const auto known = told.refused.find(workload.id.str());
    const bool is_told = known != told.refused.end() && known->second == waiting.why->reason;
    if (is_told || workload.waiting.empty())
      continue;
    AuditEntry entry = entry_of(AuditVerb::Refuse, *workload.waiting.front());
    entry.quota = workload.quota.quota.str();
    if (waiting.why->quota)
      entry.pool = waiting.why->quota->pool.str();
    else if (waiting.why->pool)
      entry.pool = waiting.why->pool->pool.str();
    entry.amounts = total_of(workload.waiting);
    entry.reason = waiting.why->reason;
    entry.why = waiting.why->message;
    entry.waited = std::max(cycle.now - workload.created, Duration{});
    entries.push_back(std::move(entry));
  }
}

} // namespace

std::vector<AuditEntry> AuditBook::note(const Cycle& cycle) {
  const Told told = told_by(last_.get());
  std::vector<AuditEntry> entries;
  note_grants(cycle, told, entries);
  note_evictions(cycle, told, entries);
  note_rollbacks(cycle, entries);
  note_reservations(cycle, told, entries);
  note_refusals(cycle, told, entries);
  last_ = cycle.plan;
  return entries;
}

} // namespace berth::decision_log
