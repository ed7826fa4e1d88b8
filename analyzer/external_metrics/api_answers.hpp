#pragma once
// The objects that external.metrics.k8s.io/v1beta1 answers with, as HTTP responses.

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/external_metrics/forecasts.hpp"
#include "lib/http/message.hpp"

namespace berth::analyzer {

/// APIGroup.
[[nodiscard]] http::Response group_answer();
/// APIResourceList: every metric that is served.
[[nodiscard]] http::Response version_answer();
/// ExternalMetricValueList of values that are known; foreseen at `as_of`.
[[nodiscard]] http::Response values_answer(const std::vector<ForecastValue>& values,
                                           TimePoint as_of);

/// Why a request is not answered, as a Status: 400, 401, 403, 404, 405, 413, 500 or 503.
[[nodiscard]] http::Response status_answer(int status, std::string_view message);

} // namespace berth::analyzer
