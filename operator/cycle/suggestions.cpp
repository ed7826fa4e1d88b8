#include "operator/cycle/suggestions.hpp"

#include <set>

#include "lib/base/text.hpp"

namespace berth::op {
namespace {

/// As long as the schema allows.
constexpr std::size_t kSuggestionBytesMax = 512;

/// "priority 5, which evicts team-b/train".
std::string told(const allocation::Change& change, const allocation::ClusterSnapshot& snapshot) {
  std::string text = to_string(change);
  for (const WorkloadId& victim : change.victims)
    text +=
        (&victim == &change.victims.front() ? ", which evicts " : ", ") + name_of(snapshot, victim);
  cut_text(text, kSuggestionBytesMax);
  return text;
}

} // namespace

void Suggestions::look_for(allocation::ChangeSearch::Input cycle) {
  cycle.trials_max = kTrialsMax;
  std::set<WorkloadId> waiting;
  const allocation::Waiting* next = nullptr;
  TimePoint next_was_at = TimePoint::max();
  for (const allocation::Waiting& entry : cycle.plan.waiting) {
    if (!entry.workload->waiting.front()->is_request)
      continue;
    waiting.insert(entry.workload->id);
    const auto known = found_.find(entry.workload->id);
    const TimePoint was_at = known == found_.end() ? TimePoint::min() : known->second.at;
    if (was_at < next_was_at && is_due(entry, cycle.now)) {
      next = &entry;
      next_was_at = was_at;
    }
  }
  std::erase_if(found_, [&](const auto& entry) { return !waiting.contains(entry.first); });
  if (next == nullptr || cycle.plan.waiting.size() > kWaitingMax ||
      cycle.snapshot.charges.size() > kChargesMax)
    return;
  const WorkloadId& request = next->workload->id;
  Found found{next->why->reason, cycle.now, {}};
  for (const allocation::Change& change : allocation::ChangeSearch(cycle, request).run())
    found.changes.push_back(told(change, cycle.snapshot));
  found_.insert_or_assign(request, std::move(found));
}

bool Suggestions::is_due(const allocation::Waiting& request, TimePoint now) const {
  const auto known = found_.find(request.workload->id);
  if (known == found_.end())
    return true;
  const bool is_same = known->second.reason == request.why->reason;
  return now - known->second.at >= (is_same ? kSearchedAgainAfter : kSearchedAgainAtSoonest);
}

std::vector<std::string> Suggestions::of(const WorkloadId& request) const {
  const auto found = found_.find(request);
  return found == found_.end() ? std::vector<std::string>{} : found->second.changes;
}

} // namespace berth::op
