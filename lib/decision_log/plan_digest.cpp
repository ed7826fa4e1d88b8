#include "lib/decision_log/plan_digest.hpp"

#include <map>

#include "lib/decision_log/codec.hpp"

namespace berth::decision_log {
namespace {

/// Thousands wait for the same thing and share its explanation: it is written out once.
std::string waiting_text(const std::vector<allocation::Waiting>& all) {
  std::map<const allocation::Explanation*, std::string> texts;
  std::string text;
  for (const allocation::Waiting& one : all) {
    const auto& [workload, position, why, planned_start] = one;
    auto& explanation = texts[why.get()];
    if (explanation.empty())
      explanation = hex(digest_of(api::to_text(encode(why))));
    text += workload->id.str() + " " + std::to_string(position) + " " + explanation;
    if (planned_start)
      text += " " + std::to_string(planned_start->time_since_epoch().count());
    text += '\n';
  }
  return text;
}

template <class T>
std::string part_text(const T& part) {
  if constexpr (std::same_as<T, std::vector<allocation::Waiting>>)
    return waiting_text(part);
  else
    return api::to_text(encode(part));
}

AdmittedWork admitted_work(const allocation::Admission& admission) {
  AdmittedWork work;
  work.workload = admission.workload->id.str();
  for (const auto& member : admission.members) {
    work.quota = member.record.quota.str();
    work.pool = member.record.pool.str();
    work.nodes.push_back(member.record.planned_nodes.empty()
                             ? std::string{}
                             : member.record.planned_nodes.front().str());
  }
  return work;
}

EvictedWork evicted_work(const allocation::Eviction& eviction) {
  return {eviction.victim.str(),
          eviction.reservation.empty() ? eviction.preemptor.str() : eviction.reservation.str(),
          std::string(word_of(eviction.step)), std::string(word_of(eviction.reason))};
}

} // namespace

PlanDigest digest_plan(const allocation::Plan& plan) {
  PlanDigest result;
  LoggedDecision& decision = result.decision;
  std::string all;
  std::string_view names = Fields<allocation::Plan>::kNames;
  const auto add = [&](const auto& part) {
    const std::string name{take_name(names)};
    const Digest digest = digest_of(part_text(part));
    if constexpr (std::same_as<std::remove_cvref_t<decltype(part)>, allocation::AllocationMemory>)
      result.memory = digest;
    all += name + "=" + hex(digest) + "\n";
    decision.parts.emplace_back(name, hex(digest));
  };
  std::apply([&](const auto&... parts) { (add(parts), ...); }, Fields<allocation::Plan>::tie(plan));
  decision.digest = hex(digest_of(all));
  for (const allocation::Admission& admission : plan.admissions)
    decision.admitted.push_back(admitted_work(admission));
  for (const allocation::Eviction& eviction : plan.preemption.evictions)
    decision.evicted.push_back(evicted_work(eviction));
  decision.waiting = plan.waiting.size();
  return result;
}

std::vector<std::string> differing_parts(const LoggedDecision& left, const LoggedDecision& right) {
  std::vector<std::string> names;
  if (left.parts.size() != right.parts.size())
    return {"the parts of a plan"};
  for (std::size_t i = 0; i < left.parts.size(); ++i)
    if (left.parts[i] != right.parts[i])
      names.push_back(left.parts[i].first);
  return names;
}

} // namespace berth::decision_log
