#pragma once
// `kubectl berth reserve` and `kubectl berth release RESERVATION`: create and delete a Reservation,
// and wait for what the operator makes of it.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.hpp"
#include "cli/reserve/decide.hpp"
#include "cli/surroundings.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// How often the object is looked at while --wait lasts.
inline constexpr Duration kWaitInterval = std::chrono::seconds{1};

/// With --wait: exit code 1 if it is refused, or not accepted (active, with --active) in time. The
/// object stays in either case.
[[nodiscard]] async::Task<Answer> answer_reserve(kube::Client& client, CliOptions options,
                                                 Surroundings around);
/// With --wait: until it is gone.
[[nodiscard]] async::Task<Answer> answer_unreserve(kube::Client& client, CliOptions options,
                                                   Surroundings around);

/// "Reservation nightly: created; accepted; opens ...".
[[nodiscard]] std::string render_standing(const ReservationStanding& standing,
                                          const std::string& done);
[[nodiscard]] nlohmann::json standing_json(const ReservationStanding& standing);

} // namespace berth::cli
