// The operator's part of a pod's trace, as a collector gets it.

#include <catch2/catch.hpp>

#include "lib/telemetry/tracing/exporter.hpp"
#include "tests/support/telemetry/fake_collector.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using telemetry::testing::FakeCollector;
using telemetry::testing::ReceivedSpan;

namespace {

using Names = std::vector<std::string>;

OperatorOptions nominating() {
  OperatorOptions options;
  options.placement.mode = api::PlacementMode::Nominate;
  return options;
}

/// An operator whose spans reach a collector within a second.
struct TracedWorld : OperatorWorld {
  explicit TracedWorld(const OperatorOptions& options = {}, telemetry::Sampling sampling = {})
      : tracer(executor, metrics, sampling, 1),
        exporter({collector, executor, metrics, telemetry::Logger{}}, tracer, {}),
        sending(executor) {
    add_pool("p", 1, "4");
    add_team("team", "p", 4);
    sending.spawn(exporter.run(sending.stop_token()));
    operating.emplace(*this, 7, options, tracer);
  }
  ~TracedWorld() {
    operating.reset();
    sending.request_stop();
    executor.run_for(10s);
  }
  TracedWorld(const TracedWorld&) = delete;
  TracedWorld& operator=(const TracedWorld&) = delete;

  void create(const std::string& name, const std::string& cpu) {
    admin.create(simulation::make_pod("team", name).cpu(cpu).gated().build());
  }
  void wait_until_admitted(const std::string& name) {
    REQUIRE(executor.run_until([&] { return !is_gated("team", name); }, 1min));
  }
  /// The trace of that pod, while it is there.
  [[nodiscard]] std::string trace_of(const std::string& name) {
    return to_string(telemetry::trace_of(pod("team", name)["metadata"]["uid"].get<std::string>()));
  }

  telemetry::Registry registry;
  telemetry::TraceMetrics metrics{registry};
  FakeCollector collector{executor};
  telemetry::Tracer tracer;
  telemetry::TraceExporter exporter;
  async::TaskGroup sending;
  std::optional<SimulatedOperator> operating;
};

} // namespace

TEST_CASE("A pod's trace goes from its creation over the cycle and the write to its binding") {
  TracedWorld world;
  world.create("web", "1");
  world.wait_until_admitted("web");
  world.executor.run_for(5s);
  world.admin.bind({"team", "web"}, "p-0");
  world.executor.run_for(5s);

  const std::string trace = world.trace_of("web");
  CHECK(world.collector.names_of(trace) ==
        Names{"gated", "considered", "admitted", "pod from created to bound"});
  const ReceivedSpan root = world.collector.find("pod from created to bound");
  CHECK(root.parent.empty());
  CHECK(root.attributes.at("berth.result") == "bound");
  CHECK(root.attributes.at("k8s.node.name") == "p-0");
  for (const ReceivedSpan& span : world.collector.spans) {
    CAPTURE(span.name);
    CHECK(span.trace == trace);
    CHECK((span.id == root.id || span.parent == root.id));
    CHECK(span.attributes.at("k8s.pod.name") == "web");
    CHECK(span.attributes.at("k8s.namespace.name") == "team");
    CHECK(root.start_ns <= span.start_ns);
    CHECK(span.start_ns <= span.end_ns);
    CHECK(span.end_ns <= root.end_ns);
  }
  const ReceivedSpan considered = world.collector.find("considered");
  CHECK(considered.attributes.at("berth.quota") == "team");
  CHECK(considered.attributes.at("berth.pool") == "p");
  CHECK(considered.attributes.at("berth.result") == "admitted");
  CHECK(std::stoi(considered.attributes.at("berth.cycle")) > 0);
  CHECK(world.collector.find("admitted").attributes.at("berth.result") == "done");
}

TEST_CASE("Where the exact node matters the nomination is a span of its own") {
  TracedWorld world(nominating());
  world.create("web", "1");
  world.wait_until_admitted("web");
  world.executor.run_for(5s);
  const auto names = world.collector.names_of(world.trace_of("web"));
  CHECK(names == Names{"gated", "considered", "nominated", "admitted"});
  CHECK(world.collector.find("nominated").attributes.at("k8s.node.name") == "p-0");
}

TEST_CASE("What a pod waited for is told with its reason and for how long") {
  TracedWorld world;
  world.create("first", "4");
  world.wait_until_admitted("first");
  world.create("second", "2");
  world.executor.run_for(30s);
  world.admin.remove("Pod", {"team", "first"});
  world.wait_until_admitted("second");
  world.executor.run_for(5s);
  const ReceivedSpan waited = world.collector.find("waited");
  CHECK(waited.trace == world.trace_of("second"));
  CHECK(waited.attributes.at("berth.reason") == "InsufficientQuota");
  CHECK_THAT(waited.attributes.at("berth.message"), Catch::Contains("needs 2 cpu"));
  const auto seconds = (waited.end_ns - waited.start_ns) / 1'000'000'000;
  CHECK(seconds >= 29);
  CHECK(seconds <= 35);
}

TEST_CASE("A pod that goes before it is bound has an end too") {
  TracedWorld world;
  world.create("large", "9");
  world.executor.run_for(5s);
  const std::string trace = world.trace_of("large");
  world.admin.remove("Pod", {"team", "large"});
  world.executor.run_for(5s);
  CHECK(world.collector.find("pod from created to bound").trace == trace);
  CHECK(world.collector.find("pod from created to bound").attributes.at("berth.result") ==
        "deleted");
}

TEST_CASE("Pods that are not sampled have no span, and neither has a replica that does not lead") {
  TracedWorld world({}, telemetry::Sampling::of_ratio(0));
  world.create("web", "1");
  world.wait_until_admitted("web");
  world.executor.run_for(5s);
  CHECK(world.collector.requests.empty());

  TracedWorld other;
  other.create("web", "1");
  other.wait_until_admitted("web");
  other.executor.run_for(5s);
  other.operating->leads = false;
  other.admin.bind({"team", "web"}, "p-0");
  other.executor.run_for(5s);
  CHECK(other.collector.find("pod from created to bound").name.empty());
}
