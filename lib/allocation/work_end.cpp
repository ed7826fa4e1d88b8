#include "lib/allocation/work_end.hpp"

#include <algorithm>

#include "lib/allocation/time_range.hpp"

namespace berth::allocation {
namespace {

WorkEnd end_since(const PodView& pod, TimePoint start) {
  const auto after = [&](const std::optional<Duration>& duration) {
    return duration ? TimeRange::lasting(start, *duration).end : TimePoint::max();
  };
  WorkEnd end;
  end.expected = after(pod.planned_duration());
  const bool is_told = pod.duration_limit || (pod.expected_duration && pod.preemptible);
  end.relied_on = is_told ? end.expected : TimePoint::max();
  return end;
}

TimePoint unless_passed(TimePoint end, TimePoint now) {
  return end > now ? end : TimePoint::max();
}

/// One run in ten takes longer than what is learned, which says no more than that: it is taken to
/// need as long again, each time.
TimePoint learned_end(const PodView& pod, TimePoint started, TimePoint now) {
  Duration learned = *pod.learned_duration;
  while (learned > Duration{} && TimeRange::lasting(started, learned).end <= now)
    learned *= 2;
  return unless_passed(TimeRange::lasting(started, learned).end, now);
}

} // namespace

TimePoint planned_end(const WorkEnd& end, TimePoint now) {
  return end.relied_on > now ? std::min(end.expected, end.relied_on) : end.expected;
}

WorkEnd end_of(const PodView& pod, TimePoint now) {
  WorkEnd end = end_since(pod, pod.started.value_or(now));
  const bool is_guessed = !pod.duration_limit && !pod.expected_duration && pod.planned_duration();
  end.expected = is_guessed ? learned_end(pod, pod.started.value_or(now), now)
                            : unless_passed(end.expected, now);
  end.relied_on = unless_passed(end.relied_on, now);
  if (pod.revocable_after)
    end.relied_on = std::min(end.relied_on, std::max(*pod.revocable_after, now));
  return end;
}

WorkEnd end_if_started(std::span<const std::shared_ptr<const PodView>> pods, TimePoint now) {
  WorkEnd last{now, now};
  for (const auto& pod : pods) {
    const WorkEnd end = end_since(*pod, now);
    last.expected = std::max(last.expected, end.expected);
    last.relied_on = std::max(last.relied_on, end.relied_on);
  }
  return last;
}

} // namespace berth::allocation
