#include "analyzer/external_metrics/api_answers.hpp"

#include "analyzer/external_metrics/api_request.hpp"
#include "lib/api/json.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::analyzer {
namespace {

using api::Json;

std::string group_version() {
  return std::string(kExternalMetricsGroup) + '/' + kExternalMetricsVersion;
}

/// It names its content type and forbids to guess another one: messages repeat what callers sent.
http::Response json_answer(int status, const Json& body) {
  return {status,
          {{"Content-Type", "application/json"},
           {"Cache-Control", "no-cache, private"},
           {"X-Content-Type-Options", "nosniff"}},
          api::to_text(body) + '\n'};
}

/// The word that clients go by; those of apimachinery's metav1.StatusReason.
const char* reason_of(int status) {
  switch (status) {
  case 400: return "BadRequest";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "NotFound";
  case 405: return "MethodNotAllowed";
  case 413: return "RequestEntityTooLarge";
  case 503: return "ServiceUnavailable";
  default: return "InternalError";
  }
}

} // namespace

http::Response group_answer() {
  const Json version{{"groupVersion", group_version()}, {"version", kExternalMetricsVersion}};
  return json_answer(200, {{"kind", "APIGroup"},
                           {"apiVersion", "v1"},
                           {"name", kExternalMetricsGroup},
                           {"versions", Json::array({version})},
                           {"preferredVersion", version}});
}

http::Response version_answer() {
  Json resources = Json::array();
  for (std::size_t i = 0; i < kForecastMetrics; ++i)
    resources.push_back({{"name", name_of(static_cast<ForecastMetric>(i))},
                         {"singularName", ""},
                         {"namespaced", true},
                         {"kind", "ExternalMetricValueList"},
                         {"verbs", Json::array({"get"})}});
  return json_answer(200, {{"kind", "APIResourceList"},
                           {"apiVersion", "v1"},
                           {"groupVersion", group_version()},
                           {"resources", std::move(resources)}});
}

http::Response values_answer(const std::vector<ForecastValue>& values, TimePoint as_of) {
  Json items = Json::array();
  for (const ForecastValue& one : values) {
    Json labels = Json::object();
    for (const auto& [key, value] : one.labels)
      labels[key] = value;
    items.push_back({{"metricName", name_of(one.metric)},
                     {"metricLabels", std::move(labels)},
                     {"timestamp", format_time(as_of)},
                     {"value", one.value->str()}});
  }
  return json_answer(200, {{"kind", "ExternalMetricValueList"},
                           {"apiVersion", group_version()},
                           {"metadata", Json::object()},
                           {"items", std::move(items)}});
}

http::Response status_answer(int status, std::string_view message) {
  return json_answer(status, {{"kind", "Status"},
                              {"apiVersion", "v1"},
                              {"metadata", Json::object()},
                              {"status", "Failure"},
                              {"message", message},
                              {"reason", reason_of(status)},
                              {"code", status}});
}

} // namespace berth::analyzer
