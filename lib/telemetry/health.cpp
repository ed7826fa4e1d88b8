#include "lib/telemetry/health.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace berth::telemetry {
namespace {

http::Response answer_one(const std::string& name, const Result<void>& outcome);
http::Response plain(int status, std::string body);
bool is_excluded(std::string_view target, std::string_view name);

constexpr std::string_view kShutdown = "shutdown";

} // namespace

void Health::add_liveness(std::string name, Check check) {
  liveness_.push_back({std::move(name), std::move(check)});
}

void Health::add_readiness(std::string name, Check check) {
  readiness_.push_back({std::move(name), std::move(check)});
}

http::Response Health::answer(const http::Request& request) const {
  const std::string_view path = http::path_of(request.target);
  const std::string_view kind = path.substr(0, path.find('/', 1));
  const bool is_ready = kind == "/readyz";
  if (!is_ready && kind != "/livez" && kind != "/healthz")
    return plain(404, "404 page not found\n");
  if (request.method != "GET" && request.method != "HEAD")
    return plain(405, "only GET is answered\n");
  Checks checks = is_ready ? readiness_ : liveness_;
  if (is_ready)
    checks.push_back({std::string(kShutdown), [this]() -> Result<void> {
                        if (shutting_down_.load(std::memory_order_relaxed))
                          return fail(Code::Unavailable, "the program is shutting down");
                        return {};
                      }});
  if (path.size() == kind.size())
    return answer_all(checks, kind.substr(1), request.target);
  const std::string_view name = path.substr(kind.size() + 1);
  const auto found = std::ranges::find(checks, name, &Named::name);
  return found == checks.end() ? plain(404, "404 page not found\n")
                               : answer_one(found->name, found->check());
}

http::Response Health::answer_all(const Checks& checks, std::string_view kind,
                                  std::string_view target) const {
  std::string report;
  bool all_passed = true;
  for (const Named& named : checks) {
    if (is_excluded(target, named.name)) {
      report.append("[+]").append(named.name).append(" excluded: ok\n");
      continue;
    }
    const Result<void> outcome = named.check();
    all_passed = all_passed && outcome.has_value();
    report.append(outcome ? "[+]" : "[-]").append(named.name);
    report.append(outcome ? " ok\n" : " failed: " + outcome.error().message + "\n");
  }
  if (!all_passed)
    return plain(500, report.append(kind).append(" check failed\n"));
  if (http::query_value(target, "verbose"))
    return plain(200, report.append(kind).append(" check passed\n"));
  return plain(200, "ok");
}

Result<std::unique_ptr<HealthServer>>
HealthServer::start(http::ServerOptions options, const Health& health, const Registry& registry) {
  auto handler = [&health, &registry](http::Request request) -> async::Task<http::Response> {
    if (http::path_of(request.target) != "/metrics")
      co_return health.answer(request);
    http::Response response = plain(200, registry.exposition());
    response.headers = http::Headers();
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
  };
  BERTH_TRY(auto server, http::Server::start(std::move(options), std::move(handler)));
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(server)));
}

namespace {

http::Response answer_one(const std::string& name, const Result<void>& outcome) {
  if (outcome)
    return plain(200, "ok");
  return plain(500, "internal server error: " + name + ": " + outcome.error().message + "\n");
}

http::Response plain(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

/// Whether one of the ?exclude= parameters names the check.
bool is_excluded(std::string_view target, std::string_view name) {
  return std::ranges::any_of(http::query_values(target, "exclude"),
                             [&](const std::string& value) { return value == name; });
}

} // namespace

} // namespace berth::telemetry
