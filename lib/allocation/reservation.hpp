#pragma once
// Reservations: capacity of a pool promised over time (R2), when their windows are open, and who
// may use them. Whether one is accepted is calendar.hpp's to say; which nodes hold the capacity of
// an open window is holds.hpp's.

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "lib/allocation/cron.hpp"
#include "lib/allocation/pod.hpp"
#include "lib/allocation/subject.hpp"
#include "lib/allocation/time_range.hpp"
#include "lib/allocation/time_zone.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

/// Guaranteed: from acceptance until deletion.
struct AlwaysOpen {
  friend bool operator==(const AlwaysOpen&, const AlwaysOpen&) = default;
};
/// TimeWindow with a start.
struct SingleWindow {
  TimePoint start{};
  Duration duration{};
  friend bool operator==(const SingleWindow&, const SingleWindow&) = default;
};
/// TimeWindow with a schedule. Windows that meet or overlap are one. Durations above
/// kRecurringDurationMax count as that.
struct RecurringWindow {
  CronSchedule schedule;
  std::shared_ptr<const TimeZone> zone; ///< never null
  Duration duration{};
  friend bool operator==(const RecurringWindow& left, const RecurringWindow& right) {
    return left.schedule == right.schedule && left.zone->name() == right.zone->name() &&
           left.duration == right.duration;
  }
};
inline constexpr Duration kRecurringDurationMax = std::chrono::days{366};
/// Conditional: one window from each activation on, as trigger.hpp says; none in between.
struct TriggeredWindow {
  /// Its trigger holds, though not for long enough yet, or has activated it: somebody wants to know
  /// what the calendar would say of a window from now on.
  bool is_armed = false;
  std::optional<TimePoint> opens{}; ///< absent: it is not active
  std::optional<TimePoint> ends{};  ///< absent: it does not end as long as its trigger holds
  friend bool operator==(const TriggeredWindow&, const TriggeredWindow&) = default;
};
using WindowRule = std::variant<AlwaysOpen, SingleWindow, RecurringWindow, TriggeredWindow>;

/// Where a part of a promise lies.
struct ReservedPlace {
  NodeName node{};
  ResourceVector amounts{}; ///< nothing: the whole node

  friend bool operator==(const ReservedPlace&, const ReservedPlace&) = default;
};

/// Places that a reservation remembers, and amounts in all of them together: its status stays far
/// below what the API stores. A promise that lies on more is laid anew there in each cycle.
inline constexpr std::size_t kPlacesMax = 1000;
inline constexpr std::size_t kPlacedAmountsMax = 2000;

/// What becomes of holders at the end of a window (R4).
enum class Overrun { Evict, Warn, Allow };

struct ReservationSpec {
  ReservationName name{};
  TimePoint created{}; ///< since when it is promised: older promises are kept first
  PoolName pool{};
  QuotaName payer{}; ///< spec.quotaRef; empty: nobody is charged
  ResourceVector amounts{};
  /// Whole nodes, beside `amounts`; 0 for none.
  std::int32_t node_count = 0;
  WindowRule window{};
  /// Who may use it; the quotas are matched by the pod's own quota.
  std::vector<QuotaName> allowed_quotas{};
  Subjects allowed_subjects{};
  /// How long before a window work that would still run in it is kept off, and how much notice
  /// the others get (R3).
  Duration lead_time{};
  Overrun overrun = Overrun::Evict;
  /// Revocable work may use what holders leave idle, and what will be needed later (R3, R4).
  bool lend_idle = false;
  /// Where its promise lies (status.places), of the window that is open, else of the next one. It
  /// stays there, amount by amount, as long as those nodes can carry it; what is open and not in
  /// use also goes where it is in no coming window's way.
  std::vector<ReservedPlace> places{};
  bool accepted = false; ///< condition Accepted is True: the promise is given
  bool deleting = false;

  friend bool operator==(const ReservationSpec&, const ReservationSpec&) = default;
};

/// Whether it is Conditional and not active: it promises nothing, whatever the calendar says of it.
[[nodiscard]] bool is_dormant(const ReservationSpec& spec);
/// When a Conditional one that is active will end if its trigger does not hold again; nothing for
/// any other.
[[nodiscard]] std::optional<TimePoint> announced_end(const ReservationSpec& spec);

/// The window that is open at `now`, whether or not the reservation is accepted.
[[nodiscard]] std::optional<TimeRange> open_window(const ReservationSpec& spec, TimePoint now);
/// The first window that opens after `now`.
[[nodiscard]] std::optional<TimeRange> next_window(const ReservationSpec& spec, TimePoint now);
/// All windows that touch `within`, merged, at most `most`, from the first.
[[nodiscard]] std::vector<TimeRange> windows(const ReservationSpec& spec, TimeRange within,
                                             std::size_t most);

/// As many of the places, from the first, as a reservation remembers.
[[nodiscard]] std::vector<ReservedPlace> remembered(std::vector<ReservedPlace> places);

/// Whether the pod was let onto the window's idle capacity while it was open (R4): it may have to
/// go at any time. What was lent before the start should be gone by then.
[[nodiscard]] bool is_lent_inside(const PodView& pod, const TimeRange& window);

/// Whether the pod's quota, namespace or service account is allowed (R4).
[[nodiscard]] bool may_use(const ReservationSpec& spec, const QuotaName& quota,
                           const ServiceAccountRef& who, const Labels* namespace_labels);

} // namespace berth::allocation
