// What is written of a finding that the API already has.

#include "analyzer/advise/plan.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// That the pool "p" should grow, since `metric` is high and will be.
Finding growth_for(const std::string& metric) {
  Finding finding;
  finding.meta.ns = "berth-system";
  finding.spec.target_ref = {api::ScalingTargetKind::ResourcePool, "p"};
  finding.spec.kind = api::RecommendationKind::GrowPool;
  finding.spec.action.patch = R"({"spec":{"elastic":{"minNodes":12}}})";
  finding.spec.evidence.emplace();
  finding.spec.evidence->metric = metric;
  finding.spec.evidence->forecast = {{kNow + 30min, {}, {}, {}}};
  finding.spec.expected_improvement = api::ExpectedImprovement{metric + "-peak-percent", {}, {}};
  finding.message = metric + " is at 90 %";
  return finding;
}

/// What the renewal of `last`, which is about to end, says when `next` is found.
api::ScalingRecommendation renewed(const Finding& last, const Finding& next) {
  const AdvisorOptions options;
  Plan plan;
  const auto known =
      std::make_shared<const api::ScalingRecommendation>(recommendation_for(last, 1min, kNow));
  advise_or_renew(plan, next, {known}, options, kNow);
  REQUIRE(plan.advised.size() == 1);
  return plan.advised[0].object;
}

} // namespace

TEST_CASE("a renewal keeps the forecast that is still to be compared with what comes") {
  Finding next = growth_for("cpu");
  next.spec.evidence->forecast = {{kNow + 90min, {}, {}, {}}};
  CHECK(renewed(growth_for("cpu"), next).spec.evidence == growth_for("cpu").spec.evidence);
}

TEST_CASE("a renewal that rests on another metric brings the evidence that its words are about") {
  const auto object = renewed(growth_for("cpu"), growth_for("memory"));
  REQUIRE(object.spec.evidence);
  CHECK(object.spec.evidence->metric == "memory");
  CHECK(object.spec.expected_improvement->what == "memory-peak-percent");
  CHECK(object.status.conditions.at(0).message == "memory is at 90 %");
}

} // namespace berth::analyzer
