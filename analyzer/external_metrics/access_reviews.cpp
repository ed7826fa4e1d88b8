#include "analyzer/external_metrics/access_reviews.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/json.hpp"

namespace berth::analyzer {
namespace {

using api::Json;

/// Whoever is in it may do everything, and is not asked about, as in every API server.
constexpr std::string_view kMasters = "system:masters";

} // namespace

async::Task<Result<bool>> AccessReviews::may(RemoteUser user, ApiRequest request) {
  if (std::ranges::find(user.groups, kMasters) != user.groups.end())
    co_return true;
  std::string review = encode_access_review(user, request);
  co_await async::switch_to(executor_);
  const auto known = kept_.find(review);
  if (known != kept_.end() && executor_.clock().steady_now() < known->second.until)
    co_return known->second.allowed;
  BERTH_CO_CHECK(enter(user.name));
  const Result<bool> allowed = co_await ask(review);
  leave(user.name);
  if (allowed)
    keep(std::move(review), *allowed);
  using telemetry::ReviewOutcome;
  metrics_
      .access_reviews(!allowed   ? ReviewOutcome::Error
                      : *allowed ? ReviewOutcome::Allowed
                                 : ReviewOutcome::Denied)
      .add();
  co_return allowed;
}

Result<void> AccessReviews::enter(const std::string& user) {
  const auto own = in_flight_by_.find(user);
  if (own != in_flight_by_.end() && own->second >= kInFlightByUserMax)
    return fail(Code::Throttled, "too many access reviews of this user are under way");
  if (in_flight_ >= kInFlightMax)
    return fail(Code::Throttled, "too many access reviews are under way");
  ++in_flight_;
  ++in_flight_by_[user];
  return {};
}

void AccessReviews::leave(const std::string& user) {
  --in_flight_;
  const auto own = in_flight_by_.find(user);
  if (--own->second == 0)
    in_flight_by_.erase(own);
}

async::Task<Result<bool>> AccessReviews::ask(std::string review) {
  const std::string no_namespace;
  BERTH_CO_TRY(const std::string answer,
               co_await client_.create(kube::types::subject_access_review(), no_namespace,
                                       std::move(review)));
  co_return decode_access_review(answer);
}

/// Where there is no room the one that would be asked again first goes.
void AccessReviews::keep(std::string review, bool allowed) {
  const SteadyPoint now = executor_.clock().steady_now();
  std::erase_if(kept_, [&](const auto& one) { return one.second.until <= now; });
  if (kept_.size() >= kKeptMax)
    kept_.erase(std::ranges::min_element(
        kept_, {}, [](const auto& one) -> const SteadyPoint& { return one.second.until; }));
  kept_.insert_or_assign(std::move(review),
                         Kept{allowed, now + (allowed ? kAllowedKeptFor : kDeniedKeptFor)});
}

std::string encode_access_review(const RemoteUser& user, const ApiRequest& request) {
  Json spec{{"user", user.name}, {"groups", user.groups}};
  if (!user.uid.empty())
    spec["uid"] = user.uid;
  if (!user.extra.empty())
    spec["extra"] = user.extra;
  if (request.route == ApiRoute::Values)
    spec["resourceAttributes"] = {{"verb", "list"},
                                  {"group", kExternalMetricsGroup},
                                  {"version", kExternalMetricsVersion},
                                  {"resource", request.metric},
                                  {"namespace", request.ns}};
  else
    spec["nonResourceAttributes"] = {{"verb", "get"}, {"path", request.path}};
  return api::to_text({{"apiVersion", "authorization.k8s.io/v1"},
                       {"kind", "SubjectAccessReview"},
                       {"spec", std::move(spec)}});
}

Result<bool> decode_access_review(std::string_view text) {
  BERTH_TRY(const Json review, api::parse_json(text));
  const auto status = review.is_object() ? review.find("status") : review.end();
  if (status == review.end() || !status->is_object())
    return fail(Code::Invalid, "SubjectAccessReview: has no status");
  const auto allowed = status->find("allowed");
  if (allowed == status->end() || !allowed->is_boolean())
    return fail(Code::Invalid, "SubjectAccessReview: status.allowed: must be true or false");
  const auto denied = status->find("denied");
  return allowed->get<bool>() && (denied == status->end() || *denied != true);
}

} // namespace berth::analyzer
