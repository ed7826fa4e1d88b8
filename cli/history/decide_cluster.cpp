// What a cluster remembers, as the rows that a log would give.

#include <algorithm>
#include <map>
#include <tuple>

#include "cli/history/decide.hpp"
#include "lib/allocation/workload.hpp"
#include "lib/base/reason.hpp"

namespace berth::cli {
namespace {

using decision_log::AuditEntry;
using decision_log::AuditVerb;
using PodPtr = std::shared_ptr<const cluster::Pod>;

void name_subject(const allocation::PodView& pod, AuditEntry& entry) {
  entry.workload = allocation::workload_id(pod).str();
  entry.namespace_name = pod.namespace_name;
  entry.name = allocation::workload_name(pod);
  if (pod.admission) {
    entry.quota = pod.admission->quota.str();
    entry.pool = pod.admission->pool.str();
  } else {
    entry.quota = pod.quota_hint.str();
  }
}

/// One row for each decision, whose pods all carry its record.
void add_grants(const std::vector<PodPtr>& pods, std::vector<HistoryRow>& rows) {
  std::map<std::pair<std::string, std::string>, HistoryRow> grants;
  for (const PodPtr& known : pods) {
    const allocation::PodView& pod = known->view;
    if (!pod.admission || !pod.admission->admitted_at)
      continue;
    const allocation::AdmissionRecord& record = *pod.admission;
    HistoryRow& row = grants[{allocation::workload_id(pod).str(), record.decision.str()}];
    row.at = *record.admitted_at;
    AuditEntry& entry = row.entry;
    name_subject(pod, entry);
    entry.amounts += pod.requests();
    if (!record.planned_nodes.empty())
      entry.nodes.push_back(record.planned_nodes.front().str());
    entry.rules = record.rules;
    if (!record.reservation.empty())
      entry.by = "reservation " + record.reservation.str();
    if (record.is_burst)
      entry.why = "paid from the burst budget";
    entry.waited = std::max(entry.waited, row.at - pod.created);
  }
  for (auto& [id, row] : grants)
    rows.push_back(std::move(row));
}

/// Nothing if the event is of no decision.
std::optional<AuditVerb> verb_of(const DecisionEvent& event) {
  if (event.action == "Wait")
    return AuditVerb::Refuse;
  if (event.action == "Allocate")
    return AuditVerb::Grant;
  if (event.action == "Evict" || event.action == "RollBack")
    return AuditVerb::Take;
  if (event.action == "Accept")
    return event.reason == to_string(Reason::Accepted) ? AuditVerb::Grant : AuditVerb::Refuse;
  if (event.action == "Preempt" && event.reason == to_string(Reason::Evicted))
    return AuditVerb::Take;
  if (event.action == "Preempt" && event.kind == "Pod" &&
      event.reason != to_string(Reason::Preempting))
    return AuditVerb::Notice;
  return std::nullopt;
}

} // namespace

HistoryView decide_history(const ObservedHistory& observed, const HistoryFilter& filter,
                           TimePoint now) {
  HistoryView view;
  std::map<std::string, const allocation::PodView*> pods;
  for (const PodPtr& pod : observed.pods)
    pods.emplace(pod->meta.uid, &pod->view);
  add_grants(observed.pods, view.rows);
  for (const DecisionEvent& event : observed.events) {
    const auto verb = verb_of(event);
    const auto reason = reason_from(event.reason);
    if (!verb || !reason)
      continue;
    HistoryRow row;
    row.at = event.at;
    row.entry.verb = *verb;
    row.entry.reason = *reason;
    row.entry.why = event.note;
    if (const auto known = pods.find(event.uid); known != pods.end()) {
      name_subject(*known->second, row.entry);
    } else {
      row.entry.namespace_name = event.kind == "Reservation" ? std::string() : event.namespace_name;
      row.entry.name = event.name;
    }
    view.rows.push_back(std::move(row));
  }
  std::erase_if(view.rows, [&](const HistoryRow& row) { return !matches(filter, row); });
  std::ranges::sort(view.rows, {}, [](const HistoryRow& row) {
    return std::tuple(row.at, row.entry.namespace_name, row.entry.name, row.entry.verb,
                      row.entry.why);
  });
  view.end = now;
  keep_since(filter, view);
  if (!view.rows.empty())
    view.begin = view.rows.front().at;
  return view;
}

} // namespace berth::cli
