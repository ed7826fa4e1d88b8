#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"
#include "scheduler-extender/server.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/simulation/await.hpp"

namespace {

using namespace berth;
using namespace berth::extender;
using namespace berth::allocation::testing;
using telemetry::CallOutcome;
using telemetry::ExtenderVerb;

const std::string kPod = R"({"metadata":{"name":"w","namespace":"web","uid":"u"},"spec":{}})";
const std::string kArgs = R"({"Pod":)" + kPod + R"(,"NodeNames":["n1","n2"]})";

/// The routes in front of a small cluster; bindings of pod "good" succeed.
struct Routes {
  explicit Routes(RouterOptions options = {}) : router(options, backend(), instruments()) {
    world.add_all(pool("p"), node("n1", 8), node("n2", 8));
    world.state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
    snapshot = world.snapshot();
  }

  Backend backend() {
    return {[this] { return snapshot; },
            [](BindRequest request) -> async::Task<BindResult> {
              co_return result_for(request.pod_name);
            }};
  }
  static BindResult result_for(const std::string& pod) {
    if (pod == "good")
      return {};
    if (pod == "late")
      return {"Conflict: the pod is bound to node n2", true};
    return {"no such pod"};
  }
  Instruments instruments() { return {metrics, telemetry::Logger{}, executor, tracer}; }

  http::Response call(std::string method, std::string target, std::string body,
                      http::Headers headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers = std::move(headers);
    request.peer_common_name = peer;
    request.peer_valid_until = peer_valid_until;
    return simulation::await(executor, router.handle(std::move(request)));
  }
  http::Response post(std::string target, std::string body) {
    return call("POST", std::move(target), std::move(body));
  }
  std::uint64_t calls(ExtenderVerb verb, CallOutcome outcome) {
    std::uint64_t sum = 0;
    for (const auto count : metrics.request_duration_seconds(verb, outcome).counts())
      sum += count;
    return sum;
  }

  async::SimulatedExecutor executor{kNow};
  World world;
  std::shared_ptr<const allocation::ClusterSnapshot> snapshot;
  telemetry::Registry registry;
  telemetry::ExtenderMetrics metrics{registry};
  telemetry::TraceMetrics trace_metrics{registry};
  telemetry::Tracer tracer{executor, trace_metrics, {}, 1};
  std::string peer;
  std::optional<TimePoint> peer_valid_until;
  Router router;
};

std::string header(const http::Response& response, std::string_view name) {
  return std::string(response.headers.find(name).value_or(""));
}

} // namespace

TEST_CASE("each verb has its route and answers JSON with 200") {
  Routes routes;
  const auto filtered = routes.post("/filter", kArgs);
  CHECK(filtered.status == 200);
  CHECK(header(filtered, "Content-Type") == "application/json");
  CHECK_THAT(filtered.body, Catch::Contains(R"("NodeNames":["n1","n2"])"));
  CHECK(routes.post("/prioritize", kArgs).body == "[]");
  CHECK(routes.post("/preempt", R"({"Pod":)" + kPod + R"(,"NodeNameToMetaVictims":{}})").body ==
        R"({"NodeNameToMetaVictims":{}})");
  const std::string args = R"({"PodName":"good","PodNamespace":"web","PodUID":"u","Node":"n1"})";
  CHECK(routes.post("/bind", args).body == R"({"Error":""})");
  for (const auto verb :
       {ExtenderVerb::Filter, ExtenderVerb::Prioritize, ExtenderVerb::Preempt, ExtenderVerb::Bind})
    CHECK(routes.calls(verb, CallOutcome::Ok) == 1);
}

TEST_CASE("the routes stand behind the prefix and nowhere else") {
  Routes routes(RouterOptions{"/scheduler"});
  CHECK(routes.post("/scheduler/filter", kArgs).status == 200);
  CHECK(routes.post("/scheduler/filter?timeout=1s", kArgs).status == 200);
  for (const char* path :
       {"/filter", "/scheduler", "/scheduler/", "/scheduler/filter/", "/schedulerfilter", "/"})
    CHECK(routes.post(path, kArgs).status == 404);
}

TEST_CASE("only POST is answered") {
  Routes routes;
  const auto refused = routes.call("GET", "/filter", "");
  CHECK(refused.status == 405);
  CHECK(header(refused, "Allow") == "POST");
}

TEST_CASE("what cannot be read gets 400 and says why; what is too long 413") {
  Routes routes;
  const auto refused = routes.post("/filter", "{}");
  CHECK(refused.status == 400);
  CHECK(refused.body == "Pod: is missing\n");
  CHECK(routes.post("/prioritize", R"({"Pod":)" + kPod + R"(,"Nodes":{}})").status == 400);
  CHECK(routes.post("/preempt", "[]").status == 400);
  CHECK(routes.post("/bind", "").status == 400);
  CHECK(routes.post("/bind", std::string(kBindBodyBytesMax + 1, ' ')).status == 413);
  CHECK(routes.calls(ExtenderVerb::Filter, CallOutcome::Invalid) == 1);
  CHECK(routes.calls(ExtenderVerb::Bind, CallOutcome::Invalid) == 2);
}

TEST_CASE(
    "what people should hear of is an Error with 200, since the scheduler drops other bodies") {
  Routes routes;
  const auto whole = routes.post("/filter", R"({"Pod":)" + kPod + R"(,"Nodes":{"items":[]}})");
  CHECK(whole.status == 200);
  CHECK_THAT(whole.body, Catch::Contains("nodeCacheCapable: true"));
  const std::string args = R"({"PodName":"bad","PodNamespace":"web","PodUID":"u","Node":"n1"})";
  CHECK(routes.post("/bind", args).body == R"({"Error":"no such pod"})");
  CHECK(routes.calls(ExtenderVerb::Filter, CallOutcome::Error) == 1);
  CHECK(routes.calls(ExtenderVerb::Bind, CallOutcome::Error) == 1);
}

TEST_CASE("a binding that is decided against is no failure of the extender's") {
  Routes routes;
  const std::string args = R"({"PodName":"late","PodNamespace":"web","PodUID":"u","Node":"n1"})";
  CHECK(routes.post("/bind", args).body == R"({"Error":"Conflict: the pod is bound to node n2"})");
  CHECK(routes.calls(ExtenderVerb::Bind, CallOutcome::Refused) == 1);
  CHECK(routes.calls(ExtenderVerb::Bind, CallOutcome::Error) == 0);
}

TEST_CASE("the soonest end of the callers' certificates is told once, and only of who is served") {
  RouterOptions options;
  options.client_names = {"scheduler"};
  Routes routes(options);
  CHECK_FALSE(routes.router.take_soonest_caller_end());
  const auto call = [&](const std::string& name, std::optional<TimePoint> end) {
    routes.peer = name;
    routes.peer_valid_until = end;
    static_cast<void>(routes.post("/filter", kArgs));
  };
  call("scheduler", kNow + std::chrono::hours{48});
  call("scheduler", kNow + std::chrono::hours{24});
  call("scheduler", kNow + std::chrono::hours{72});
  call("stranger", kNow + std::chrono::hours{1});
  call("scheduler", std::nullopt);
  CHECK(routes.router.take_soonest_caller_end() == kNow + std::chrono::hours{24});
  CHECK_FALSE(routes.router.take_soonest_caller_end());
}

TEST_CASE("a caller whose name is not on the list is counted apart from all calls") {
  RouterOptions options;
  options.client_names = {"scheduler"};
  Routes routes(options);
  routes.peer = "stranger";
  CHECK(routes.post("/filter", kArgs).status == 403);
  CHECK(routes.post("/bind", "").status == 403);
  CHECK(routes.metrics.callers_refused.value() == 2);
  routes.peer = "scheduler";
  CHECK(routes.post("/filter", kArgs).status == 200);
  CHECK(routes.metrics.callers_refused.value() == 2);
  CHECK(routes.calls(ExtenderVerb::Filter, CallOutcome::Ok) == 1);
}

TEST_CASE("while the caches are cold there are answers too") {
  Routes routes;
  routes.snapshot = nullptr;
  CHECK_THAT(routes.post("/filter", kArgs).body, Catch::Contains(R"("NodeNames":["n1","n2"])"));
  CHECK(routes.post("/prioritize", kArgs).status == 200);
}

TEST_CASE("N3: refusals are counted by reason") {
  Routes routes;
  const std::string managed =
      R"({"Pod":{"metadata":{"name":"p","namespace":"team-a","uid":"u"},"spec":{}},)"
      R"("NodeNames":["n1","n2"]})";
  routes.post("/filter", managed);
  CHECK(routes.metrics.node_rejections(Reason::NotAdmitted).value() == 2);
}

TEST_CASE("a caller's request id comes back; a missing or overlong one is replaced") {
  Routes routes;
  CHECK(header(routes.call("POST", "/filter", kArgs, {{"X-Request-Id", "abc"}}), "X-Request-Id") ==
        "abc");
  const auto first = header(routes.post("/filter", kArgs), "X-Request-Id");
  const std::string long_id(kRequestIdBytesMax + 1, 'x');
  const auto second =
      header(routes.call("POST", "/filter", kArgs, {{"X-Request-Id", long_id}}), "X-Request-Id");
  CHECK_FALSE(first.empty());
  CHECK(second != long_id);
  CHECK(second != first);
}

TEST_CASE("with a list of client names others are turned away") {
  Routes routes(RouterOptions{"", {"kube-scheduler", "tests"}});
  CHECK(routes.post("/filter", kArgs).status == 403);
  routes.peer = "somebody";
  CHECK(routes.post("/filter", kArgs).status == 403);
  routes.peer = "kube-scheduler";
  CHECK(routes.post("/filter", kArgs).status == 200);
}

namespace {

/// The text of a span's attribute; numbers as they are written.
std::string attribute(const telemetry::Span& span, std::string_view key) {
  for (const auto& attribute : span.attributes)
    if (attribute.key.text() == key) {
      if (const auto* text = std::get_if<std::string>(&attribute.value))
        return *text;
      return std::to_string(std::get<std::int64_t>(attribute.value));
    }
  return "";
}

/// A pod of a managed namespace, as the scheduler shows it.
const std::string kManagedPod =
    R"({"metadata":{"name":"m","namespace":"team-a","uid":"3f8a1c52-9d04-4b7e-8a61-0c5d2e9f7b13"},)"
    R"("spec":{}})";
const telemetry::TraceId kTrace{0x3f8a1c529d044b7e, 0x8a610c5d2e9f7b13};

} // namespace

TEST_CASE("each call about a managed pod is a span of the trace that the operator began") {
  Routes routes;
  const std::string names = R"(,"NodeNames":["n1","n2"]})";
  static_cast<void>(
      routes.call("POST", "/filter", R"({"Pod":)" + kManagedPod + names, {{"X-Request-Id", "r1"}}));
  static_cast<void>(routes.post("/prioritize", R"({"Pod":)" + kManagedPod + names));
  static_cast<void>(
      routes.post("/preempt", R"({"Pod":)" + kManagedPod + R"(,"NodeNameToMetaVictims":{}})"));
  const auto spans = routes.tracer.take(10);
  REQUIRE(spans.size() == 3);
  for (const auto& span : spans) {
    CHECK(span.context.trace == kTrace);
    CHECK(span.parent == telemetry::root_of(kTrace));
    CHECK(span.kind == telemetry::SpanKind::Server);
    CHECK(span.links.empty());
    CHECK(attribute(span, "k8s.pod.name") == "m");
    CHECK(attribute(span, "berth.workload") == "3f8a1c52-9d04-4b7e-8a61-0c5d2e9f7b13");
    CHECK(attribute(span, "berth.result") == "ok");
  }
  CHECK(spans[0].name.text() == "extender filter");
  CHECK(attribute(spans[0], "berth.request_id") == "r1");
  CHECK(attribute(spans[0], "berth.nodes") == "2");
  CHECK(attribute(spans[0], "berth.passed") == "0");
  CHECK(attribute(spans[0], "berth.reason") == "NotAdmitted");
  CHECK(spans[1].name.text() == "extender prioritize");
  CHECK(spans[2].name.text() == "extender preempt");
}

TEST_CASE("a binding is a span too, and a refusal is no failure") {
  Routes routes;
  const allocation::PodView waiting = pod("late").build();
  routes.world.add_all(waiting);
  routes.snapshot = routes.world.snapshot();
  const std::string args = R"({"PodName":"late","PodNamespace":"team-a","PodUID":")" +
                           waiting.uid.str() + R"(","Node":"n1"})";
  static_cast<void>(routes.post("/bind", args));
  const auto spans = routes.tracer.take(10);
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name.text() == "extender bind");
  CHECK(attribute(spans[0], "k8s.node.name") == "n1");
  CHECK(attribute(spans[0], "berth.result") == "refused");
  CHECK_THAT(attribute(spans[0], "berth.message"), Catch::Contains("bound to node n2"));
  CHECK(spans[0].failure.empty());
}

TEST_CASE("kube-scheduler's own span is linked where it tells of one") {
  Routes routes;
  const http::Headers headers{
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  static_cast<void>(routes.call("POST", "/filter",
                                R"({"Pod":)" + kManagedPod + R"(,"NodeNames":["n1"]})", headers));
  const auto spans = routes.tracer.take(10);
  REQUIRE(spans.size() == 1);
  REQUIRE(spans[0].links.size() == 1);
  CHECK(to_string(spans[0].links[0].trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(spans[0].context.trace == kTrace);
}

TEST_CASE("pods that Berth does not manage have no trace, and requests that cannot be read none") {
  Routes routes;
  static_cast<void>(routes.post("/filter", kArgs));
  static_cast<void>(routes.post("/filter", "{}"));
  static_cast<void>(
      routes.post("/bind", R"({"PodName":"good","PodNamespace":"web","PodUID":"u","Node":"n1"})"));
  CHECK(routes.tracer.take(10).empty());
}
