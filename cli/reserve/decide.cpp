#include "cli/reserve/decide.hpp"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/duration.hpp"
#include "lib/allocation/cron.hpp"
#include "lib/api/json.hpp"
#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::cli {
namespace {

using api::Json;

constexpr Duration kWindowMin = std::chrono::minutes{1};
constexpr Duration kWindowMax = std::chrono::days{365};

std::int64_t seconds_of(const std::string& text) {
  return std::chrono::duration_cast<std::chrono::seconds>(
             parse_duration(text).value_or(Duration{0}))
      .count();
}

/// "+30m" from now, or a time.
std::optional<TimePoint> start_of(const std::string& text, TimePoint now) {
  if (text.starts_with('+')) {
    const auto later = parse_duration(std::string_view(text).substr(1));
    return later ? std::optional(now + *later) : std::nullopt;
  }
  const auto time = parse_time(text);
  return time ? std::optional(*time) : std::nullopt;
}

Json window_of(const ReserveOptions& options, TimePoint now) {
  Json window{{"durationSeconds", seconds_of(options.duration)}};
  if (const auto start = start_of(options.start, now); start && options.schedule.empty())
    window["start"] = format_time(*start);
  if (!options.schedule.empty())
    window["schedule"] = options.schedule;
  if (!options.time_zone.empty())
    window["timeZone"] = options.time_zone;
  return window;
}

/// "cpu=32" as name and amount; nothing if it is not that.
std::optional<std::pair<std::string, std::string>> amount_of(const std::string& text) {
  const auto sign = text.rfind('=');
  if (sign == std::string::npos || sign == 0)
    return std::nullopt;
  const auto quantity = resources::Quantity::parse(text.substr(sign + 1));
  if (!quantity || quantity->is_negative() || quantity->is_zero())
    return std::nullopt;
  return std::pair(text.substr(0, sign), text.substr(sign + 1));
}

bool has_window(const ReserveOptions& options) {
  return !options.start.empty() || !options.schedule.empty();
}

void check_amounts(const ReserveOptions& options, std::vector<std::string>& problems) {
  if (options.amounts.empty() == (options.nodes == 0))
    problems.emplace_back("reserve: name either --amount or --nodes");
  std::set<std::string> seen;
  for (const std::string& text : options.amounts) {
    const auto amount = amount_of(text);
    if (!amount)
      problems.push_back("--amount: \"" + text +
                         "\" must be RESOURCE=QUANTITY with more than 0, as cpu=32");
    else if (!seen.insert(amount->first).second)
      problems.push_back("--amount: " + amount->first + " is named twice");
  }
}

void check_window(const ReserveOptions& options, std::vector<std::string>& problems) {
  if (!options.start.empty() && !options.schedule.empty())
    problems.emplace_back("reserve: name either --start or --schedule");
  if (has_window(options) == options.duration.empty())
    problems.emplace_back(has_window(options) ? "--for: is needed with --start and --schedule"
                                              : "--for: needs --start or --schedule");
  if (!options.start.empty() && !start_of(options.start, TimePoint{}))
    problems.emplace_back("--start: must be a time, as 2026-11-21T22:00:00Z, or +30m from now");
  if (!options.schedule.empty())
    if (const auto schedule = allocation::CronSchedule::parse(options.schedule); !schedule)
      problems.push_back("--schedule: " + schedule.error().message);
  if (!options.time_zone.empty() && options.schedule.empty())
    problems.emplace_back("--time-zone: needs --schedule");
  if (options.duration.empty())
    return;
  const auto duration = parse_duration(options.duration);
  if (!duration)
    problems.push_back("--for: " + duration.error().message);
  else if (*duration < kWindowMin || *duration > kWindowMax)
    problems.emplace_back("--for: must be 1m to 365d");
}

} // namespace

std::string reservation_body(const ReserveOptions& options, TimePoint now) {
  Json spec{{"kind", has_window(options) ? "TimeWindow" : "Guaranteed"},
            {"poolRef", {{"name", options.pool}}},
            {"quotaRef", {{"name", options.quota}}}};
  if (options.nodes > 0)
    spec["nodeCount"] = options.nodes;
  for (const std::string& text : options.amounts)
    if (const auto amount = amount_of(text))
      spec["resources"].push_back({{"name", amount->first}, {"amount", amount->second}});
  if (has_window(options))
    spec["window"] = window_of(options, now);
  if (!options.allow_quotas.empty())
    spec["allowed"]["quotas"] = options.allow_quotas;
  if (!options.allow_namespaces.empty())
    spec["allowed"]["namespaces"] = options.allow_namespaces;
  if (!options.lead_time.empty())
    spec["leadTimeSeconds"] = seconds_of(options.lead_time);
  if (!options.overrun.empty())
    spec["overrun"] = options.overrun;
  if (options.keep_idle)
    spec["lendIdle"] = false;
  return api::to_text({{"apiVersion", std::string(api::kApiVersion)},
                       {"kind", std::string(api::Reservation::kKind)},
                       {"metadata", {{"name", options.name}}},
                       {"spec", std::move(spec)}});
}

std::vector<std::string> reserve_problems(const ReserveOptions& options) {
  std::vector<std::string> problems;
  check_amounts(options, problems);
  check_window(options, problems);
  if (!options.lead_time.empty())
    if (const auto lead = parse_duration(options.lead_time); !lead)
      problems.push_back("--lead-time: " + lead.error().message);
  if (options.until_active && !options.wait)
    problems.emplace_back("--active: needs --wait");
  return problems;
}

ReservationStanding standing_of(const api::Reservation& reservation) {
  const auto& [meta, spec, status] = reservation;
  ReservationStanding standing;
  standing.name = meta.name;
  standing.accepted = state_word(status.conditions, "Accepted", meta.generation);
  standing.active = state_word(status.conditions, "Active", meta.generation);
  standing.next = status.next_window;
  standing.next_possible_start = status.next_possible_start;
  standing.holders = status.holder_count.value_or(0);
  standing.ending = meta.deleted.has_value();
  return standing;
}

} // namespace berth::cli
