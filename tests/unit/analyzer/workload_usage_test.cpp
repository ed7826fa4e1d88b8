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
  pod->stage = PodStage::Running;
  pod->accepted = kNow - age;
  pod->started = kNow - age;
  pod->containers.push_back({"app", ResourceVector{{"cpu", 1000}, {"memory", 50 * kMi}},
                             ResourceVector{{"memory", 100 * kMi}}, std::nullopt});
  return pod;
}

struct Scene {
  std::vector<WorkloadPodPtr> pods{};
  PodSamples samples{};

  void add(const std::shared_ptr<WorkloadPod>& pod, std::int64_t cpu, std::int64_t memory,
           Duration ago = 10s) {
    pods.push_back(pod);
    cluster::UsageSample sample;
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

TEST_CASE("a kill is told with its time and its limit, of each pod that has one") {
  Scene scene;
  auto first = running_pod("a", 1h);
  first->containers[0].killed = kNow - 5min;
  auto second = running_pod("b", 1h);
  second->containers[0].killed = kNow - 3min;
  second->containers[0].limits = {{"memory", 150 * kMi}};
  auto third = running_pod("c", 1h);
  third->containers[0].killed = kNow - 1min; // by its node: no limit of its own
  third->containers[0].limits = {};
  scene.add(first, 1, kMi);
  scene.add(second, 1, kMi);
  scene.add(third, 1, kMi);
  CHECK(
      scene.usage().containers.at("app").kills ==
      std::vector<MemoryKill>{{kNow - 5min, Amount{100 * kMi}}, {kNow - 3min, Amount{150 * kMi}}});
}

TEST_CASE(
    "only pods that work make up what there is: what waits, starts or ends is no idle replica") {
  Scene scene;
  scene.add(running_pod("a", 1h), 900, kMi);
  scene.add(running_pod("b", 1h), 700, kMi);
  auto pending = running_pod("pending", 1h);
  pending->stage = PodStage::Waiting;
  auto starting = running_pod("starting", 1min);
  starting->ready = false;
  starting->ready_changed = starting->accepted;
  auto never_ready = running_pod("never-ready", 1h);
  never_ready->ready = false;
  never_ready->ready_changed = never_ready->accepted + 10s;
  auto ended = running_pod("ended", 1h);
  ended->stage = PodStage::Ended;
  for (const auto& pod : {pending, starting, never_ready, ended})
    scene.add(pod, 0, kMi);
  scene.pods.push_back(running_pod("just-begun", 30s));
  const WorkloadUsage usage = scene.usage();
  CHECK(usage.pods.nodes == 2);
  CHECK(usage.pods.capacity.get(ResourceName::cpu()) == Amount{2000});
  CHECK(usage.pods.estimated.get(ResourceName::cpu()) == Amount{1600});
  CHECK(usage.coming == 4);
  CHECK(usage.present == 6);
}

TEST_CASE("a pod that was ready and no longer is may be overloaded, and counts") {
  Scene scene;
  auto overloaded = running_pod("a", 1h);
  overloaded->ready = false;
  overloaded->ready_changed = kNow - 2min;
  scene.add(overloaded, 1000, kMi);
  CHECK(scene.usage().pods.nodes == 1);
  CHECK(scene.usage().coming == 0);
  CHECK(scene.usage().containers.at("app").busiest.get(ResourceName::cpu()) == Amount{1000});
}

TEST_CASE("containers that ask for nothing are no part of how much is used of what is asked for") {
  Scene scene;
  auto pod = running_pod("a", 1h);
  pod->containers.push_back({"injected", {}, {}, std::nullopt});
  scene.add(pod, 500, 10 * kMi);
  cluster::UsageSample& sample = scene.samples.begin()->second;
  sample.containers.push_back({"injected", {{"cpu", 3000}, {"memory", 400 * kMi}}});
  sample.used += sample.containers.back().used;
  const WorkloadUsage usage = scene.usage();
  CHECK(usage.pods.estimated.get(ResourceName::cpu()) == Amount{500});
  CHECK(usage.pods.capacity.get(ResourceName::cpu()) == Amount{1000});
  CHECK(usage.containers.at("app").busiest.get(ResourceName::cpu()) == Amount{500});
  CHECK(usage.containers.at("injected").busiest.get(ResourceName::cpu()) == Amount{3000});
}

TEST_CASE("a pod of which a container is not measured is not measured, and its others still are") {
  Scene scene;
  auto pod = running_pod("a", 1h);
  pod->containers.push_back({"proxy", {{"cpu", 100}}, {}, std::nullopt});
  scene.add(pod, 500, 10 * kMi);
  const WorkloadUsage usage = scene.usage();
  CHECK(usage.pods.nodes == 1);
  CHECK(usage.pods.nodes_fresh == 0);
  CHECK(usage.sampled == 1);
  CHECK(usage.containers.at("app").busiest.get(ResourceName::cpu()) == Amount{500});
  CHECK_FALSE(usage.containers.contains("proxy"));
}

TEST_CASE("one pod that a VerticalPodAutoscaler sized tells of all") {
  Scene scene;
  scene.add(running_pod("a", 1h), 1, kMi);
  CHECK_FALSE(scene.usage().is_sized_by_autoscaler);
  auto sized = running_pod("b", 1h);
  sized->is_sized_by_autoscaler = true;
  scene.add(sized, 1, kMi);
  CHECK(scene.usage().is_sized_by_autoscaler);
}

} // namespace berth::analyzer
