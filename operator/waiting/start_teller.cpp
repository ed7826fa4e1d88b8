#include "operator/waiting/start_teller.hpp"

#include <algorithm>

#include "lib/base/timestamp.hpp"

namespace berth::op {
namespace {

bool is_news(const allocation::ToldStart& last, TimePoint planned, TimePoint now) {
  const Duration moved = planned > last.planned ? planned - last.planned : last.planned - planned;
  return moved > std::max(StartTeller::kMoveMin, (planned - now) / StartTeller::kMovePartMin);
}

} // namespace

void StartTeller::note(const allocation::Plan& plan, TimePoint now) {
  ++round_;
  for (const allocation::Admission& admission : plan.admissions)
    if (const auto told = told_.find(admission.workload->id); told != told_.end())
      history_.note(admission.workload->quota.quota, told->second.first, now);
  for (const allocation::Waiting& waiting : plan.waiting) {
    if (!waiting.planned_start)
      continue;
    const auto [found, fresh] = told_.try_emplace(waiting.workload->id);
    Told& told = found->second;
    told.round = round_;
    if (!fresh && !is_news(told.last, *waiting.planned_start, now))
      continue;
    told.last = {now, *waiting.planned_start,
                 history_.interval(waiting.workload->quota.quota, now, *waiting.planned_start)};
    if (fresh)
      told.first = told.last;
  }
  std::erase_if(told_, [&](const auto& entry) { return entry.second.round != round_; });
}

const allocation::ToldStart* StartTeller::told(const WorkloadId& workload) const {
  const auto found = told_.find(workload);
  return found == told_.end() ? nullptr : &found->second.last;
}

std::string start_text(const allocation::ToldStart& told) {
  return "planned to start at " + format_time(told.planned) + " (likely between " +
         format_time(told.interval.earliest) + " and " + format_time(told.interval.latest) + ")";
}

} // namespace berth::op
