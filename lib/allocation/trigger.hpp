#pragma once
// The trigger of a Conditional reservation (R2): from measurements to the window that it opens. A
// function from the state that stands in the status and the newest measurement to the next state:
//
//           holds, for the first time            has held for hold_for, and the calendar agrees
//   Idle ─────────────────────────────► Holding ───────────────────────────────────► Active
//    ▲ ◄─────── does not, or unknown ──────┘                       holds again ┌──────► │
//    │                                                                         │        │ does not,
//    └──────────────────── ends_at has come ──────────────────────────────── Ending ◄───┘ or
//    unknown
//
// A measurement speaks for the time until the next one, for kMeasurementAgeMax at most. What is
// unknown begins nothing: the time that it has to hold is counted anew from the first measurement
// after the gap. It ends nothing by itself either: an active reservation stays for active_for after
// the last moment that a measurement spoke for. An end that was announced is taken back only as far
// as nobody else was promised the time after it (R1).

#include <optional>

#include "lib/base/clock.hpp"

namespace berth::allocation {

struct TriggerRule {
  Duration hold_for{};   ///< between the first and the last measurement of those that must hold
  Duration active_for{}; ///< after it held last
};

struct TriggerReading {
  TimePoint at{}; ///< by the clock of who measured
  bool holds = false;
};

/// What the status remembers, so that the next leader goes on with it.
struct TriggerState {
  std::optional<TimePoint> measured_at{}; ///< of the newest reading that counted, see below
  std::optional<TimePoint> holds_since{}; ///< absent: it does not hold, or nobody knows
  std::optional<TimePoint> opens_at{};    ///< of the window; absent: it is not active
  /// Absent while it holds and may go on for ever.
  std::optional<TimePoint> ends_at{};

  friend bool operator==(const TriggerState&, const TriggerState&) = default;
};

/// While nothing else changes `measured_at` moves on in steps of this, to spare writes.
inline constexpr Duration kTriggerRenewal = std::chrono::seconds{60};

struct TriggerQuestion {
  std::optional<TriggerReading> reading{};
  /// The calendar's answer to a window from now on: after how long it may open. Nothing: not at
  /// all.
  std::optional<Duration> opens_after{};
  TimePoint now{};
  /// The calendar's answer to one whose end is announced: until when it may go on if it holds
  /// again, TimePoint::max() for ever. Nothing: the end stands.
  std::optional<TimePoint> lasts_until{};
};

/// Whether a measurement of that time says something about `now`.
[[nodiscard]] bool speaks_for(TimePoint measured_at, TimePoint now);

/// Whether the reading does, or else the newest that counted: an answer that failed to come is no
/// measurement.
[[nodiscard]] bool is_known(const TriggerState& state, const std::optional<TriggerReading>& reading,
                            TimePoint now);

/// The state as of now. The same question again gives the same state.
[[nodiscard]] TriggerState advance(const TriggerRule& rule, const TriggerState& before,
                                   const TriggerQuestion& question);
/// When the passing of time alone changes that; TimePoint::max() for never.
[[nodiscard]] TimePoint next_change(const TriggerState& state,
                                    const std::optional<TriggerReading>& reading, TimePoint now);

} // namespace berth::allocation
