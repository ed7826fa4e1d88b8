#include <catch2/catch.hpp>

#include "lib/api/json.hpp"
#include "lib/kube/events.hpp"
#include "tests/unit/kube/scripted_transport.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

namespace {

struct Bench {
  explicit Bench(EventRecorderOptions given = {}) : options(std::move(given)) {
    options.component = "berth.dev/operator";
    options.instance = "berth-operator-0";
    transport.on_send = [](const http::Request&) { return json_response(201, "{}"); };
    recorder.emplace(client, executor, options);
    async::spawn(executor, run());
  }
  ~Bench() {
    stop.request_stop();
    executor.run_for(1h);
    CHECK(ended);
  }
  async::Task<void> run() {
    co_await recorder->run(stop.get_token());
    ended = true;
  }
  void record(const std::string& pod, const std::string& note, Reason reason = Reason::Admitted) {
    const ObjectReference about{"v1", "Pod", {"team-a", pod}, "uid-" + pod};
    recorder->record(about, EventSeverity::Normal, reason, "Admit", note);
  }
  [[nodiscard]] api::Json body(std::size_t index) const {
    return *api::parse_json(transport.requests.at(index).body);
  }

  async::SimulatedExecutor executor{TimePoint{1'700'000'000'000ms}};
  ScriptedTransport transport{executor};
  Client client{transport, executor, Rng{5}, {}};
  EventRecorderOptions options;
  std::optional<EventRecorder> recorder;
  std::stop_source stop;
  bool ended = false;
};

} // namespace

TEST_CASE("An event is written as events.k8s.io/v1 demands") {
  Bench bench;
  bench.record("web-0", "Admitted by quota team-a");
  bench.executor.run_for(1s);
  REQUIRE(bench.transport.requests.size() == 1);
  CHECK(bench.transport.requests[0].method == "POST");
  CHECK(bench.transport.requests[0].target.starts_with(
      "/apis/events.k8s.io/v1/namespaces/team-a/events"));
  const auto event = bench.body(0);
  CHECK(event["metadata"]["name"].get<std::string>().starts_with("web-0."));
  CHECK(event["eventTime"] == "2023-11-14T22:13:20.000000Z");
  CHECK(event["reportingController"] == "berth.dev/operator");
  CHECK(event["reportingInstance"] == "berth-operator-0");
  CHECK(event["action"] == "Admit");
  CHECK(event["reason"] == "Admitted");
  CHECK(event["type"] == "Normal");
  CHECK(event["note"] == "Admitted by quota team-a");
  CHECK(event["regarding"]["uid"] == "uid-web-0");
  CHECK(event["regarding"]["namespace"] == "team-a");
  CHECK_FALSE(event.contains("series"));
}

TEST_CASE("An event about a cluster-scoped object lives in the namespace default") {
  Bench bench;
  bench.recorder->record({"berth.dev/v1alpha1", "Quota", {"", "team-a"}, "u"},
                         EventSeverity::Warning, Reason::ParentNotFound, "Reconcile", "no parent");
  bench.executor.run_for(1s);
  const auto event = bench.body(0);
  CHECK(event["metadata"]["namespace"] == "default");
  CHECK_FALSE(event["regarding"].contains("namespace"));
  CHECK(event["type"] == "Warning");
}

TEST_CASE("Repetitions raise one event's count and are written no more than once a minute") {
  Bench bench;
  for (int i = 0; i < 300; ++i) {
    bench.record("web-0", "waits");
    bench.executor.run_for(1s);
  }
  bench.executor.run_for(2min);
  CHECK(bench.transport.count("POST", "/events") == 1);
  const auto patches = bench.transport.count("PATCH", "/events/web-0.");
  CHECK(patches >= 4);
  CHECK(patches <= 8);
  CHECK(bench.body(1)["series"]["count"] == 2);
  CHECK(bench.body(bench.transport.requests.size() - 1)["series"]["count"] == 300);
  CHECK(bench.recorder->dropped() == 0);
}

TEST_CASE("A repetition after the merge window is a new event") {
  Bench bench;
  bench.record("web-0", "waits");
  bench.executor.run_for(11min);
  bench.record("web-0", "waits");
  bench.executor.run_for(1s);
  CHECK(bench.transport.count("POST", "/events") == 2);
  CHECK(bench.body(0)["metadata"]["name"] != bench.body(1)["metadata"]["name"]);
}

TEST_CASE("One object gets at most its burst of events with one reason, others are not affected") {
  Bench bench;
  for (int i = 0; i < 100; ++i)
    bench.record("chatty", "note " + std::to_string(i));
  bench.record("quiet", "note");
  bench.record("chatty", "note", Reason::Evicted);
  bench.executor.run_for(10s);
  CHECK(bench.transport.count("POST", "/events") == 27);
  CHECK(bench.recorder->dropped() == 75);
  bench.executor.run_for(5min);
  bench.record("chatty", "one more");
  bench.executor.run_for(1s);
  CHECK(bench.transport.count("POST", "/events") == 28);
}

TEST_CASE("Events that cannot be sent in time are dropped and counted, the caller never waits") {
  EventRecorderOptions options;
  options.pending_max = 10;
  Bench bench(options);
  bench.transport.latency = 10min;
  const auto began = bench.executor.steady_now();
  for (int i = 0; i < 100; ++i)
    bench.record("pod-" + std::to_string(i), "note");
  CHECK(bench.executor.steady_now() == began);
  CHECK(bench.recorder->pending() <= 10);
  CHECK(bench.recorder->dropped() == 90);
}

TEST_CASE("A busy server is asked again, a refusal is not") {
  Bench bench;
  int calls = 0;
  bench.transport.on_send = [&](const http::Request&) {
    return ++calls < 3 ? json_response(503, "") : json_response(201, "{}");
  };
  bench.record("web-0", "note");
  bench.executor.run_for(1min);
  CHECK(calls == 3);
  CHECK(bench.recorder->dropped() == 0);

  bench.transport.on_send = [&](const http::Request&) {
    ++calls;
    return json_response(403, "");
  };
  calls = 0;
  bench.record("web-1", "note");
  bench.executor.run_for(10min);
  for (int i = 0; i < 10; ++i)
    bench.record("web-1", "note");
  bench.executor.run_for(10min);
  CHECK(calls == 1);
  CHECK(bench.recorder->dropped() == 11);
}

TEST_CASE("Who counts is told of each event that was written, refused or left out") {
  std::size_t written = 0;
  std::size_t refused = 0;
  std::size_t left_out = 0;
  EventRecorderOptions options;
  options.on_sent = [&](bool done) { ++(done ? written : refused); };
  options.on_left_out = [&](std::size_t events) { left_out += events; };
  Bench bench(options);
  for (int i = 0; i < 30; ++i)
    bench.record("chatty", "note " + std::to_string(i));
  bench.executor.run_for(10s);
  CHECK(written == 25);
  CHECK(left_out == 5);
  bench.transport.on_send = [](const http::Request&) { return json_response(403, ""); };
  bench.record("web-0", "note");
  bench.executor.run_for(1s);
  CHECK(written == 25);
  CHECK(refused == 1);
  CHECK(bench.recorder->dropped() == left_out + refused);
}

TEST_CASE("An event lost to an outage is written when it is repeated, not before") {
  Bench bench;
  bool down = true;
  bench.transport.on_send = [&](const http::Request&) {
    return down ? json_response(503, "") : json_response(201, "{}");
  };
  bench.record("web-0", "note");
  bench.executor.run_for(5min);
  CHECK(bench.transport.requests.size() == 5); // tries_max, and no sweep began anew
  CHECK(bench.recorder->dropped() == 1);
  down = false;
  bench.record("web-0", "note");
  bench.executor.run_for(1s);
  REQUIRE(bench.transport.requests.size() == 6);
  CHECK(bench.transport.requests[5].method == "POST");
  CHECK(bench.body(5)["series"]["count"] == 2);
  CHECK(bench.recorder->dropped() == 1);
}

TEST_CASE("An event that expired on the server is made again when it is repeated") {
  Bench bench;
  bench.record("web-0", "note");
  bench.executor.run_for(1s);
  bench.transport.on_send = [&](const http::Request& request) {
    return request.method == "PATCH" ? json_response(404, "") : json_response(201, "{}");
  };
  bench.record("web-0", "note");
  bench.executor.run_for(1s);
  CHECK(bench.transport.count("POST", "/events") == 2);
  CHECK(bench.body(2)["series"]["count"] == 2);
}

TEST_CASE("A note is cut at 1024 bytes, never inside a character, and names stay legal") {
  Bench bench;
  std::string note(1023, 'x');
  note += "\xc3\xa4"; // one character of two bytes across the limit
  bench.record(std::string(200, 'a') + "." + std::string(52, 'b'), note);
  bench.executor.run_for(1s);
  CHECK(bench.body(0)["note"] == std::string(1023, 'x'));
  CHECK(bench.body(0)["metadata"]["name"].get<std::string>().size() <= 253);
}

TEST_CASE("A stop sends what is pending for a second, then drops the rest") {
  Bench bench;
  bench.transport.latency = 100ms;
  for (int i = 0; i < 50; ++i)
    bench.record("pod-" + std::to_string(i), "note");
  bench.stop.request_stop();
  bench.executor.run_for(2s);
  CHECK(bench.ended);
  CHECK(bench.transport.requests.size() >= 9);
  CHECK(bench.transport.requests.size() <= 11);
  CHECK(bench.recorder->dropped() == 50 - bench.transport.requests.size());
}
