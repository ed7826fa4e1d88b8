#include "cli/burst/decide.hpp"

#include <algorithm>
#include <chrono>

#include "cli/duration.hpp"
#include "cli/output/text.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/json_reading.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::cli {
namespace {

using api::BurstPeriod;
using api::Json;

bool is_over(const std::optional<BurstPeriod>& period, TimePoint now) {
  return !period || period->ends_at <= now || period->ends_at <= period->starts_at;
}

/// The burst from now on, or the one that is on, as far as it is not to be another.
Result<BurstPeriod> begun(const api::ResourcePool& pool, const BurstOptions& options,
                          TimePoint now) {
  const api::PoolBurst& burst = *pool.spec.burst;
  const bool is_on = !is_over(burst.period, now) && burst.period->starts_at <= now;
  BurstPeriod period = is_on ? *burst.period : BurstPeriod{};
  if (!is_on)
    period.starts_at = now;
  const TimePoint latest_end = period.starts_at + burst.max_duration;
  if (!options.duration.empty()) {
    BERTH_TRY(const Duration lasts, parse_duration(options.duration));
    period.ends_at = now + lasts;
    if (latest_end < period.ends_at)
      return fail(Code::Invalid, "--for: the burst of ResourcePool " + pool.meta.name +
                                     " may last until " + format_time(latest_end) +
                                     ": its spec.burst.maxDurationSeconds is " +
                                     std::to_string(burst.max_duration.count()));
  } else if (!is_on) {
    period.ends_at = latest_end;
  }
  if (!options.factor.empty())
    period.factor_percent = parse_factor_percent(options.factor);
  if (!options.resources.empty())
    period.resources = options.resources;
  period.cause = api::BurstCause::Forced; // whoever began it, it ends as was said here
  return period;
}

Json written(const BurstPeriod& period) {
  Json json = {{"startsAt", format_time(period.starts_at)},
               {"endsAt", format_time(period.ends_at)},
               {"resources", period.resources},
               {"cause", period.cause == api::BurstCause::Forced ? "Forced" : "Pressure"}};
  if (period.factor_percent)
    json["factorPercent"] = *period.factor_percent;
  return json;
}

} // namespace

Result<BurstEdit> decide_burst_edit(const Json& object, const BurstOptions& options,
                                    TimePoint now) {
  BERTH_TRY(const api::ResourcePool pool, api::decode<api::ResourcePool>(object));
  if (!pool.spec.burst)
    return fail(Code::Invalid,
                "ResourcePool " + pool.meta.name +
                    " allows no bursts: set its spec.burst, which may be {}, to allow them");
  const TimePoint second = std::chrono::floor<std::chrono::seconds>(now);
  BurstEdit edit;
  edit.uid = pool.meta.uid;
  edit.before = edit.after = pool.spec.burst->period;
  if (!options.end) {
    BERTH_TRY(edit.after, begun(pool, options, second));
  } else if (!is_over(edit.before, second)) {
    edit.after->ends_at = std::max(second, edit.after->starts_at);
  }
  edit.factor_percent = edit.after && edit.after->factor_percent ? *edit.after->factor_percent
                                                                 : pool.spec.burst->factor_percent;
  if (edit.after != edit.before)
    edit.patch = api::to_text(Json::array(
        {{{"op", "test"}, {"path", "/metadata/uid"}, {"value", edit.uid}},
         {{"op", "test"},
          {"path", "/spec/burst"},
          {"value", api::member_at(object, "/spec/burst")}},
         {{"op", "add"}, {"path", "/spec/burst/period"}, {"value", written(*edit.after)}}}));
  return edit;
}

std::optional<std::int32_t> parse_factor_percent(const std::string& text) {
  const bool is_plain = text.find_first_not_of("0123456789.") == std::string::npos;
  const auto quantity = resources::Quantity::parse(text);
  if (!is_plain || !quantity)
    return std::nullopt;
  const std::int64_t milli = quantity->milli_value().value();
  if (milli % 10 != 0 || milli < 1000 || milli > 3000)
    return std::nullopt;
  return static_cast<std::int32_t>(milli / 10);
}

} // namespace berth::cli
