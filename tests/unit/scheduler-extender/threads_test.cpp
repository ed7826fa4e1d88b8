// What ThreadSanitizer is to see: the server's threads answer while the observer's publishes.
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"
#include "scheduler-extender/server.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/simulation/await.hpp"

namespace {

using namespace berth;
using namespace berth::extender;
using namespace berth::allocation::testing;

constexpr int kThreads = 3;
constexpr int kPublications = 200;
constexpr int kNodes = 200;

std::string node_name(int number) {
  return "n" + std::to_string(number % kNodes);
}

/// ExtenderArgs for an unmanaged pod and every node.
std::string args() {
  std::string names;
  for (int i = 0; i < kNodes; ++i)
    names += (i == 0 ? "\"" : ",\"") + node_name(i) + '"';
  return R"({"Pod":{"metadata":{"name":"w","namespace":"web","uid":"u"},"spec":{"containers":)"
         R"([{"name":"c","resources":{"requests":{"cpu":"2"}}}]}},"NodeNames":[)" +
         names + "]}";
}

const std::string kPreemption =
    R"({"Pod":{"metadata":{"name":"w","namespace":"web","uid":"u"},"spec":{}},)"
    R"("NodeNameToMetaVictims":{"n1":{"Pods":[{"UID":"uid-run-1"}],"NumPDBViolations":0}}})";

/// Posts each verb again and again; how many answers were not 200.
int failures(Router& router, const std::atomic<bool>& stop) {
  async::SimulatedExecutor executor{kNow};
  int failed = 0;
  const auto post = [&](const char* verb, const std::string& body) {
    http::Request request;
    request.method = "POST";
    request.target = verb;
    request.body = body;
    failed += simulation::await(executor, router.handle(std::move(request))).status != 200;
  };
  while (!stop) {
    post("/filter", args());
    post("/prioritize", args());
    post("/preempt", kPreemption);
  }
  return failed;
}

} // namespace

TEST_CASE("verbs answer from several threads while one writer publishes") {
  World world;
  world.add(pool("p"));
  for (int i = 0; i < kNodes; ++i)
    world.add(node(node_name(i), 32));
  auto published = world.snapshot();
  const SystemClock clock;
  telemetry::Registry registry;
  telemetry::ExtenderMetrics metrics{registry};
  Router router({},
                {[&] { return std::atomic_load(&published); },
                 [](BindRequest) -> async::Task<BindResult> { co_return BindResult{}; }},
                {metrics, telemetry::Logger{}, clock});
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] { failed += failures(router, stop); });
  for (int i = 0; i < kPublications; ++i) {
    world.add(pod("run-" + std::to_string(i)).in("web").unmanaged().cpu(1).bound(node_name(i)));
    world.add(pod("planned-" + std::to_string(i))
                  .cpu(1)
                  .admitted(record("team-a", "p", {node_name(7 * i)})));
    std::atomic_store(&published, world.snapshot());
  }
  stop = true;
  for (std::thread& thread : threads)
    thread.join();
  CHECK(failed == 0);
}
