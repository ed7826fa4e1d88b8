#include "lib/allocation/reservation.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

/// How many starts of a schedule one question looks at; only schedules whose windows overlap all
/// the time come near it, and their last window then ends early and is asked about again.
constexpr int kStartsMax = 2000;

TimePoint chain_start(const RecurringWindow& rule, TimePoint start, Duration duration);

struct WindowsOf {
  const ReservationSpec& spec;
  TimeRange within;
  std::size_t most;

  std::vector<TimeRange> operator()(const AlwaysOpen&) const {
    return {TimeRange{spec.created, TimePoint::max()}};
  }

  std::vector<TimeRange> operator()(const SingleWindow& window) const {
    const TimeRange range = TimeRange::lasting(window.start, window.duration);
    if (range.start >= within.end || range.end <= within.start)
      return {};
    return {range};
  }

  std::vector<TimeRange> operator()(const RecurringWindow& rule) const {
    const Duration duration = std::min(rule.duration, kRecurringDurationMax);
    // A window that is open at the beginning started at most one duration earlier.
    const auto before =
        std::chrono::ceil<std::chrono::seconds>(within.start - duration) - std::chrono::seconds{1};
    std::vector<TimeRange> merged;
    auto start = rule.schedule.next(before, *rule.zone);
    for (int looked_at = 0; start && *start < within.end && looked_at < kStartsMax; ++looked_at) {
      const TimeRange window = TimeRange::lasting(*start, duration);
      if (!merged.empty() && window.start <= merged.back().end)
        merged.back().end = window.end;
      else if (merged.size() == most)
        break;
      else if (window.end > within.start)
        merged.push_back(window);
      start = rule.schedule.next(*start, *rule.zone);
    }
    if (!merged.empty() && merged.front().start <= within.start)
      merged.front().start = chain_start(rule, merged.front().start, duration);
    return merged;
  }

  std::vector<TimeRange> operator()(const TriggeredWindow& rule) const {
    if (!rule.opens)
      return {};
    const TimeRange range{*rule.opens, rule.ends.value_or(TimePoint::max())};
    if (range.start >= range.end || range.start >= within.end || range.end <= within.start)
      return {};
    return {range};
  }
};

/// The beginning of the windows that overlap one after the other until the one that starts at
/// `start`, so that a merged window keeps its start while it is open.
TimePoint chain_start(const RecurringWindow& rule, TimePoint start, Duration duration) {
  for (int looked_at = 0; looked_at < kStartsMax; ++looked_at) {
    const auto before =
        std::chrono::ceil<std::chrono::seconds>(start - duration) - std::chrono::seconds{1};
    const auto earlier = rule.schedule.next(before, *rule.zone);
    if (!earlier || *earlier >= start)
      break;
    start = *earlier;
  }
  return start;
}

} // namespace

std::vector<TimeRange> windows(const ReservationSpec& spec, TimeRange within, std::size_t most) {
  return std::visit(WindowsOf{spec, within, most}, spec.window);
}

bool is_dormant(const ReservationSpec& spec) {
  const auto* triggered = std::get_if<TriggeredWindow>(&spec.window);
  return triggered != nullptr && !triggered->opens;
}

std::optional<TimePoint> announced_end(const ReservationSpec& spec) {
  const auto* triggered = std::get_if<TriggeredWindow>(&spec.window);
  return triggered != nullptr && triggered->opens ? triggered->ends : std::nullopt;
}

std::optional<TimeRange> open_window(const ReservationSpec& spec, TimePoint now) {
  const auto near = windows(spec, TimeRange{now, TimePoint::max()}, 1);
  if (near.empty() || !near.front().contains(now))
    return std::nullopt;
  return near.front();
}

std::optional<TimeRange> next_window(const ReservationSpec& spec, TimePoint now) {
  for (const TimeRange& window : windows(spec, TimeRange{now, TimePoint::max()}, 2))
    if (window.start > now)
      return window;
  return std::nullopt;
}

std::vector<ReservedPlace> remembered(std::vector<ReservedPlace> places) {
  std::size_t amounts = 0;
  const auto too_many = std::ranges::find_if(places, [&](const ReservedPlace& place) {
    amounts += place.amounts.size();
    return amounts > kPlacedAmountsMax;
  });
  const auto kept = std::min(static_cast<std::size_t>(too_many - places.begin()), kPlacesMax);
  if (kept < places.size())
    places.resize(kept);
  return places;
}

bool is_lent_inside(const PodView& pod, const TimeRange& window) {
  return is_lent(pod) && window.contains(*pod.admission->lent_until);
}

bool may_use(const ReservationSpec& spec, const QuotaName& quota, const ServiceAccountRef& who,
             const Labels* namespace_labels) {
  const auto& quotas = spec.allowed_quotas;
  return std::find(quotas.begin(), quotas.end(), quota) != quotas.end() ||
         spec.allowed_subjects.names(who, namespace_labels) != Specificity::None;
}

} // namespace berth::allocation
