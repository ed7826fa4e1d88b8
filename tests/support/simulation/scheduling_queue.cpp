#include "tests/support/simulation/scheduling_queue.hpp"

#include <algorithm>
#include <tuple>

namespace berth::simulation {
namespace {

constexpr Duration kBackoffInitial = std::chrono::seconds{1};
constexpr Duration kBackoffMax = std::chrono::seconds{10};
/// Parked pods are tried again after this long even if nothing happened.
constexpr Duration kParkedMax = std::chrono::minutes{5};

Duration backoff(unsigned attempts) {
  Duration pause = kBackoffInitial;
  for (unsigned attempt = 1; attempt < attempts && pause < kBackoffMax; ++attempt)
    pause *= 2;
  return std::min(pause, kBackoffMax);
}

} // namespace

void SchedulingQueue::add(const std::string& key, const Json& pod) {
  QueuedPod queued{key, text_at(pod, "/metadata/uid"), integer_at(pod, "/spec/priority"),
                   ++arrivals_};
  entries_[key] = {std::move(queued)};
}

std::optional<QueuedPod> SchedulingQueue::pop(SteadyPoint now) {
  auto best = entries_.end();
  const auto order = [](const QueuedPod& pod) { return std::tuple(-pod.priority, pod.arrival); };
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
    if (entry->second.due <= now &&
        (best == entries_.end() || order(entry->second.pod) < order(best->second.pod)))
      best = entry;
  if (best == entries_.end())
    return std::nullopt;
  QueuedPod pod = std::move(best->second.pod);
  entries_.erase(best);
  ++pod.attempts;
  return pod;
}

void SchedulingQueue::park(QueuedPod pod, SteadyPoint now) {
  const std::string key = pod.key;
  entries_[key] = {std::move(pod), now + kParkedMax, now, true};
}

void SchedulingQueue::back_off(QueuedPod pod, SteadyPoint now) {
  const std::string key = pod.key;
  const SteadyPoint due = now + backoff(pod.attempts);
  entries_[key] = {std::move(pod), due, now, false};
}

void SchedulingQueue::on_event(SteadyPoint now) {
  for (auto& [key, entry] : entries_) {
    if (!entry.parked)
      continue;
    entry.parked = false;
    entry.due = std::max(now, entry.parked_at + backoff(entry.pod.attempts));
  }
}

Duration SchedulingQueue::time_to_next(SteadyPoint now, Duration most) const {
  Duration next = most;
  for (const auto& [key, entry] : entries_)
    next = std::min(next, std::chrono::ceil<Duration>(entry.due - now));
  return std::max(next, Duration{0});
}

} // namespace berth::simulation
