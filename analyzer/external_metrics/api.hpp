#pragma once
// Api: external.metrics.k8s.io/v1beta1 as an aggregated API. In this order: who asks (FrontProxy),
// for what (ApiRequest), whether they may (AccessReviews), and only then what is known of it
// (ForecastBoard). Each refusal is a Status. It never redirects: a client would follow with the
// credentials of the API server.

#include <atomic>
#include <memory>
#include <utility>

#include "analyzer/external_metrics/access_reviews.hpp"
#include "analyzer/external_metrics/board.hpp"
#include "analyzer/external_metrics/front_proxy.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::analyzer {

/// What the front proxy is believed by now; null: not known yet, and nobody is believed. From any
/// thread. std::atomic<std::shared_ptr> races in g++ 12.
class FrontProxyPointer {
public:
  [[nodiscard]] std::shared_ptr<const FrontProxy> load() const { return std::atomic_load(&proxy_); }
  void store(std::shared_ptr<const FrontProxy> proxy) {
    std::atomic_store(&proxy_, std::move(proxy));
  }

private:
  std::shared_ptr<const FrontProxy> proxy_{};
};

class Api {
public:
  /// All must outlive it.
  struct Parts {
    const ForecastBoard& board;
    const FrontProxyPointer& front_proxy;
    AccessReviews& reviews;
    const Clock& clock;
    telemetry::ExternalMetricsMetrics& metrics;
  };
  explicit Api(Parts parts) : parts_(parts) {}

  /// The http::Handler. Safe to call from several threads.
  [[nodiscard]] async::Task<http::Response> handle(http::Request request);

private:
  [[nodiscard]] Result<RemoteUser> who(const http::Request& request) const;
  [[nodiscard]] http::Response answer(const ApiRequest& request);
  [[nodiscard]] http::Response refuse(telemetry::MetricsAnswer outcome, int status,
                                      std::string_view message) const;

  Parts parts_;
};

} // namespace berth::analyzer
