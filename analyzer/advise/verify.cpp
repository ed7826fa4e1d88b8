#include "analyzer/advise/verify.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "analyzer/advise/forecaster.hpp"
#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/pool_measures.hpp"

namespace berth::analyzer {
namespace {

constexpr const char* kVerified = "Verified";
/// What is measured within this around a time is the measurement at that time.
constexpr Duration kHalfStep = std::chrono::seconds{150};
/// A change of less than this is none.
constexpr double kSamePercent = 1;
/// A kind starts with the credit of so many that held.
constexpr double kCredit = 4;

resources::ResourceName resource_of(const std::string& metric) {
  const auto slash = metric.rfind('/');
  return resources::ResourceName{slash == std::string::npos ? metric : metric.substr(slash + 1)};
}

/// In base units; of a share in thousandths.
double value_of(const Proofs& proofs, const std::string& metric,
                const resources::Quantity& quantity) {
  if (is_share(metric))
    return static_cast<double>(quantity.milli_value().value());
  const bool is_policys = metric.starts_with("metric/");
  const auto resource = is_policys && proofs.counted_as ? proofs.counted_as(metric)
                        : is_policys                    ? resources::ResourceName::cpu()
                                                        : resource_of(metric);
  return static_cast<double>(amount_of(resource, quantity).value());
}

const api::ForecastPoint* deciding_point(const api::ScalingRecommendation& one) {
  const api::ForecastPoint* found = nullptr;
  if (!one.spec.evidence)
    return nullptr;
  const auto& points = one.spec.evidence->forecast;
  for (const auto& point : points)
    if (point.at - points.front().at < std::chrono::hours{1})
      found = &point;
  return found;
}

Forecast to_forecast(const Proofs& proofs, const std::string& metric,
                     const api::ForecastPoint& point) {
  return {point.at, value_of(proofs, metric, point.p10), value_of(proofs, metric, point.p50),
          value_of(proofs, metric, point.p90)};
}

/// Whether what was measured went from where it was towards where it should be, and for what was
/// made smaller, not as far as where trouble begins.
api::OutcomeResult result_of(const api::ExpectedImprovement& expected, double after,
                             std::optional<double> too_much) {
  const auto from = static_cast<double>(expected.from.milli_value().value()) / 1000;
  const auto to = static_cast<double>(expected.to.milli_value().value()) / 1000;
  if (from < to && too_much) {
    if (after >= *too_much)
      return api::OutcomeResult::Worse;
    return after > from + kSamePercent ? api::OutcomeResult::Improved
                                       : api::OutcomeResult::Unchanged;
  }
  if (std::abs(after - from) <= kSamePercent)
    return api::OutcomeResult::Unchanged;
  return (after < from) == (to < from) ? api::OutcomeResult::Improved : api::OutcomeResult::Worse;
}

std::string verified_message(const Forecast& forecast, double amount, const std::string& metric) {
  std::array<char, 192> text{};
  std::snprintf(text.data(), text.size(), "%.4g was measured where %.4g to %.4g was foreseen",
                amount, forecast.p10, forecast.p90);
  return metric + ": " + text.data();
}

/// True if the status was changed.
bool note_applied(const api::ScalingRecommendation& one, api::ScalingRecommendationStatus& status,
                  const Proofs& proofs, TimePoint now) {
  if (status.applied_at || !proofs.is_applied(one))
    return false;
  status = with_applied(std::move(status), Reason::Applied,
                        "The target is as the recommendation asks for", now);
  return true;
}

/// Whether the forecast is of what was measured: it was made without the change. A burst changes
/// what is charged, a resize replaces the pods that were measured, and moves and what resolves a
/// bottleneck change what the forecast is of; replicas and nodes share the same work however many
/// they are.
bool is_comparable(const api::ScalingRecommendation& one,
                   const api::ScalingRecommendationStatus& status, TimePoint at) {
  using api::RecommendationKind;
  const auto changes_it = [](RecommendationKind kind) {
    switch (kind) {
    case RecommendationKind::EnterBurst:
    case RecommendationKind::LeaveBurst:
    case RecommendationKind::Resize:
    case RecommendationKind::Rebalance:
    case RecommendationKind::Defragment:
    case RecommendationKind::ResolveBottleneck: return true;
    default: return false;
    }
  };
  return !changes_it(one.spec.kind) || !status.applied_at || at <= *status.applied_at;
}

void set_verified(const api::ScalingRecommendation& one, api::ScalingRecommendationStatus& status,
                  const Forecast& forecast, double amount, TimePoint now) {
  const std::string& metric = one.spec.evidence->metric;
  const bool held = holds(forecast, amount);
  api::Condition verified;
  verified.type = kVerified;
  verified.status = held ? api::ConditionStatus::True : api::ConditionStatus::False;
  verified.reason = held ? Reason::ForecastHeld : Reason::ForecastMissed;
  verified.message = verified_message(forecast, amount, metric);
  api::set_condition(status.conditions, std::move(verified), now);
}

/// What a comparison came to: an outcome, and where it says something of forecasts whether that one
/// held.
struct Compared {
  bool is_due = false;
  std::optional<bool> held{};
};

Compared note_verified(const api::ScalingRecommendation& one,
                       api::ScalingRecommendationStatus& status, const Proofs& proofs,
                       TimePoint now) {
  const auto* point = deciding_point(one);
  if (point == nullptr || !awaits_verification(one) || now < point->at + kHalfStep)
    return {};
  const std::string& metric = one.spec.evidence->metric;
  const auto amount = proofs.amount(metric, point->at);
  if (!amount)
    return {}; // nobody will ever know
  Compared compared{true, std::nullopt};
  const Forecast forecast = to_forecast(proofs, metric, *point);
  if (is_comparable(one, status, point->at)) {
    compared.held = holds(forecast, *amount);
    set_verified(one, status, forecast, *amount, now);
  }
  api::RecommendationOutcome outcome;
  outcome.measured_at = point->at;
  const auto granted = status.applied_at && proofs.granted ? proofs.granted(one) : std::nullopt;
  const auto after = granted && *granted > 0 ? std::optional(100 * *amount / *granted)
                                             : proofs.percent(metric, point->at);
  if (one.spec.expected_improvement && after) {
    outcome.before = one.spec.expected_improvement->from;
    outcome.after = percent_quantity(*after);
    if (status.applied_at && *status.applied_at < point->at)
      outcome.result =
          result_of(*one.spec.expected_improvement, *after,
                    proofs.too_much_percent ? proofs.too_much_percent(metric) : std::nullopt);
  }
  status.outcome = outcome;
  return compared;
}

} // namespace

std::optional<TimePoint> check_point(const api::ScalingRecommendation& one) {
  const auto* point = deciding_point(one);
  return point == nullptr ? std::nullopt : std::optional(point->at);
}

bool awaits_verification(const api::ScalingRecommendation& one) {
  const auto due = check_point(one);
  return due && (!one.status.outcome || one.status.outcome->measured_at < *due);
}

std::vector<Verified> verify(Plan& plan, std::vector<RecommendationPtr>& recommendations,
                             const Proofs& proofs, TimePoint now) {
  std::vector<Verified> found;
  for (auto& one : recommendations) {
    api::ScalingRecommendationStatus status = one->status;
    const bool applied = note_applied(*one, status, proofs, now);
    const Compared compared = note_verified(*one, status, proofs, now);
    if (compared.held)
      found.push_back({one->spec.kind, *compared.held});
    if (!applied && !compared.is_due)
      continue;
    auto noted = std::make_shared<api::ScalingRecommendation>(*one);
    noted->status = status;
    one = std::move(noted);
    change_status(plan, {one->meta, std::move(status)});
  }
  return found;
}

double track_record(const std::vector<RecommendationPtr>& all, api::RecommendationKind kind) {
  double held = 0;
  double missed = 0;
  for (const auto& one : all) {
    const auto* verified = api::find_condition(one->status.conditions, kVerified);
    if (one->spec.kind != kind || verified == nullptr)
      continue;
    (verified->status == api::ConditionStatus::True ? held : missed) += 1;
  }
  return (held + kCredit) / (held + missed + kCredit);
}

} // namespace berth::analyzer
