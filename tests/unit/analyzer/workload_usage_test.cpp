// What the pods of a workload use together and at most, and which of them count.

#include "analyzer/advise/workload_usage.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::Amount;
using resources::ResourceName;
using resources::ResourceVector;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr std::int64_t kMi = 1 << 20;

/// A running pod whose containers began `age` ago.
std::shared_ptr<WorkloadPod> running_pod(const std::string& name, Duration age) {
  auto pod = std::make_shared<WorkloadPod>();
  pod->meta.ns = "shop";
  pod->meta.name = name;
  pod->meta.created = kNow - age;
  pod->node = "n";
  pod->running = true;
  pod->started = kNow - age;
  pod->containers.push_back({"app", ResourceVector{{"memory", 100 * kMi}}, 0, false});
  return pod;
}

struct Scene {
  std::vector<WorkloadPodPtr> pods{};
  PodSamples samples{};

  void add(const std::shared_ptr<WorkloadPod>& pod, std::int64_t cpu, std::int64_t memory,
           Duration ago = 10s) {
    pods.push_back(pod);
    UsageSample sample;
    sample.key = pod->meta.key();
    sample.at = kNow - ago;
    sample.window = 15s;
    sample.used = {{"cpu", cpu}, {"memory", memory}};
    sample.containers = {{"app", sample.used}};
    samples[sample.key] = sample;
  }
  [[nodiscard]] WorkloadUsage usage() const { return add_up(pods, samples, kNow, 3min); }
};

} // namespace

TEST_CASE("pods add up, and the busiest is known by itself") {
  Scene scene;
  scene.add(running_pod("a", 1h), 100, 10 * kMi);
  scene.add(running_pod("b", 1h), 900, 70 * kMi);
  const WorkloadUsage usage = scene.usage();
  CHECK(usage.pods.estimated.get(ResourceName::cpu()) == Amount{1000});
  CHECK(usage.containers.at("app").busiest == ResourceVector{{"cpu", 900}, {"memory", 70 * kMi}});
  CHECK(usage.containers.at("app").startup.empty());
}

TEST_CASE("a pod without a fresh sample counts as the mean of the others, never as idle") {
  Scene scene;
  for (const char* name : {"a", "b", "c"})
    scene.add(running_pod(name, 1h), 100, kMi);
  scene.add(running_pod("old", 1h), 7000, kMi, 10min);
  const WorkloadUsage usage = scene.usage();
  CHECK(usage.pods.coverage_percent() == 75);
  CHECK(usage.pods.estimated.get(ResourceName::cpu()) == Amount{400});
}

TEST_CASE("a pod that has just begun is not missed yet") {
  Scene scene;
  scene.add(running_pod("a", 1h), 100, kMi);
  scene.pods.push_back(running_pod("new", 1min));
  CHECK(scene.usage().pods.coverage_percent() == 100);
  scene.pods.push_back(running_pod("silent", 3min));
  CHECK(scene.usage().pods.coverage_percent() == 50);
}

TEST_CASE("a start-up is no steady state, and what it needs is kept apart") {
  Scene scene;
  scene.add(running_pod("a", 1h), 100, 10 * kMi);
  scene.add(running_pod("new", 4min), 2000, 90 * kMi);
  const auto peaks = scene.usage().containers.at("app");
  CHECK(peaks.busiest == ResourceVector{{"cpu", 100}, {"memory", 10 * kMi}});
  CHECK(peaks.startup == ResourceVector{{"cpu", 2000}, {"memory", 90 * kMi}});
}

TEST_CASE("a sample of a pod that had the name before is not this pod's") {
  Scene scene;
  scene.add(running_pod("db-0", 5s), 5000, kMi, 10s);
  CHECK(scene.usage().pods.nodes_fresh == 0);
}

TEST_CASE("a kill tells at which limit, the highest of all pods") {
  Scene scene;
  auto first = running_pod("a", 1h);
  first->containers[0].killed_for_memory = true;
  first->containers[0].restarts = 4;
  auto second = running_pod("b", 1h);
  second->containers[0].killed_for_memory = true;
  second->containers[0].limits = {{"memory", 150 * kMi}};
  scene.add(first, 1, kMi);
  scene.add(second, 1, kMi);
  const WorkloadUsage usage = scene.usage();
  CHECK(usage.containers.at("app").killed_at == Amount{150 * kMi});
  CHECK(usage.killed == 2);
  CHECK(usage.restarts == 4);
}

TEST_CASE("pods that wait for a node are counted and not measured") {
  Scene scene;
  auto waiting = running_pod("w", 1h);
  waiting->running = false;
  waiting->node.clear();
  scene.pods.push_back(waiting);
  CHECK(scene.usage().waiting == 1);
  CHECK(scene.usage().pods.nodes_ready == 0);
}

} // namespace berth::analyzer
