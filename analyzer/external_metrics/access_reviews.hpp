#pragma once
// AccessReviews: whether a user may ask for something, as the API server says
// (SubjectAccessReview). Its answers are kept for seconds, yes and no alike, so that a right that
// was taken away is gone soon and a caller without one costs the API server little. What it could
// not be asked is an error, never a yes.

#include <map>
#include <string>

#include "analyzer/external_metrics/api_request.hpp"
#include "analyzer/external_metrics/front_proxy.hpp"
#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::analyzer {

class AccessReviews {
public:
  AccessReviews(kube::Client& client, async::Executor& executor,
                telemetry::ExternalMetricsMetrics& metrics)
      : client_(client), executor_(executor), metrics_(metrics) {}

  /// May be awaited on any thread; goes on on the executor. `request` is of a route that is served.
  [[nodiscard]] async::Task<Result<bool>> may(RemoteUser user, ApiRequest request);

  static constexpr Duration kAllowedKeptFor = std::chrono::seconds{10};
  static constexpr Duration kDeniedKeptFor = std::chrono::seconds{10};
  static constexpr std::size_t kKeptMax = 1000;
  /// More at once are turned away, so that callers cannot use up the analyzer's own calls.
  static constexpr std::size_t kInFlightMax = 32;
  /// Of one user, so that none keeps the autoscalers' controller waiting, which asks for five
  /// autoscalers at once unless it is told otherwise.
  static constexpr std::size_t kInFlightByUserMax = 8;

private:
  struct Kept {
    bool allowed = false;
    SteadyPoint until{};
  };

  /// Throttled: there is no room. Else leave() is to follow.
  [[nodiscard]] Result<void> enter(const std::string& user);
  void leave(const std::string& user);
  [[nodiscard]] async::Task<Result<bool>> ask(std::string review);
  void keep(std::string review, bool allowed);

  kube::Client& client_;
  async::Executor& executor_;
  telemetry::ExternalMetricsMetrics& metrics_;
  std::map<std::string, Kept, std::less<>> kept_; ///< by the review's text; on the executor
  std::size_t in_flight_ = 0;
  std::map<std::string, std::size_t, std::less<>> in_flight_by_; ///< user; those with any
};

/// The SubjectAccessReview that asks for it; the same question gives the same text.
[[nodiscard]] std::string encode_access_review(const RemoteUser& user, const ApiRequest& request);
/// Invalid if it is no answered SubjectAccessReview.
[[nodiscard]] Result<bool> decode_access_review(std::string_view text);

} // namespace berth::analyzer
