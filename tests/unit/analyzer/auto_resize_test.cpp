// How running pods are given other requests where a policy says Auto.

#include "analyzer/advise/auto_resize.hpp"

#include <set>

#include <catch2/catch.hpp>

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
    return plan({{"", "resize-1"}, changes}, now, room);
  }
  [[nodiscard]] Plan plan(const WantedResize& wanted, TimePoint now = kNow,
                          std::optional<std::int32_t> room = {}) const {
    api::ScalingRecommendation one;
    one.meta.name = "resize-1";
    one.spec.kind = api::RecommendationKind::Resize;
    one.spec.action.patch = resize_patch(workload, changes);
    WorkloadView view;
    view.workload = std::make_shared<const Workload>(workload);
    view.policy = std::make_shared<const api::ScalingPolicy>();
    if (!earlier || earlier->meta.name != one.meta.name)
      view.recommendations = {std::make_shared<const api::ScalingRecommendation>(one)};
    if (earlier)
      view.recommendations.push_back(std::make_shared<const api::ScalingRecommendation>(*earlier));
    WorkloadFacts facts;
    facts.pods = pods;
    facts.resizes_max = resizes_max;
    if (room)
      facts.growth_room = GrowthRoom{{{"cpu", 1000 * *room}}, pool, block};
    Plan plan;
    plan.scale = scale;
    act_on_requests(plan, view, facts, wanted, now);
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
  resources::ResourceVector pool{{"cpu", 1'000'000}};
  resources::ResourceVector block{{"cpu", 1'000'000}};
  std::size_t resizes_max = kPodResizesPerCycleMax;
  std::optional<ScaleChange> scale{};
  std::optional<api::ScalingRecommendation> earlier{};
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
  // Each pod is sent its own: there is none of the target.
  CHECK(plan.changed[0].status.carried_out->patch.empty());
  CHECK(plan.changed[0].status.carried_out->undo_patch.empty());
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

TEST_CASE("a pod is asked anew, however far it is with another amount") {
  for (const auto stage : {PodResizeStage::InProgress, PodResizeStage::Deferred,
                           PodResizeStage::Infeasible, PodResizeStage::Error}) {
    Pods pods;
    pods.add(3000, stage);
    CHECK(pods.plan().resizes.size() == 1);
    pods.add(3000, stage).resize_changed = kNow - 11min;
    CHECK(pods.progress().open.size() == 2);
  }
}

TEST_CASE("a fifth of the pods is on the way at the same time, and who is stuck does not count") {
  Pods pods;
  for (int i = 0; i < 20; ++i)
    pods.add(1000);
  CHECK(pods.plan().resizes.size() == 4);
  pods.add(2000, PodResizeStage::InProgress);
  CHECK(pods.plan().resizes.size() == 3);
  pods.add(2000, PodResizeStage::InProgress).resize_changed = kNow - 11min;
  pods.add(2000, PodResizeStage::Infeasible);
  CHECK(pods.plan().resizes.size() == 3);
  pods.add(2000, PodResizeStage::Deferred); // it is charged, as those on the way are
  CHECK(pods.plan().resizes.size() == 2);
}

TEST_CASE("what a pod waits for in vain is taken back to what is in force") {
  Pods pods;
  pods.changes[0].limit = Amount{4000};
  WorkloadPod& pod = pods.add(2000, PodResizeStage::Deferred);
  PodContainer& container = pod.containers[0];
  container.requests_in_force = resources::ResourceVector{{"cpu", 1000}};
  container.limits.set(ResourceName::cpu(), Amount{3000});
  container.asked_limits = resources::ResourceVector{{"cpu", 4000}};
  CHECK(pods.plan().resizes.empty());
  pod.resize_changed = kNow - 10min;
  const Plan plan = pods.plan();
  REQUIRE(plan.resizes.size() == 1);
  CHECK(plan.resizes[0].patch ==
        R"({"metadata":{"uid":"uid-0"},"spec":{"containers":[{"name":"main","resources":)"
        R"({"limits":{"cpu":"3"},"requests":{"cpu":"1"}}}]}})");
  CHECK(plan.growth.is_nothing());
  pods.add(1000); // nobody waits for it any more
  CHECK(pods.plan().resizes.size() == 2);
}

TEST_CASE("however many are refused each time, every pod has its turn") {
  const auto every = GENERATE(1, 2, 5);
  const auto many = GENERATE(2, 7);
  Pods pods;
  for (int i = 0; i < many; ++i)
    pods.add(1000);
  std::set<std::string> asked;
  for (int cycle = 0; cycle < 60; ++cycle)
    for (const auto& one : pods.plan(kNow + cycle * every * 1min).resizes)
      asked.insert(one.pod.name);
  CHECK(std::ssize(asked) == many);
}

TEST_CASE("what would change the class of service is not sent") {
  Pods pods;
  pods.add(1000).qos = PodQos::Guaranteed;
  CHECK(pods.progress().barred == 1); // its limit would not be its request any more
  pods.pods.clear();
  pods.add(0).qos = PodQos::BestEffort;
  CHECK(pods.progress().barred == 1);
  pods.pods.clear();
  pods.changes[0].limit = pods.changes[0].request;
  PodContainer& container = pods.add(1000).containers[0]; // its memory is guaranteed already
  container.requests.set(ResourceName::memory(), Amount{1 << 30});
  container.limits.set(ResourceName::memory(), Amount{1 << 30});
  CHECK(pods.progress().barred == 1);
  pods.pods[0] = [&] {
    auto other = std::make_shared<WorkloadPod>(*pods.pods[0]);
    other->containers.push_back({"proxy"});
    return other;
  }();
  CHECK(pods.progress().open.size() == 1);
}

TEST_CASE("where containers are started anew, others wait until a pod is ready again") {
  Pods pods;
  pods.changes[0].resource = ResourceName::memory();
  pods.changes[0].request = Amount{2 << 20};
  const auto add = [&pods](std::int64_t memory, bool ready) {
    WorkloadPod& pod = pods.add(1000);
    pod.ready = ready;
    pod.containers[0].requests.set(ResourceName::memory(), Amount{memory});
    pod.containers[0].restarts_for = {ResourceName::memory()};
  };
  for (int i = 0; i < 8; ++i)
    add(1 << 20, true);
  CHECK(pods.plan().resizes.size() == 1);
  add(2 << 20, false); // done, and starting
  CHECK(pods.plan().resizes.empty());
  pods.pods.pop_back();
  add(1 << 20, false); // down, and it may be what it lacks
  REQUIRE(pods.plan().resizes.size() == 1);
  CHECK(pods.plan().resizes[0].pod.name == "web-8");
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
  pod.containers[0].asked_limits.reset();
  pod.containers[0].limits.set(ResourceName::cpu(), Amount{4000});
  CHECK(pods.progress().done == 1);
  pod.containers[0].requests_in_force = resources::ResourceVector{{"cpu", 1000}};
  CHECK(pods.progress().in_progress == 1);
  CHECK(pods.progress().done == 0);
}

TEST_CASE("what all pods have is said, also while a change waits for the cooldown") {
  Pods pods;
  pods.earlier.emplace().meta.name = "resize-0";
  pods.earlier->spec.kind = api::RecommendationKind::Resize;
  pods.earlier->status.carried_out.emplace().at = kNow - 1min;
  pods.add(2000);
  CHECK(pods.said(pods.plan()) == Reason::Applied);
  pods.add(1000);
  CHECK(pods.plan().resizes.empty());
  CHECK(pods.said(pods.plan()) == Reason::CoolingDown);
}

TEST_CASE("no more is asked for than the quota has room for") {
  Pods pods;
  for (int i = 0; i < 20; ++i)
    pods.add(1000);
  CHECK(pods.plan(kNow, 2).resizes.size() == 2);
  CHECK(pods.plan(kNow, 0).resizes.empty());
  CHECK(pods.said(pods.plan(kNow, 0)) == Reason::InsufficientQuota);
  CHECK(pods.plan(kNow, 2).growth == resources::ResourceVector{{"cpu", 2000}});
}

TEST_CASE("no more is asked for than the pool has free, and some node in one piece") {
  Pods pods;
  for (int i = 0; i < 20; ++i)
    pods.add(1000);
  pods.pool = {{"cpu", 3999}};
  CHECK(pods.plan(kNow, 20).resizes.size() == 3);
  pods.block = {{"cpu", 999}};
  CHECK(pods.plan(kNow, 20).resizes.empty());
  CHECK(pods.said(pods.plan(kNow, 20)) == Reason::InsufficientCapacity);
  pods.block = {{"cpu", 1000}};
  pods.pool = {}; // it does not say
  CHECK(pods.plan(kNow, 20).resizes.empty());
}

TEST_CASE("what replicas are asked for in the same cycle is no room for those that run") {
  Pods pods;
  for (int i = 0; i < 20; ++i)
    pods.add(1000);
  pods.scale.emplace().from = 20;
  pods.scale->to = 22;
  CHECK(pods.plan(kNow, 3).resizes.size() == 1);
}

TEST_CASE("what asks for less needs no room") {
  Pods pods;
  pods.add(3000);
  CHECK(pods.plan(kNow, 0).resizes.size() == 1);
  CHECK(pods.plan(kNow, 0).growth.is_nothing());
}

TEST_CASE("a cycle resizes no more pods than it may") {
  Pods pods;
  for (int i = 0; i < 100; ++i)
    pods.add(1000);
  CHECK(pods.plan().resizes.size() == kPodResizesPerCycleMax);
  pods.resizes_max = 3;
  CHECK(pods.plan().resizes.size() == 3);
  pods.resizes_max = 0;
  CHECK(pods.plan().resizes.empty());
}

TEST_CASE("pods go back to the template once it is right, who has less than it at once") {
  Pods pods;
  pods.earlier.emplace().meta.name = "resize-1";
  pods.earlier->spec.kind = api::RecommendationKind::Resize;
  pods.earlier->spec.action.patch = resize_patch(pods.workload, pods.changes);
  ContainerDemand demand;
  demand.container = "main";
  demand.resource = ResourceName::cpu();
  const auto back = [&](bool may_lower) {
    WorkloadView view;
    view.workload = std::make_shared<const Workload>(pods.workload);
    view.recommendations = {std::make_shared<const api::ScalingRecommendation>(*pods.earlier)};
    return back_to_template(view, pods.pods, {demand},
                            [may_lower](const ContainerDemand&) { return may_lower; });
  };
  pods.add(2000);
  CHECK_FALSE(back(true)); // somebody else's doing
  pods.earlier->status.carried_out.emplace().at = kNow - 1h;
  CHECK_FALSE(back(false));
  const auto wanted = back(true);
  REQUIRE(wanted);
  CHECK(wanted->key == pods.earlier->meta.key());
  REQUIRE(wanted->changes.size() == 1);
  CHECK(wanted->changes[0].request == Amount{1000});
  const Plan plan = pods.plan(*wanted);
  REQUIRE(plan.resizes.size() == 1);
  CHECK(plan.resizes[0].patch.find(R"("cpu":"1")") != std::string::npos);
  REQUIRE(plan.changed.size() == 1);
  CHECK(plan.changed[0].status.carried_out->undone_at == kNow);
  pods.add(500);
  CHECK(back(false));
}

} // namespace berth::analyzer
