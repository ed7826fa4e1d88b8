// Whether forecasts and recommendations came true, and what that does to the trust in the next
// ones.

#include "analyzer/advise/verify.hpp"

#include <catch2/catch.hpp>

#include "analyzer/advise/forecaster.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;
using api::OutcomeResult;
using api::RecommendationKind;
using resources::Quantity;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// A recommendation to grow from 90 % to 60 %, made an hour ago: 8 to 10 cores were foreseen for
/// now.
std::shared_ptr<api::ScalingRecommendation> recommendation() {
  auto one = std::make_shared<api::ScalingRecommendation>();
  one->meta.name = "p-growpool-1";
  one->spec.kind = RecommendationKind::GrowPool;
  one->spec.expected_improvement =
      api::ExpectedImprovement{"cpu-peak-percent", Quantity::of(90), Quantity::of(60)};
  api::Evidence evidence;
  evidence.metric = "cpu";
  for (const auto& at : {kNow - 55min, kNow - 30min, kNow, kNow + 5h})
    evidence.forecast.push_back({at, Quantity::of(8), Quantity::of(9), Quantity::of(10)});
  one->spec.evidence = evidence;
  return one;
}

/// Nothing applied; so many millicores and percent at all times.
Proofs proofs(std::optional<double> milli, double percent, bool applied = false) {
  Proofs proofs;
  proofs.amount = [milli](const std::string&, TimePoint) { return milli; };
  proofs.percent = [percent](const std::string&, TimePoint) { return percent; };
  proofs.is_applied = [applied](const auto&) { return applied; };
  return proofs;
}

/// What becomes of `one`, and what was counted.
std::pair<api::ScalingRecommendationStatus, std::vector<Verified>>
verified(const std::shared_ptr<api::ScalingRecommendation>& one, const Proofs& with,
         TimePoint now = kNow + 5min) {
  Plan plan;
  std::vector<RecommendationPtr> all{one};
  auto found = verify(plan, all, with, now);
  const bool wrote = !plan.changed.empty();
  CHECK(wrote == (all[0]->status != one->status));
  return {all[0]->status, std::move(found)};
}

const api::Condition* condition(const api::ScalingRecommendationStatus& status, const char* type) {
  return api::find_condition(status.conditions, type);
}

} // namespace

TEST_CASE("the last point within the first hour decides") {
  CHECK(check_point(*recommendation()) == kNow);
  CHECK(check_point(api::ScalingRecommendation{}) == std::nullopt);
}

TEST_CASE("before its time nothing is said, and without a measurement nothing ever") {
  CHECK(verified(recommendation(), proofs(9000, 90), kNow + 2min).second.empty());
  CHECK(verified(recommendation(), proofs(std::nullopt, 90)).second.empty());
}

TEST_CASE("a forecast that held is Verified, one that did not is not, once each") {
  const auto [status, found] = verified(recommendation(), proofs(9500, 90));
  REQUIRE(found.size() == 1);
  CHECK(found[0].held);
  REQUIRE(condition(status, "Verified") != nullptr);
  CHECK(condition(status, "Verified")->status == ConditionStatus::True);
  CHECK(condition(status, "Verified")->reason == Reason::ForecastHeld);
  REQUIRE(status.outcome);
  CHECK(status.outcome->measured_at == kNow);
  CHECK(status.outcome->result == OutcomeResult::Unchanged); // nobody applied it
  CHECK(status.outcome->before == Quantity::of(90));

  auto again = recommendation();
  again->status = status;
  CHECK(verified(again, proofs(9500, 90), kNow + 1h).second.empty());

  const auto [missed, counted] = verified(recommendation(), proofs(4000, 40));
  REQUIRE(counted.size() == 1);
  CHECK_FALSE(counted[0].held);
  CHECK(condition(missed, "Verified")->status == ConditionStatus::False);
  CHECK(condition(missed, "Verified")->reason == Reason::ForecastMissed);
}

TEST_CASE("of what was applied the outcome says whether it became better") {
  const auto outcome = [](double percent_after) {
    auto one = recommendation();
    one->status.applied_at = kNow - 40min;
    return verified(one, proofs(9000, percent_after, true)).first.outcome->result;
  };
  CHECK(outcome(62) == OutcomeResult::Improved);
  CHECK(outcome(90.5) == OutcomeResult::Unchanged);
  CHECK(outcome(97) == OutcomeResult::Worse);
}

TEST_CASE("what pods were given in place is what their use is measured against") {
  auto one = recommendation();
  one->spec.kind = RecommendationKind::Resize;
  const auto after = [&one] {
    auto with = proofs(9000, 90, false); // of what the pod template still says
    with.granted = [](const auto&) { return std::optional(15'000.0); };
    return verified(one, with).first.outcome;
  };
  CHECK(after()->after == Quantity::of(90)); // not all pods have it
  one->status.applied_at = kNow - 40min;
  CHECK(after()->after == Quantity::of(60));
  CHECK(after()->result == OutcomeResult::Improved);
}

TEST_CASE("a forecast is not compared with what the change itself made another measurement") {
  using Row = std::pair<RecommendationKind, bool>;
  const auto row =
      GENERATE(Row{RecommendationKind::EnterBurst, false},
               Row{RecommendationKind::LeaveBurst, false}, Row{RecommendationKind::Resize, false},
               Row{RecommendationKind::ScaleOut, true}, Row{RecommendationKind::GrowPool, true});
  const auto one = recommendation();
  one->spec.kind = row.first;
  one->status.applied_at = kNow - 30min;
  const auto [status, found] = verified(one, proofs(50'000, 50, true));
  CHECK((condition(status, "Verified") != nullptr) == row.second);
  CHECK(found.empty() != row.second);
  REQUIRE(status.outcome); // what became of it is told all the same
  CHECK(status.outcome->result == OutcomeResult::Improved);
}

TEST_CASE("that it was applied is noted when it is seen") {
  const auto [status, found] = verified(recommendation(), proofs(std::nullopt, 0, true));
  CHECK(found.empty());
  CHECK(status.applied_at == kNow + 5min);
  REQUIRE(condition(status, "Applied") != nullptr);
  CHECK(condition(status, "Applied")->status == ConditionStatus::True);
}

TEST_CASE("a kind that missed is trusted less, and the others are not") {
  std::vector<RecommendationPtr> all;
  CHECK(track_record(all, RecommendationKind::GrowPool) == 1);
  double last = 1;
  for (int i = 0; i < 6; ++i) {
    auto one = recommendation();
    one->status = verified(one, proofs(1, 1)).first;
    all.push_back(one);
    const double record = track_record(all, RecommendationKind::GrowPool);
    CHECK(record < last);
    last = record;
  }
  CHECK(last < 0.5);
  CHECK(track_record(all, RecommendationKind::ShrinkPool) == 1);
}

TEST_CASE("a forecast holds within its interval, or where it is as exact as the past is kept") {
  const Forecast forecast{kNow, 80, 90, 100};
  CHECK(holds(forecast, 80));
  CHECK(holds(forecast, 100));
  CHECK_FALSE(holds(forecast, 101));
  CHECK_FALSE(holds(forecast, 79));
  CHECK(holds({kNow, 90, 90, 90}, 92));
  CHECK_FALSE(holds({kNow, 90, 90, 90}, 94));
}

TEST_CASE("forecasts are compared with what came, and trust falls where they missed") {
  telemetry::Registry registry;
  telemetry::AnalyzerMetrics metrics(registry);
  Forecaster forecaster(metrics);
  History history({});
  const auto run = [&](TimePoint from, int minutes, auto value) {
    for (int i = 0; i < minutes; ++i) {
      const TimePoint now = from + i * 1min;
      REQUIRE(history.add("s", {now, value(i)}, now));
      forecaster.begin_cycle(history, now);
      static_cast<void>(forecaster.foresee("s", *history.find("s"), StepValue::Mean, now));
    }
  };
  using telemetry::ForecastOutcome;
  using telemetry::ForecastReach;
  const auto count = [&](ForecastReach reach, ForecastOutcome outcome) {
    return metrics.forecasts(reach, outcome).value();
  };
  run(kNow, 300, [](int) { return 1000.0; });
  CHECK(forecaster.trust("s") == 1);
  CHECK(count(ForecastReach::Minutes, ForecastOutcome::Held) > 20);
  CHECK(count(ForecastReach::Hour, ForecastOutcome::Held) >= 2);
  CHECK(count(ForecastReach::Minutes, ForecastOutcome::Missed) == 0);
  // It jumps to another level every quarter of an hour: nobody can know when.
  run(kNow + 300min, 120, [](int i) { return i / 15 % 2 == 0 ? 9000.0 : 1000.0; });
  CHECK(count(ForecastReach::Minutes, ForecastOutcome::Missed) > 2);
  CHECK(forecaster.trust("s") < 1);
  CHECK(forecaster.trust("never seen") == 1);
}

TEST_CASE("only so many forecasts of the bank are made in a cycle, and all get their turn") {
  telemetry::Registry registry;
  telemetry::AnalyzerMetrics metrics(registry);
  Forecaster forecaster(metrics);
  History history({});
  constexpr int kSeries = Forecaster::kBankForecastsPerCycleMax + 5;
  const auto name = [](int i) { return "s" + std::to_string(i); };
  for (int i = 0; i < kSeries; ++i)
    for (int minute = 0; minute < 150; ++minute)
      REQUIRE(
          history.add(name(i), {kNow + minute * 1min, 5.0 + minute / 15}, kNow + minute * 1min));
  const auto by_bank = [&](TimePoint now) {
    forecaster.begin_cycle(history, now);
    int count = 0;
    for (int i = 0; i < kSeries; ++i)
      count += forecaster.foresee(name(i), *history.find(name(i)), StepValue::Mean, now).by_steps;
    return count;
  };
  CHECK(by_bank(kNow + 150min) == Forecaster::kBankForecastsPerCycleMax);
  CHECK(by_bank(kNow + 151min) == kSeries);
}

TEST_CASE("what was made smaller is worse where use reaches the threshold, and only there") {
  const auto result = [](double percent) {
    auto one = recommendation();
    one->spec.kind = RecommendationKind::ScaleIn;
    one->spec.expected_improvement =
        api::ExpectedImprovement{"cpu-peak-percent", Quantity::of(30), Quantity::of(40)};
    one->status.applied_at = kNow - 50min;
    Proofs with = proofs(9000, percent);
    with.too_much_percent = [](const std::string&) { return 70.0; };
    return verified(one, with).first.outcome->result;
  };
  CHECK(result(80) == OutcomeResult::Worse);
  CHECK(result(70) == OutcomeResult::Worse);
  CHECK(result(60) == OutcomeResult::Improved);
  CHECK(result(30) == OutcomeResult::Unchanged);
  CHECK(result(10) == OutcomeResult::Unchanged);
}

} // namespace berth::analyzer
