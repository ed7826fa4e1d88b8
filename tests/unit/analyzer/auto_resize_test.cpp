// How running pods are given other requests where a policy says Auto.

#include "analyzer/advise/auto_resize.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using resources::Amount;
using resources::ResourceName;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};

/// A workload with one container, and that it should ask for two cores and not for one.
struct Pods {
  Pods() {
    workload.containers.push_back({"main", {{"cpu", 1000}}});
    RequestChange change;
    change.resource = ResourceName::cpu();
    change.request = Amount{2000};
    changes.push_back(change);
  }
  WorkloadPod& add(std::int64_t cpu_milli, PodResizeStage resize = PodResizeStage::None) {
    auto pod = std::make_shared<WorkloadPod>();
    pod->meta.name = "web-" + std::to_string(pods.size());
    pod->meta.uid = "uid-" + std::to_string(pods.size());
    pod->stage = PodStage::Running;
    pod->qos = PodQos::Burstable;
    pod->resize = resize;
    pod->resize_changed = kNow - 1min;
    pod->containers.push_back({"main", {{"cpu", cpu_milli}}});
    pods.push_back(pod);
    return *pod;
  }
  [[nodiscard]] ResizeProgress progress() const {
    return progress_of(pods, workload, changes, kNow);
  }
  /// What is done in one cycle at `now`, where the quota has room for so many such changes.
  [[nodiscard]] Plan plan(TimePoint now = kNow, std::optional<std::int32_t> room = {}) const {
    api::ScalingRecommendation one;
    one.meta.name = "resize-1";
    one.spec.kind = api::RecommendationKind::Resize;
    one.spec.action.patch = resize_patch(workload, changes);
    WorkloadView view;
    view.workload = std::make_shared<const Workload>(workload);
    view.policy = std::make_shared<const api::ScalingPolicy>();
    view.recommendations = {std::make_shared<const api::ScalingRecommendation>(one)};
    WorkloadFacts facts;
    facts.pods = pods;
    if (room) {
      view.admission = WorkloadAdmission{};
      facts.quota_times = [room](const resources::ResourceVector&) { return room; };
    }
    Plan plan;
    act_on_requests(plan, view, facts, {one.meta.key(), changes}, now);
    return plan;
  }
  /// Why it is not done, as the plan has the recommendation say it.
  [[nodiscard]] Reason said(const Plan& plan) const {
    REQUIRE(plan.changed.size() == 1);
    const auto* applied = api::find_condition(plan.changed[0].status.conditions, "Applied");
    REQUIRE(applied != nullptr);
    return applied->reason;
  }

  Workload workload{};
  std::vector<RequestChange> changes{};
  std::vector<WorkloadPodPtr> pods{};
};

/// A Deployment that needs more memory than it asks for, and may be resized.
struct ResizedWorld : WorkloadWorld {
  explicit ResizedWorld(int replicas) {
    add_deployment(replicas);
    add_policy({{"mode", "Auto"}, {"actions", {"Resize"}}});
  }
  [[nodiscard]] std::string memory_of(const std::string& pod) {
    return admin.get("Pod", {"shop", pod})
        .at("/spec/containers/0/resources/requests/memory"_json_pointer)
        .get<std::string>();
  }
  [[nodiscard]] api::ScalingRecommendation recommendation() {
    const auto all = standing_in("shop");
    REQUIRE(all.size() == 1);
    return all[0];
  }
  [[nodiscard]] Reason applied_reason() {
    const auto one = recommendation();
    const auto* applied = api::find_condition(one.status.conditions, "Applied");
    REQUIRE(applied != nullptr);
    return applied->reason;
  }
};

} // namespace

TEST_CASE("a pod is asked once, by a patch of its containers that holds for no other pod") {
  Pods pods;
  pods.add(1000);
  const Plan plan = pods.plan();
  REQUIRE(plan.resizes.size() == 1);
  CHECK(plan.resizes[0].patch == R"({"metadata":{"uid":"uid-0"},"spec":{"containers":[{"name":)"
                                 R"("main","resources":{"requests":{"cpu":"2"}}}]}})");
  REQUIRE(plan.changed.size() == 1);
  CHECK(plan.changed[0].status.carried_out->at == kNow);
  CHECK(plan.changed[0].status.carried_out->undo_patch.find(R"("value":"1")") != std::string::npos);
  pods.pods.clear();
  pods.add(2000);
  CHECK(pods.plan().resizes.empty());
  CHECK(pods.said(pods.plan()) == Reason::Applied);
}

TEST_CASE("what a pod says of its resize is honoured: nothing more is sent to it meanwhile") {
  for (const auto stage : {PodResizeStage::InProgress, PodResizeStage::Deferred,
                           PodResizeStage::Infeasible, PodResizeStage::Error}) {
    Pods pods;
    pods.add(2000, stage);
    CHECK(pods.plan().resizes.empty());
    CHECK(pods.said(pods.plan()) != Reason::Applied);
  }
  Pods pods;
  pods.add(2000, PodResizeStage::InProgress);
  pods.add(2000, PodResizeStage::Deferred);
  pods.add(2000, PodResizeStage::Infeasible);
  pods.add(2000, PodResizeStage::Error);
  pods.add(2000);
  CHECK(describe(pods.progress()) ==
        "1 of 5 running pods have it; 1 being resized; 1 waiting for room on the node; 1 on a node "
        "that can never give so much; 1 failed, and tried again by the kubelet");
  CHECK(pods.said(pods.plan()) == Reason::ResizeInfeasible);
}

TEST_CASE("a pod that waits for another amount is asked anew, one on its way is not") {
  Pods pods;
  pods.add(3000, PodResizeStage::Deferred);
  CHECK(pods.plan().resizes.size() == 1);
  pods.pods.clear();
  pods.add(3000, PodResizeStage::InProgress);
  CHECK(pods.plan().resizes.empty());
}

TEST_CASE("a fifth of the pods is on the way at the same time, and who is stuck does not count") {
  Pods pods;
  for (int i = 0; i < 20; ++i)
    pods.add(1000);
  CHECK(pods.plan().resizes.size() == 4);
  pods.add(2000, PodResizeStage::InProgress);
  CHECK(pods.plan().resizes.size() == 3);
  pods.add(2000, PodResizeStage::InProgress).resize_changed = kNow - 11min;
  pods.add(2000, PodResizeStage::Deferred);
  pods.add(2000, PodResizeStage::Infeasible);
  CHECK(pods.plan().resizes.size() == 3);
}

TEST_CASE("however many are refused each time, every pod has its turn") {
  Pods pods;
  for (int i = 0; i < 7; ++i)
    pods.add(1000);
  std::set<std::string> asked;
  for (int minute = 0; minute < 7; ++minute)
    for (const auto& one : pods.plan(kNow + minute * 1min).resizes)
      asked.insert(one.pod.name);
  CHECK(asked.size() == 7);
}

TEST_CASE("what would change the class of service is not sent") {
  Pods pods;
  pods.add(1000).qos = PodQos::Guaranteed;
  pods.add(1000).qos = PodQos::BestEffort;
  CHECK(pods.progress().barred == 2);
  pods.changes[0].limit = pods.changes[0].request;
  CHECK(pods.progress().barred == 1);
}

TEST_CASE("pods that do not run are left alone, and one of another template is said") {
  Pods pods;
  pods.add(1000).stage = PodStage::Waiting;
  pods.add(1000).stage = PodStage::Ended;
  CHECK(pods.plan().empty());
  pods.add(1000).containers[0].name = "other";
  CHECK(pods.progress().barred == 1);
}

TEST_CASE("a limit that is asked for and not in force is not done yet") {
  Pods pods;
  pods.changes[0].limit = Amount{4000};
  WorkloadPod& pod = pods.add(2000);
  pod.containers[0].limits.set(ResourceName::cpu(), Amount{2000});
  CHECK(pods.progress().open.size() == 1);
  pod.containers[0].asked_limits = resources::ResourceVector{{"cpu", 4000}};
  CHECK(pods.progress().in_progress == 1);
  CHECK(pods.progress().done == 0);
}

TEST_CASE("no more is asked for than the quota has room for") {
  Pods pods;
  for (int i = 0; i < 20; ++i)
    pods.add(1000);
  CHECK(pods.plan(kNow, 2).resizes.size() == 2);
  CHECK(pods.plan(kNow, 0).resizes.empty());
  CHECK(pods.said(pods.plan(kNow, 0)) == Reason::InsufficientQuota);
}

TEST_CASE("in mode Auto all pods get what they need in place, and the template stays as it is") {
  ResizedWorld world(4);
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 500, 1500);
  CHECK(analyzer.writes("/resize") == 4);
  CHECK(analyzer.writes("/deployments/") == 0);
  for (const auto& pod : world.pods)
    CHECK(world.memory_of(pod) != "1Gi");
  CHECK(world.applied_reason() == Reason::Applied);
  CHECK(world.recommendation().status.applied_at);
  const auto told = world.events_about("Pod");
  CHECK(told.size() == 4);
  for (const auto& event : told)
    CHECK(event.at("reason") == "Resized");
  world.add_pod("web-4"); // as the template has it
  world.measure_pods_for(10min, 500, 1500);
  CHECK(world.memory_of("web-4") == world.memory_of("web-0"));
}

TEST_CASE("a pod that cannot be resized blocks no other one") {
  ResizedWorld world(4);
  SimulatedAnalyzer analyzer(world);
  analyzer.transport.faults().aim(simulation::Fault::ServerError,
                                  simulation::requests("PATCH", "/pods/web-0/resize"), 1000);
  world.measure_pods_for(40min, 500, 1500);
  CHECK(world.memory_of("web-0") == "1Gi");
  for (const char* pod : {"web-1", "web-2", "web-3"})
    CHECK(world.memory_of(pod) != "1Gi");
  CHECK(world.applied_reason() == Reason::Resizing);
}

TEST_CASE("in mode Recommend no pod is resized") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"actions", {"Resize"}}});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 500, 1500);
  CHECK(world.standing_in("shop").size() == 1);
  CHECK(analyzer.writes("/resize") == 0);
}

} // namespace berth::analyzer
