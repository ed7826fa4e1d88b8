// Spans on their way to a collector: what is sent, when, and what becomes of it when that fails.

#include "lib/telemetry/tracing/exporter.hpp"

#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"
#include "tests/support/telemetry/fake_collector.hpp"

namespace berth::telemetry {
namespace {

using namespace std::chrono_literals;
using testing::FakeCollector;

const TracedPod kPod{"team-a", "web", "3f8a1c52-9d04-4b7e-8a61-0c5d2e9f7b13"};

ExporterOptions options() {
  ExporterOptions made;
  made.headers.add("x-token", "secret");
  made.resource = {"berth-operator", "operator-1"};
  return made;
}

/// An exporter that runs in simulated time, in front of a collector.
struct Scene {
  Scene() { async::spawn(executor, exporter.run(stop.get_token())); }
  ~Scene() {
    stop.request_stop();
    executor.run_for(1h);
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  void record(int spans) {
    for (int made = 0; made < spans; ++made)
      tracer.record(*tracer.span("gated", kPod));
  }
  /// Records them, and lets so much time pass.
  void send(int spans, Duration passing) {
    record(spans);
    executor.run_for(passing);
  }
  [[nodiscard]] double count(SpanOutcome outcome) { return metrics.spans(outcome).value(); }
  void answer(int status, http::Headers headers = {}, std::string body = {}) {
    collector.answer = [=] { return http::Response{status, headers, body}; };
  }

  async::SimulatedExecutor executor{TimePoint{1'700'000'000s}};
  Registry registry;
  TraceMetrics metrics{registry};
  Tracer tracer{executor, metrics, {}, 1};
  FakeCollector collector{executor};
  TraceExporter exporter{{collector, executor, metrics, Logger{}}, tracer, options()};
  std::stop_source stop;
};

TEST_CASE("A span is sent as the protocol says") {
  Span span;
  span.context = {trace_of(kPod.uid), {0xAB}};
  span.parent = {0xCD};
  span.name = "extender bind";
  span.kind = SpanKind::Server;
  span.start_unix_ns = 1'700'000'000'000'000'001;
  span.end_unix_ns = 1'700'000'000'000'000'002;
  span.add("k8s.pod.name", "web");
  span.add("berth.cycle", std::uint64_t{7});
  span.add("berth.burst", true);
  span.links.push_back({{1, 2}, {3}});
  span.failure = "no such pod";
  CHECK(encode_spans({&span, 1}, {"berth-operator", "operator-1"}) ==
        R"({"resourceSpans":[{"resource":{"attributes":[)"
        R"({"key":"service.name","value":{"stringValue":"berth-operator"}},)"
        R"({"key":"service.version","value":{"stringValue":")" BERTH_VERSION R"("}},)"
        R"({"key":"service.instance.id","value":{"stringValue":"operator-1"}}]},)"
        R"("scopeSpans":[{"scope":{"name":"berth","version":")" BERTH_VERSION R"("},"spans":[)"
        R"({"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"web"}},)"
        R"({"key":"berth.cycle","value":{"intValue":"7"}},)"
        R"({"key":"berth.burst","value":{"boolValue":true}}],)"
        R"("endTimeUnixNano":"1700000000000000002","kind":2,)"
        R"("links":[{"spanId":"0000000000000003",)"
        R"("traceId":"00000000000000010000000000000002"}],"name":"extender bind",)"
        R"("parentSpanId":"00000000000000cd","spanId":"00000000000000ab",)"
        R"("startTimeUnixNano":"1700000000000000001",)"
        R"("status":{"code":2,"message":"no such pod"},)"
        R"("traceId":"3f8a1c529d044b7e8a610c5d2e9f7b13"}]}]}]})");
}

TEST_CASE("A text that is too long, or no UTF-8, is cut and mended") {
  Span span;
  span.add("berth.message", std::string(kLogValueBytesMax - 1, 'x') + "\xC3\xA4");
  const std::string text = encode_spans({&span, 1}, {});
  CHECK(text.find(std::string(kLogValueBytesMax - 1, 'x') + "\xEF\xBF\xBD\"") != text.npos);
}

TEST_CASE("What was recorded is sent within a second, and nothing while there is nothing") {
  Scene scene;
  scene.executor.run_for(1min);
  CHECK(scene.collector.requests.empty());
  scene.send(3, 1s + 10ms);
  REQUIRE(scene.collector.requests.size() == 1);
  const http::Request& request = scene.collector.requests.front();
  CHECK(request.method == "POST");
  CHECK(request.target == "/v1/traces");
  CHECK(request.headers.find("Content-Type") == "application/json");
  CHECK(request.headers.find("x-token") == "secret");
  CHECK(scene.collector.spans.size() == 3);
  CHECK(scene.collector.spans.front().service == "berth-operator");
  CHECK(scene.count(SpanOutcome::Sent) == 3);
}

TEST_CASE("Many spans are sent in several requests") {
  Scene scene;
  scene.send(600, 2s);
  CHECK(scene.collector.requests.size() == 3);
  CHECK(scene.collector.spans.size() == 600);
}

TEST_CASE("A collector that is away for a moment misses nothing") {
  Scene scene;
  scene.collector.answer = [] { return fail(Code::Unavailable, "refused"); };
  scene.send(5, 1500ms);
  CHECK(scene.collector.requests.size() == 1);
  scene.answer(200);
  scene.executor.run_for(1s);
  CHECK(scene.collector.spans.size() == 5);
  CHECK(scene.count(SpanOutcome::Failed) == 0);
}

TEST_CASE("A collector that is away costs spans, which are counted, and later ones arrive") {
  Scene scene;
  const int status = GENERATE(429, 502, 503, 504);
  scene.answer(status);
  scene.send(5, 1min);
  CHECK(scene.collector.requests.size() == ExporterOptions{}.tries_max);
  CHECK(scene.count(SpanOutcome::Failed) == 5);
  scene.answer(200);
  scene.send(2, 2s);
  CHECK(scene.collector.spans.size() == 2);
  CHECK(scene.count(SpanOutcome::Sent) == 2);
}

TEST_CASE("It waits for as long as the collector asks, within its own bound") {
  Scene scene;
  const auto [asked, waits] = GENERATE(table<const char*, Duration>({{"20", 20s}, {"3600", 30s}}));
  scene.answer(503, {{"Retry-After", asked}});
  scene.send(1, 1s + waits - 1ms);
  CHECK(scene.collector.requests.size() == 1);
  scene.executor.run_for(1s);
  CHECK(scene.collector.requests.size() == 2);
}

TEST_CASE("What the collector refuses is not sent again") {
  Scene scene;
  scene.answer(GENERATE(400, 401, 404, 413, 500));
  scene.send(4, 1min);
  CHECK(scene.collector.requests.size() == 1);
  CHECK(scene.count(SpanOutcome::Failed) == 4);
}

TEST_CASE("Spans that the collector rejected are counted") {
  Scene scene;
  scene.answer(200, {}, R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})");
  scene.send(5, 2s);
  CHECK(scene.count(SpanOutcome::Sent) == 3);
  CHECK(scene.count(SpanOutcome::Failed) == 2);
}

TEST_CASE("Every answer of success is one, be it without a body") {
  Scene scene;
  scene.answer(GENERATE(200, 202, 204));
  scene.send(5, 1min);
  CHECK(scene.collector.requests.size() == 1);
  CHECK(scene.count(SpanOutcome::Sent) == 5);
  CHECK(scene.count(SpanOutcome::Failed) == 0);
}

TEST_CASE("An answer that is none of the protocol's rejects nothing") {
  for (const char* body : {"", "{}", "[]", "<html>", R"({"partialSuccess":{}})",
                           R"({"partialSuccess":{"rejectedSpans":"x"}})"}) {
    CAPTURE(body);
    CHECK(read_export_response(body).rejected_spans == 0);
  }
  CHECK(read_export_response(R"({"partialSuccess":{"rejectedSpans":4}})").rejected_spans == 4);
}

TEST_CASE("A program that ends sends what is left") {
  Scene scene;
  scene.executor.run_for(10s);
  scene.record(300);
  scene.stop.request_stop();
  scene.executor.run_for(1s);
  CHECK(scene.collector.spans.size() == 300);
}

TEST_CASE("A collector that hangs holds up no program that ends") {
  Scene scene;
  scene.executor.run_for(500ms);
  scene.collector.latency = 2s; // as the transport's time-out would end it
  scene.collector.answer = [] { return fail(Code::Timeout, "nothing came"); };
  scene.record(4000);
  scene.stop.request_stop();
  scene.executor.run_for(3s);
  CHECK(scene.collector.requests.size() == 1);
  CHECK(scene.collector.timeouts.front() <= ExporterOptions{}.last_flush_max);
  CHECK(scene.count(SpanOutcome::Failed) == 4000);
}

} // namespace
} // namespace berth::telemetry
