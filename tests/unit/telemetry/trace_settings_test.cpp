// Where traces go, as the flag and OpenTelemetry's variables say, and traces as a program has them.

#include <map>

#include <catch2/catch.hpp>

#include "lib/telemetry/tracing/tracing.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::telemetry {
namespace {

using Variables = std::map<std::string, std::string>;

Result<TraceSettings> settings(const std::string& flag, const Variables& variables) {
  return trace_settings(flag, "berth-operator", [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST_CASE("Without an endpoint there are no traces") {
  const auto none = settings("", {{"OTEL_TRACES_SAMPLER", "whatever"}});
  REQUIRE(none);
  CHECK(none->url.empty());
}

TEST_CASE("The flag names the collector, and the path of traces is added") {
  const auto made = settings("http://collector:4318/", {});
  REQUIRE(made);
  CHECK(made->url == "http://collector:4318");
  CHECK(made->target == "/v1/traces");
  CHECK(made->service_name == "berth-operator");
  CHECK(made->sampling == Sampling{});
}

TEST_CASE("The flag wins over the variable for traces, and that over the one for all") {
  const Variables all{{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://all:4318/otlp"}};
  CHECK(settings("", all)->url == "https://all:4318/otlp");
  Variables both = all;
  both["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "https://traces:4318/api/spans";
  CHECK(settings("", both)->url == "https://traces:4318");
  CHECK(settings("", both)->target == "/api/spans");
  CHECK(settings("http://flag:1", both)->url == "http://flag:1");
}

TEST_CASE("OpenTelemetry's other variables are honoured") {
  const auto made = settings("http://collector:4318",
                             {{"OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x-tenant=c=d"},
                              {"OTEL_SERVICE_NAME", "berth-blue"},
                              {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.crt"},
                              {"OTEL_TRACES_SAMPLER", "parentbased_traceidratio"},
                              {"OTEL_TRACES_SAMPLER_ARG", "0.25"}});
  REQUIRE(made);
  CHECK(made->headers.find("api-key") == "a b");
  CHECK(made->headers.find("x-tenant") == "c=d");
  CHECK(made->service_name == "berth-blue");
  CHECK(made->ca_file == "/etc/ca.crt");
  CHECK(made->sampling == Sampling::of_ratio(0.25));
  CHECK(settings("http://c:1", {{"OTEL_TRACES_SAMPLER", "always_off"}})->sampling ==
        Sampling::of_ratio(0));
  CHECK(settings("http://c:1", {{"OTEL_TRACES_SAMPLER", "traceidratio"}})->sampling ==
        Sampling::of_ratio(1));
}

TEST_CASE("What is said of traces wins over what is said of all that is sent") {
  const auto made = settings("http://c:1", {{"OTEL_EXPORTER_OTLP_HEADERS", "a=all"},
                                            {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=traces"},
                                            {"OTEL_EXPORTER_OTLP_CERTIFICATE", "/all.crt"},
                                            {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/t.crt"}});
  REQUIRE(made);
  CHECK(made->headers.find("a") == "traces");
  CHECK(made->ca_file == "/t.crt");
}

TEST_CASE("Where OpenTelemetry is switched off there are no traces") {
  const auto [name, value] = GENERATE(table<const char*, const char*>({
      {"OTEL_SDK_DISABLED", "true"},
      {"OTEL_SDK_DISABLED", "True"},
      {"OTEL_TRACES_EXPORTER", "none"},
      {"OTEL_TRACES_EXPORTER", "None"},
  }));
  CAPTURE(name, value);
  const auto made = settings("http://c:1", {{name, value}});
  REQUIRE(made);
  CHECK(made->url.empty());
  CHECK(made->warnings.empty());
}

TEST_CASE("Spans that are wanted elsewhere, or by gRPC, are not sent, and it says so") {
  const auto [name, value] = GENERATE(table<const char*, const char*>({
      {"OTEL_TRACES_EXPORTER", "console"},
      {"OTEL_TRACES_EXPORTER", "zipkin,console"},
      {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
      {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"},
      {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://c"},
  }));
  CAPTURE(name, value);
  const auto made = settings("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"}, {name, value}});
  REQUIRE(made);
  CHECK(made->url.empty());
  REQUIRE(made->warnings.size() == 1);
  CHECK_THAT(made->warnings.front(), Catch::StartsWith(std::string(name) + ": "));
  CHECK_THAT(made->warnings.front(), Catch::EndsWith("; no traces are sent"));
}

TEST_CASE("OTLP over HTTP is sent when it is one of several, and where the flag asks for it") {
  CHECK(settings("http://c:1", {{"OTEL_TRACES_EXPORTER", "console, OTLP"}})->url == "http://c:1");
  CHECK(settings("http://c:1", {{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}})->url == "http://c:1");
  for (const char* protocol : {"http/protobuf", "HTTP/JSON", ""}) {
    CAPTURE(protocol);
    const auto made = settings("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1"},
                                    {"OTEL_EXPORTER_OTLP_PROTOCOL", protocol}});
    CHECK(made->url == "http://c:1");
    CHECK(made->warnings.empty());
  }
}

TEST_CASE("A flag that is no URL is refused, and its password is not shown") {
  const auto refusal = [](const char* flag) {
    const auto made = settings(flag, {});
    REQUIRE_FALSE(made);
    return made.error().message;
  };
  CHECK_THAT(refusal("collector:4318"), Catch::StartsWith("--otlp-endpoint: "));
  CHECK_THAT(refusal("https://user:hidden@collector"), !Catch::Contains("hidden"));
}

TEST_CASE(
    "A variable that cannot be honoured is told by its name, and traces are sent all the same") {
  const auto warning = [](const Variables& variables) {
    const auto made = settings("http://collector:4318", variables);
    REQUIRE(made);
    CHECK(made->url == "http://collector:4318");
    CHECK(made->headers.begin() == made->headers.end());
    CHECK(made->sampling == Sampling{});
    REQUIRE(made->warnings.size() == 1);
    return made->warnings.front();
  };
  for (const char* headers :
       {"secret", "=secret", "a b=secret", "a=secret%", "a=secret%0d%0aX: y"}) {
    CAPTURE(headers);
    const std::string said = warning({{"OTEL_EXPORTER_OTLP_HEADERS", headers}});
    CHECK_THAT(said, Catch::StartsWith("OTEL_EXPORTER_OTLP_HEADERS: must "));
    CHECK_THAT(said, !Catch::Contains("secret"));
  }
  for (const char* sampler : {"some", "jaeger_remote", "xray", "parentbased_jaeger_remote"}) {
    CAPTURE(sampler);
    CHECK_THAT(warning({{"OTEL_TRACES_SAMPLER", sampler}}),
               Catch::StartsWith("OTEL_TRACES_SAMPLER: must "));
  }
  for (const char* ratio : {"1.5", "-0.1", "a tenth", "0.1x", "nan"}) {
    CAPTURE(ratio);
    CHECK_THAT(
        warning({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", ratio}}),
        Catch::StartsWith("OTEL_TRACES_SAMPLER_ARG: must "));
  }
}

TEST_CASE("An authority's file that is not there switches traces off, and not the program") {
  http::testing::ClientThread client;
  Registry registry;
  const auto made = settings("https://c:1", {{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/none/ca.crt"}});
  const auto tracing = Tracing::create({client.executor(), registry, Logger{}}, *made, "one", 1);
  CHECK_FALSE(tracing->tracer().is_on());
  client.run(tracing->run({}));
}

TEST_CASE("Traces that are off do nothing, and end at once") {
  http::testing::ClientThread client;
  Registry registry;
  const auto tracing = Tracing::create({client.executor(), registry, Logger{}}, {}, "one", 1);
  CHECK_FALSE(tracing->tracer().is_on());
  client.run(tracing->run({}));
}

TEST_CASE("Traces that are on reach a collector over HTTP") {
  std::promise<http::Request> received;
  const auto server =
      http::testing::start_server({}, [&](http::Request request) -> async::Task<http::Response> {
        received.set_value(std::move(request));
        co_return http::Response{200, {{"Content-Type", "application/json"}}, "{}"};
      });
  http::testing::ClientThread client;
  Registry registry;
  const auto made = settings("http://127.0.0.1:" + std::to_string(server->port()), {});
  REQUIRE(made);
  const auto tracing = Tracing::create({client.executor(), registry, Logger{}}, *made, "one", 1);
  const Tracer& tracer = tracing->tracer();
  tracer.record(*tracer.span("gated", {"team-a", "web", "u"}));
  std::stop_source ended;
  ended.request_stop();
  client.run(tracing->run(ended.get_token()));
  const http::Request request = received.get_future().get();
  CHECK(request.target == "/v1/traces");
  CHECK_THAT(request.body, Catch::Contains(R"("name":"gated")"));
  CHECK(TraceMetrics(registry).spans(SpanOutcome::Sent).value() == 1);
}

} // namespace
} // namespace berth::telemetry
