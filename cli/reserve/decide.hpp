#pragma once
// The decide part of `kubectl berth reserve` and `release RESERVATION`: the object that the flags
// describe, and what its conditions say of it so far. Pure.

#include <optional>
#include <string>

#include "cli/options.hpp"
#include "cli/state_word.hpp"
#include "lib/api/reservation.hpp"
#include "lib/base/result.hpp"

namespace berth::cli {

/// The body to create: only what was named, since the server knows the defaults. The flags were
/// checked by reserve_problems().
[[nodiscard]] std::string reservation_body(const ReserveOptions& options, TimePoint now);

/// What is wrong with the flags, as "--flag: what it must be".
[[nodiscard]] std::vector<std::string> reserve_problems(const ReserveOptions& options);

/// How far a reservation has come.
struct ReservationStanding {
  std::string name{};
  StateWord accepted{};
  StateWord active{};
  std::optional<api::NextWindow> next{};
  std::optional<TimePoint> next_possible_start{};
  std::int64_t holders = 0;
  bool ending = false; ///< it is deleted, and held back by a finalizer

  [[nodiscard]] bool is_accepted() const { return accepted.good && !accepted.outdated; }
  /// The operator looked at this spec and said no.
  [[nodiscard]] bool is_refused() const {
    return accepted.known && !accepted.good && !accepted.outdated;
  }
  [[nodiscard]] bool is_active() const { return is_accepted() && active.good; }
};
[[nodiscard]] ReservationStanding standing_of(const api::Reservation& reservation);

} // namespace berth::cli
