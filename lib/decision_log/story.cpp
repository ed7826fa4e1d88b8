#include "lib/decision_log/story.hpp"

#include <algorithm>

#include "lib/allocation/workload.hpp"

namespace berth::decision_log {
namespace {

using allocation::PodView;

bool holds(const PodView& pod) {
  return pod.admission.has_value() || pod.is_bound();
}

/// What the work says of itself; nothing if it says nothing.
std::optional<Duration> said_runtime(const PodView& pod) {
  return pod.expected_duration ? pod.expected_duration : pod.duration_limit;
}

} // namespace

void StoryTeller::hear(const LoggedCycle& cycle) {
  const TimePoint now = cycle.line.now;
  if (story_.events.empty()) {
    story_.begin = now;
    story_.seed = cycle.line.seed;
  }
  story_.end = now;
  OutsideEvent event{now, {}};
  if (cycle.is_whole)
    for (auto& [key, is_named] : known_)
      is_named = false;
  const auto take = [&](const Change& change) {
    if (change.kind == Kind::Memory)
      return;
    if (change.now)
      known_[{change.kind, change.id}] = true;
    else
      known_.erase({change.kind, change.id});
    const auto* pod = change.now ? std::get_if<PodView>(&*change.now) : nullptr;
    if (pod != nullptr && pod->managed)
      hear_pod(*pod, now);
    else if (change.kind == Kind::Pod && living_.contains(change.id))
      hear_end(change.id, now);
    else
      event.changes.push_back(change);
  };
  for (const Change& change : cycle.changes)
    take(change);
  if (cycle.is_whole) {
    std::vector<Change> gone;
    for (const auto& [key, is_named] : known_)
      if (!is_named)
        gone.push_back({key.first, key.second, std::nullopt});
    for (const Change& change : gone)
      take(change);
  }
  hear_evictions(cycle.line.decision, now);
  story_.events.push_back(std::move(event));
}

void StoryTeller::hear_pod(const PodView& pod, TimePoint now) {
  const auto [known, is_new] = living_.try_emplace(pod.uid.str(), lives_.size());
  if (is_new) {
    if (pod.terminal) {
      living_.erase(known); // nothing of it is still to happen
      return;
    }
    lives_.push_back({{pod, now, holds(pod), {}, false, {}, {}},
                      allocation::workload_id(pod).str(),
                      {},
                      {},
                      {},
                      false});
  }
  Life& life = lives_[known->second];
  if (!life.started && (pod.is_bound() || (pod.is_request && pod.admission)))
    life.started = pod.started.value_or(now);
  if (!life.ended && pod.terminal) // while it terminates it holds its place (L1)
    life.ended = now;
}

void StoryTeller::hear_end(const std::string& uid, TimePoint now) {
  Life& life = lives_[living_.at(uid)];
  if (!life.ended)
    life.ended = now;
  living_.erase(uid);
}

void StoryTeller::hear_evictions(const LoggedDecision& decision, TimePoint now) {
  for (const EvictedWork& evicted : decision.evicted)
    if (evicted.step == to_string(allocation::EvictionStep::Evict))
      for (Life& life : lives_)
        if (life.workload == evicted.victim && life.started && !life.ended)
          life.evicted_at = life.evicted_at.value_or(now);
}

/// A controller makes evicted pods again under new names: the first that it made afterwards goes on
/// where the evicted one was, and ran as long as that would have.
void StoryTeller::join_lives() {
  std::map<std::string, std::vector<std::size_t>> by_owner;
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (!lives_[i].story.pod.owner.empty())
      by_owner[lives_[i].story.pod.owner].push_back(i);
  for (std::size_t i = lives_.size(); i-- > 0;) {
    Life& life = lives_[i];
    if (!life.evicted_at)
      continue;
    life.story.runtime = said_runtime(life.story.pod);
    for (const std::size_t next : by_owner[life.story.pod.owner]) {
      Life& later = lives_[next];
      if (later.story.arrived < *life.evicted_at || later.is_successor || next == i)
        continue;
      later.is_successor = true;
      if (later.story.runtime)
        life.story.runtime = later.story.runtime;
      break;
    }
  }
}

Story StoryTeller::tell() {
  for (Life& life : lives_) {
    WorkStory& work = life.story;
    work.started = life.started;
    work.is_open = life.started && !life.ended && !life.evicted_at;
    const auto said = said_runtime(work.pod);
    if (life.started && life.ended && !life.evicted_at)
      work.runtime = std::max(*life.ended - *life.started, Duration{1});
    else if (!life.started || (said && *life.started + *said > story_.end))
      work.runtime = said;
    if (!life.started && life.ended)
      life.story.withdrawn = life.ended;
  }
  join_lives();
  for (Life& life : lives_)
    if (!life.is_successor)
      story_.work.push_back(std::move(life.story));
  return std::move(story_);
}

} // namespace berth::decision_log
