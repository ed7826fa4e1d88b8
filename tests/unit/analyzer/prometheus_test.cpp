// Answers of Prometheus as its API documentation writes them, and what is made of others.

#include "analyzer/sources/prometheus.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "lib/async/executor.hpp"
#include "lib/kube/token_source.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

std::string matrix(const std::string& result) {
  return R"({"status": "success", "data": {"resultType": "matrix", "result": [)" + result + "]}}";
}

std::string series(const std::string& values) {
  return R"({"metric": {"__name__": "up", "job": "prometheus", "instance": "localhost:9090"},
             "values": [)" +
         values + "]}";
}

/// A transport that answers what the test says.
struct CannedTransport final : http::Transport {
  async::Task<Result<http::Response>> send(http::Request request,
                                           http::SendOptions options) override {
    asked = std::move(request);
    allowed = options;
    if (failure)
      co_return fail(*failure);
    co_return answer;
  }
  async::Task<Result<http::StreamedResponse>> open(http::Request, http::StreamOptions) override {
    co_return fail(Code::Invalid, "not asked for");
  }

  http::Request asked{};
  http::SendOptions allowed{};
  http::Response answer{};
  std::optional<Error> failure{};
};

Result<std::vector<Sample>> read(CannedTransport& transport, kube::TokenSource* tokens = nullptr) {
  Prometheus prometheus(transport, tokens);
  RangeQuery query{"sum(rate(http_requests_total[5m]))", TimePoint{1s}, TimePoint{61s}, 60s};
  std::optional<Result<std::vector<Sample>>> found;
  const auto run = [&]() -> async::Task<void> {
    auto result = co_await prometheus.read(query);
    found = std::move(result);
  };
  async::start(run());
  REQUIRE(found);
  return *found;
}

} // namespace

TEST_CASE("a range is read point by point") {
  const auto read = decode_range(
      matrix(series(R"([1435781430.781, "1"], [1435781445.781, "1.5e3"], [1435781460.781, "0"])")));
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  CHECK((*read)[0] == Sample{TimePoint{1435781430781ms}, 1});
  CHECK((*read)[1].value == 1500);
}

TEST_CASE("values that are no numbers are given on to be counted") {
  const auto read = decode_range(matrix(series(R"([1, "NaN"], [2, "+Inf"], [3, "-Inf"])")));
  REQUIRE(read);
  CHECK(std::isnan((*read)[0].value));
  CHECK(std::isinf((*read)[1].value));
}

TEST_CASE("no series is nothing known, and not zero") {
  const auto read = decode_range(matrix(""));
  REQUIRE(read);
  CHECK(read->empty());
}

TEST_CASE("an expression that gives many series is refused, with their number") {
  const auto read = decode_range(matrix(series(R"([1, "1"])") + "," + series(R"([1, "2"])")));
  REQUIRE_FALSE(read);
  CHECK(read.error().message.find("2 series") != std::string::npos);
}

TEST_CASE("an error of Prometheus is told in its words") {
  const auto read = decode_range(
      R"({"status": "error", "errorType": "bad_data", "error": "invalid parameter \"query\": 1:5: parse error"})");
  REQUIRE_FALSE(read);
  CHECK(read.error().message.find("bad_data: invalid parameter") != std::string::npos);
}

TEST_CASE("what is no answer is refused") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "[]", "<html>", R"({"status": "success"})",
               R"({"status": "success", "data": {"resultType": "vector", "result": []}})",
               R"({"status": "success", "data": {"resultType": "matrix", "result": {}}})",
               R"({"status": "success", "data": {"resultType": "matrix", "result": [7]}})",
               matrix(R"({"metric": {}})"), matrix(series(R"([1, 1])")),
               matrix(series(R"(["1", "1"])")), matrix(series(R"([1, "1", 2])")),
               matrix(series(R"([1, "x"])")), matrix(series(R"([1e300, "1"])")),
               matrix(series(R"([2, "1"], [1, "1"])")), matrix(series(R"([1, "1"], [1, "1"])")));
  CAPTURE(text);
  CHECK_FALSE(decode_range(text));
}

TEST_CASE("more points than the limit are refused") {
  PrometheusLimits limits;
  limits.points_max = 2;
  CHECK(decode_range(matrix(series(R"([1, "1"], [2, "1"])")), limits));
  CHECK_FALSE(decode_range(matrix(series(R"([1, "1"], [2, "1"], [3, "1"])")), limits));
}

TEST_CASE("the request names the expression and the range, and carries the token") {
  CannedTransport transport;
  transport.answer.status = 200;
  transport.answer.body = matrix(series(R"([1, "4"])"));
  kube::StaticTokenSource tokens("secret");
  const auto found = read(transport, &tokens);
  REQUIRE(found);
  CHECK(transport.asked.target ==
        "/api/v1/query_range?query=sum%28rate%28http_requests_total%5B5m%5D%29%29"
        "&start=1.000&end=61.000&step=60.000");
  CHECK(transport.asked.headers.find("Authorization") == "Bearer secret");
  CHECK(transport.allowed.response_bytes_max == PrometheusLimits{}.response_bytes_max);
  CHECK(transport.allowed.timeout == PrometheusLimits{}.timeout);
}

TEST_CASE("what went wrong is told apart: the token, the query, the server, the way") {
  CannedTransport transport;
  const auto code = [&](int status, const char* body) {
    transport.answer.status = status;
    transport.answer.body = body;
    const auto found = read(transport);
    REQUIRE_FALSE(found);
    return found.error().code;
  };
  CHECK(code(401, "") == Code::Unauthorized);
  CHECK(code(403, "") == Code::Forbidden);
  CHECK(code(400, R"({"status": "error", "errorType": "bad_data", "error": "parse error"})") ==
        Code::Invalid);
  CHECK(code(503, "") == Code::Unavailable);
  transport.failure = Error{Code::Timeout, "no answer"};
  CHECK(code(200, "") == Code::Timeout);
}

TEST_CASE(
    "a token that Prometheus refuses is not sent again, and one that cannot be had is an error") {
  struct Tokens final : kube::TokenSource {
    async::Task<Result<std::string>> token() override {
      if (next.empty())
        co_return fail(Code::NotFound, "no such file");
      co_return next;
    }
    void reject(std::string_view token) override { rejected = token; }
    std::string next{"old"};
    std::string rejected{};
  } tokens;
  CannedTransport transport;
  transport.answer.status = 403;
  CHECK_FALSE(read(transport, &tokens));
  CHECK(tokens.rejected.empty());
  transport.answer.status = 401;
  CHECK_FALSE(read(transport, &tokens));
  CHECK(tokens.rejected == "old");
  tokens.next.clear();
  const auto without = read(transport, &tokens);
  REQUIRE_FALSE(without);
  CHECK(without.error().code == Code::NotFound);
}

} // namespace berth::analyzer
