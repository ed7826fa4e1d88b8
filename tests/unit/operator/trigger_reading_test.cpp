#include <catch2/catch.hpp>

#include "lib/api/codec.hpp"
#include "operator/reservation/trigger_reading.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using resources::Quantity;

namespace {

api::ReservationTrigger trigger_at(const std::string& value,
                                   api::Comparison op = api::Comparison::GreaterThanOrEqual) {
  api::ReservationTrigger trigger;
  trigger.utilization = api::TriggerUtilization{resources::ResourceName::cpu()};
  trigger.op = op;
  trigger.value = Quantity::parse(value).value();
  return trigger;
}

api::ResourcePool pool_of(const std::string& used, const std::string& measured_capacity) {
  const std::string status =
      R"("measuredAt": "2026-09-21T14:13:20Z", "resources": [{"name": "cpu", "used": ")" + used +
      R"(", "measuredCapacity": ")" + measured_capacity + R"("}])";
  return api::decode_text<api::ResourcePool>(
             R"({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool",
                 "metadata": {"name": "p"}, "spec": {}, "status": {)" +
             status + "}}")
      .value();
}

std::string series(const std::string& value, const std::string& second) {
  return R"({"metricName": "queue_depth", "timestamp": "2026-09-21T14:13:)" + second +
         R"(Z", "value": ")" + value + R"("})";
}

std::string list_of(const std::string& items) {
  return R"({"kind": "ExternalMetricValueList", "items": [)" + items + "]}";
}

} // namespace

TEST_CASE("R2: utilization is the measured use in percent of what was measured, compared exactly") {
  const auto pool = pool_of("79999m", "100");
  const auto below = read_utilization(trigger_at("80"), &pool);
  REQUIRE(below);
  CHECK_FALSE(below->holds);
  CHECK(below->value == Quantity::of(79));
  CHECK(below->at == TimePoint{1'790'000'000s});
  CHECK(read_utilization(trigger_at("79.999"), &pool)->holds);
  CHECK_FALSE(read_utilization(trigger_at("79.999", api::Comparison::GreaterThan), &pool)->holds);
  CHECK(read_utilization(trigger_at("79.999", api::Comparison::LessThanOrEqual), &pool)->holds);
  CHECK(read_utilization(trigger_at("80", api::Comparison::LessThan), &pool)->holds);
}

TEST_CASE("R2: use that is not measured is unknown, and never zero") {
  auto trigger = trigger_at("80", api::Comparison::LessThan);
  CHECK_FALSE(read_utilization(trigger, nullptr));
  auto pool = pool_of("1", "100");
  trigger.utilization->resource = resources::ResourceName::memory();
  const auto unknown = read_utilization(trigger, &pool);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "the use of memory in ResourcePool p is not measured");
  trigger.utilization->resource = resources::ResourceName::cpu();
  CHECK(read_utilization(trigger, &pool)->holds);
  pool.status.measured_at.reset();
  CHECK_FALSE(read_utilization(trigger, &pool));
}

TEST_CASE("R2: a metric is compared in its own unit, and several series are added up") {
  auto trigger = trigger_at("1500m", api::Comparison::GreaterThan);
  const auto one = read_metric(trigger, list_of(series("1500m", "20")));
  REQUIRE(one);
  CHECK_FALSE(one->holds);
  CHECK(one->value == Quantity::of_milli(1500));
  const auto two = read_metric(trigger, list_of(series("1500m", "20") + "," + series("1", "05")));
  REQUIRE(two);
  CHECK(two->holds);
  CHECK(two->value == Quantity::of_milli(2500));
  CHECK(two->at == TimePoint{1'789'999'985s}); // as old as its oldest part
}

TEST_CASE("R2: an answer that is no list of values is unknown") {
  const auto trigger = trigger_at("1");
  for (const std::string answer :
       {"", "[]", "{}", R"({"items": {}})", R"({"items": []})", R"({"items": [1]})",
        R"({"items": [{"value": "1"}]})", R"({"items": [{"timestamp": "2026-09-21T14:13:20Z"}]})",
        R"({"items": [{"value": "many", "timestamp": "2026-09-21T14:13:20Z"}]})",
        R"({"items": [{"value": "1", "timestamp": "today"}]})"}) {
    CAPTURE(answer);
    CHECK_FALSE(read_metric(trigger, answer));
  }
  std::string many = series("1", "20");
  for (std::size_t i = 0; i < kMetricSeriesMax; ++i)
    many += "," + series("1", "20");
  CHECK_FALSE(read_metric(trigger, list_of(many)));
}
