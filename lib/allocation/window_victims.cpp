#include "lib/allocation/window_victims.hpp"

#include <algorithm>

namespace berth::allocation {

bool was_told(const Victim& victim) {
  return std::all_of(victim.pods.begin(), victim.pods.end(), [](const auto& pod) {
    return pod->revocable_after.has_value() || pod->terminating;
  });
}

bool is_holder_of(const Victim& victim, const ReservationSpec& spec) {
  return std::any_of(victim.pods.begin(), victim.pods.end(), [&](const auto& pod) {
    return pod->admission && pod->admission->reservation == spec.name;
  });
}

bool may_be_asked(const PodView& pod, const Holds& holds, TimePoint now) {
  const bool overran = pod.duration_limit && pod.started &&
                       TimeRange::lasting(*pod.started, *pod.duration_limit).end <= now;
  const bool is_holder = pod.admission && holds.find(pod.admission->reservation) != nullptr;
  return pod.managed && !is_holder && (pod.preemptible || overran);
}

bool helps(const ResourceVector& freed, const ResourceVector& missing) {
  return std::any_of(missing.begin(), missing.end(), [&](const auto& entry) {
    return entry.name != ResourceName::pods() && entry.amount > Amount{} &&
           freed.get(entry.name) > Amount{};
  });
}

void give_back(const Victim& victim, NodeIndex node, std::vector<std::int64_t>& lacks) {
  for (const Victim::Place& there : victim.places)
    if (there.node == node)
      take_off(lacks, *there.request, there.devices);
}

bool relieves(const Victim& victim, NodeIndex node, const std::vector<std::int64_t>& lacks) {
  std::vector<std::int64_t> without = lacks;
  give_back(victim, node, without);
  for (std::size_t column = 0; column < lacks.size(); ++column)
    if (lacks[column] > 0 && without[column] < lacks[column])
      return true;
  return false;
}

bool is_within(const ResourceVector& evicted, const ResourceVector& wanted,
               const PreemptionPolicy& bounds) {
  const ResourceVector most = wanted.scaled_percent(bounds.max_eviction_ratio_percent);
  return std::all_of(most.begin(), most.end(),
                     [&](const auto& entry) { return evicted.get(entry.name) <= entry.amount; });
}

ResourceVector freed_by(const Victim& victim, const NodeTable& table) {
  ResourceVector freed;
  for (const Victim::Place& place : victim.places)
    if (table.node(place.node).view.ready && !table.node(place.node).view.unschedulable)
      for (const auto& [column, amount, is_scored] : place.request->parts)
        freed.set(table.columns()[column], freed.get(table.columns()[column]) + Amount{amount});
  return freed;
}

std::vector<Victim*> choose(const std::vector<Victim*>& candidates, ResourceVector missing,
                            const NodeTable& nodes) {
  std::vector<Victim*> chosen;
  for (Victim* victim : candidates) {
    const ResourceVector freed = freed_by(*victim, nodes);
    if (!helps(freed, missing))
      continue;
    chosen.push_back(victim);
    missing -= freed;
  }
  for (auto victim = chosen.rbegin(); victim != chosen.rend();) {
    const ResourceVector without = missing + freed_by(**victim, nodes);
    if (helps(freed_by(**victim, nodes), without)) {
      ++victim;
    } else {
      missing = without;
      victim = std::make_reverse_iterator(chosen.erase(std::next(victim).base()));
    }
  }
  return chosen;
}

} // namespace berth::allocation
