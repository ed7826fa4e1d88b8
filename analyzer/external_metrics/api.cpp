#include "analyzer/external_metrics/api.hpp"

#include <utility>

#include "analyzer/external_metrics/api_answers.hpp"

namespace berth::analyzer {
namespace {

using telemetry::MetricsAnswer;

/// In the words of the API server.
std::string forbidden(const RemoteUser& user, const ApiRequest& request) {
  const std::string who = "User \"" + user.name + "\" cannot ";
  if (request.route != ApiRoute::Values)
    return who + "get path \"" + request.path + '"';
  return who + "list resource \"" + request.metric + "\" in API group \"" + kExternalMetricsGroup +
         "\" in the namespace \"" + request.ns + '"';
}

} // namespace

async::Task<http::Response> Api::handle(http::Request request) {
  const Result<ApiRequest> asked = decode_api_request(request.target);
  const Result<RemoteUser> user = who(request);
  if (!user)
    co_return refuse(MetricsAnswer::Unauthorized, 401, user.error().message);
  if (!asked)
    co_return refuse(MetricsAnswer::Invalid, asked.error().code == Code::TooLarge ? 413 : 400,
                     asked.error().message);
  // Before any right is asked about: the API server looks for /openapi, and takes a 404 for "none".
  if (asked->route == ApiRoute::None)
    co_return refuse(MetricsAnswer::NotFound, 404, "there is nothing at this path");
  if (request.method != "GET" && request.method != "HEAD")
    co_return refuse(MetricsAnswer::Invalid, 405, "metrics can be read, and nothing else");
  const Result<bool> may = co_await parts_.reviews.may(*user, *asked);
  if (!may)
    co_return refuse(MetricsAnswer::Error, 503,
                     "whether this is allowed cannot be told: " + may.error().message);
  if (!*may)
    co_return refuse(MetricsAnswer::Forbidden, 403, forbidden(*user, *asked));
  co_return answer(*asked);
}

Result<RemoteUser> Api::who(const http::Request& request) const {
  const auto proxy = parts_.front_proxy.load();
  if (!proxy)
    return fail(Code::Unauthorized, "the front proxy is not known yet");
  return remote_user(request, *proxy, parts_.clock.now());
}

http::Response Api::answer(const ApiRequest& request) {
  if (request.route != ApiRoute::Values) {
    parts_.metrics.requests(MetricsAnswer::Ok).add();
    return request.route == ApiRoute::Group ? group_answer() : version_answer();
  }
  const auto metric = forecast_metric_from(request.metric);
  if (!metric)
    return refuse(MetricsAnswer::NotFound, 404,
                  "there is no metric \"" + request.metric + "\" here");
  const auto table = parts_.board.look();
  if (!table)
    return refuse(MetricsAnswer::Unknown, 503,
                  "MetricsStale: the analyzer has made no forecasts lately");
  const auto values = select(*table, {request.ns, *metric, request.selector});
  if (!values && values.error().code == Code::TooLarge)
    return refuse(MetricsAnswer::Invalid, 400, values.error().message);
  if (!values)
    return refuse(MetricsAnswer::Unknown, 503, values.error().message);
  parts_.metrics.requests(values->empty() ? MetricsAnswer::Unknown : MetricsAnswer::Ok).add();
  return values_answer(*values, table->as_of);
}

http::Response Api::refuse(MetricsAnswer outcome, int status, std::string_view message) const {
  parts_.metrics.requests(outcome).add();
  return status_answer(status, message);
}

} // namespace berth::analyzer
