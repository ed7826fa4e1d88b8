#include "operator/reservation/trigger_reading.hpp"

#include <algorithm>
#include <string>

#include "lib/api/json.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::op {
namespace {

using api::Json;
using resources::Amount;
using resources::Int128;
using resources::Quantity;

template <class T>
bool compares(api::Comparison op, const T& left, const T& right) {
  switch (op) {
  case api::Comparison::GreaterThan: return left > right;
  case api::Comparison::GreaterThanOrEqual: return left >= right;
  case api::Comparison::LessThan: return left < right;
  case api::Comparison::LessThanOrEqual: return left <= right;
  }
  return false;
}

struct Series {
  TimePoint at{};
  Quantity value{};
};

Result<Series> read_series(const Json& item) {
  const auto text = [&](const char* name) -> const std::string* {
    const auto at = item.is_object() ? item.find(name) : item.end();
    return at != item.end() && at->is_string() ? &at->get_ref<const std::string&>() : nullptr;
  };
  const std::string* value = text("value");
  const std::string* timestamp = text("timestamp");
  if (value == nullptr || timestamp == nullptr)
    return fail(Code::Invalid, "a series has no value or no timestamp");
  const auto amount = Quantity::parse(*value);
  const auto at = parse_time(*timestamp);
  if (!amount || !at)
    return fail(Code::Invalid, "the value or the timestamp of a series cannot be read");
  return Series{std::chrono::floor<std::chrono::seconds>(*at), *amount};
}

} // namespace

Result<TriggerMeasurement> read_utilization(const api::ReservationTrigger& trigger,
                                            const api::ResourcePool* pool) {
  if (pool == nullptr)
    return fail(Code::NotFound, "the pool does not exist");
  const auto& resource = trigger.utilization->resource;
  const auto measured = api::measured_use(*pool);
  const Amount whole = measured ? measured->capacity.get(resource) : Amount{};
  if (!measured || !measured->used.contains(resource) || whole <= Amount{})
    return fail(Code::NotFound, "the use of " + std::string(resource.str()) + " in ResourcePool " +
                                    pool->meta.name + " is not measured");
  const Amount used = measured->used.get(resource);
  constexpr std::int64_t kMilliPerWhole = 100'000;
  return TriggerMeasurement{
      std::chrono::floor<std::chrono::seconds>(measured->at),
      Quantity::of(resources::scaled(used, 100, whole.value()).value()),
      compares(trigger.op, Int128{used.value()} * kMilliPerWhole,
               Int128{trigger.value.milli_value().value()} * Int128{whole.value()})};
}

Result<TriggerMeasurement> read_metric(const api::ReservationTrigger& trigger,
                                       std::string_view list) {
  BERTH_TRY(const Json json, api::parse_json(list));
  const auto items = json.is_object() ? json.find("items") : json.end();
  if (items == json.end() || !items->is_array())
    return fail(Code::Invalid, "the answer is no list of values");
  if (items->empty())
    return fail(Code::NotFound, "no series matches");
  if (items->size() > kMetricSeriesMax)
    return fail(Code::Invalid, "more than " + std::to_string(kMetricSeriesMax) + " series match");
  BERTH_TRY(Series sum, read_series(items->front()));
  for (std::size_t i = 1; i < items->size(); ++i) {
    BERTH_TRY(const Series series, read_series((*items)[i]));
    sum.at = std::min(sum.at, series.at);
    sum.value = Quantity::of_milli((sum.value.milli_value() + series.value.milli_value()).value());
  }
  return TriggerMeasurement{sum.at, sum.value, compares(trigger.op, sum.value, trigger.value)};
}

} // namespace berth::op
