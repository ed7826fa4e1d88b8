#include "cli/reserve/reserve.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/duration.hpp"
#include "lib/api/codec.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

struct Seen {
  api::ObjectMeta meta{};
  ReservationStanding standing{};
};

Result<Seen> read(std::string_view text) {
  BERTH_TRY(const api::Reservation reservation, api::decode_text<api::Reservation>(text));
  return Seen{reservation.meta, standing_of(reservation)};
}

async::Task<Result<Seen>> look(kube::Client& client, std::string name) {
  kube::ObjectKey key{"", name};
  const auto text = co_await client.get(kube::types::reservation(), std::move(key));
  if (!text && text.error().code == Code::NotFound)
    co_return fail(Code::NotFound,
                   "there is no Reservation " + name + "; \"kubectl berth status\" lists them");
  if (!text)
    co_return fail(text.error().while_doing("get Reservation " + name));
  co_return read(*text);
}

/// Looks until `done` says so, or the time is up: then what was seen last.
async::Task<Result<Seen>> look_until(kube::Client& client, Seen seen, Duration timeout, Going going,
                                     bool (*done)(const ReservationStanding&)) {
  const TimePoint until = going.now() + timeout;
  while (!done(seen.standing) && going.now() < until) {
    co_await going.wait(kWaitInterval);
    const std::string name = seen.meta.name;
    auto again = co_await look(client, name);
    if (!again)
      co_return again;
    seen = std::move(*again);
  }
  co_return seen;
}

bool is_judged(const ReservationStanding& standing) {
  return standing.is_accepted() || standing.is_refused();
}

bool is_open_or_refused(const ReservationStanding& standing) {
  return standing.is_active() || standing.is_refused();
}

bool never(const ReservationStanding&) {
  return false;
}

/// What --wait ends with if it was in vain; empty if it was not.
std::string in_vain(const ReservationStanding& standing, const ReserveOptions& options) {
  const std::string name = "Reservation " + printable(standing.name);
  if (standing.is_refused())
    return name + " is refused: " + printable(standing.accepted.message) +
           "; \"kubectl berth release " + printable(standing.name) + "\" takes it back";
  if (!standing.is_accepted())
    return name + " is not judged after " + options.timeout +
           "; \"kubectl berth doctor\" says whether an operator leads";
  if (options.until_active && !standing.is_active())
    return name + " is accepted, but not open after " + options.timeout;
  return "";
}

Answer told(const ReservationStanding& standing, const std::string& done, Output output) {
  Answer answer;
  answer.out = present(
      output, [&](bool) { return render_standing(standing, done); },
      [&] { return standing_json(standing); });
  return answer;
}

Error while_reserving(const Error& error, const std::string& name) {
  if (error.code != Code::AlreadyExists)
    return error.while_doing("create Reservation " + name);
  return {Code::AlreadyExists, "there is a Reservation " + name +
                                   " already; \"kubectl berth status\" shows it, and \"kubectl "
                                   "berth release " +
                                   name + "\" deletes it"};
}

} // namespace

async::Task<Answer> answer_reserve(kube::Client& client, CliOptions options, Surroundings around) {
  const ReserveOptions& asked = options.reserve;
  const std::string no_namespace;
  std::string body = reservation_body(asked, around.now);
  const auto created =
      co_await client.create(kube::types::reservation(), no_namespace, std::move(body));
  if (!created)
    co_return answer_write_failure(while_reserving(created.error(), asked.name), "create",
                                   kube::types::reservation());
  auto seen = read(*created);
  if (seen && asked.wait) {
    const Duration timeout = parse_duration(asked.timeout).value_or(Duration{0});
    seen = co_await look_until(client, std::move(*seen), timeout, around.going,
                               asked.until_active ? is_open_or_refused : is_judged);
  }
  if (!seen)
    co_return answer_failure(seen.error());
  Answer answer = told(seen->standing, "created", options.output);
  if (const std::string why = in_vain(seen->standing, asked); asked.wait && !why.empty()) {
    answer.exit_code = program::kExitFailure;
    answer.err = "kubectl-berth: " + why + "\n";
  }
  co_return answer;
}

async::Task<Answer> answer_unreserve(kube::Client& client, CliOptions options,
                                     Surroundings around) {
  const ReleaseOptions& asked = options.release;
  auto seen = co_await look(client, asked.reservation);
  if (!seen)
    co_return answer_failure(seen.error());
  kube::Preconditions same;
  same.uid = seen->meta.uid;
  const auto removed =
      co_await client.remove(kube::types::reservation(), seen->meta.key(), std::move(same));
  if (!removed && removed.error().code != Code::NotFound)
    co_return answer_write_failure(
        removed.error().while_doing("delete Reservation " + asked.reservation), "delete",
        kube::types::reservation());
  ReservationStanding last = seen->standing;
  seen = co_await look(client, asked.reservation);
  if (seen && asked.wait) {
    const Duration timeout = parse_duration(asked.timeout).value_or(Duration{0});
    seen = co_await look_until(client, std::move(*seen), timeout, around.going, never);
  }
  if (!seen && seen.error().code != Code::NotFound)
    co_return answer_failure(seen.error());
  if (!seen) {
    last.ending = false;
    co_return told(last, "released", options.output);
  }
  Answer answer = told(seen->standing, "is being released", options.output);
  if (asked.wait) {
    answer.exit_code = program::kExitFailure;
    answer.err = "kubectl-berth: Reservation " + printable(asked.reservation) +
                 " is still in use after " + asked.timeout +
                 "; it goes when its holders end, and \"kubectl get reservation " +
                 printable(asked.reservation) + " -o yaml\" names them in status.holders\n";
  }
  co_return answer;
}

std::string render_standing(const ReservationStanding& standing, const std::string& done) {
  std::string text = "Reservation " + printable(standing.name) + ": " + done + "\n";
  if (done == "released")
    return text;
  if (standing.ending)
    return text + counted(standing.holders, "pod") + " still in it; it goes when they end\n";
  if (!standing.accepted.known)
    return text +
           "The operator has not judged it yet: \"kubectl berth status\" shows when it has\n";
  text += printable(shown(standing.accepted) + ": " + standing.accepted.message) + "\n";
  if (standing.is_active())
    text += printable(shown(standing.active) + ": " + standing.active.message) + "\n";
  else if (standing.is_accepted() && standing.next)
    text += "It opens at " + format_time(standing.next->start) + "\n";
  if (standing.is_refused() && standing.next_possible_start)
    text += "There is room from " + format_time(*standing.next_possible_start) + "\n";
  return text;
}

json standing_json(const ReservationStanding& standing) {
  const auto state = [](const StateWord& word) {
    return json{{"status", !word.known ? "Unknown" : (word.good ? "True" : "False")},
                {"reason", word.word},
                {"message", word.message}};
  };
  json next;
  if (standing.next)
    next = {{"start", to_json(std::optional(standing.next->start))},
            {"end", to_json(standing.next->end)}};
  return {{"name", standing.name},
          {"accepted", state(standing.accepted)},
          {"active", state(standing.active)},
          {"ending", standing.ending},
          {"holders", standing.holders},
          {"nextWindow", std::move(next)},
          {"nextPossibleStart", to_json(standing.next_possible_start)}};
}

} // namespace berth::cli
