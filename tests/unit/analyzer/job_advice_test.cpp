// What is advised on a Job: what its next run should ask for, and nothing else.

#include <catch2/catch.hpp>

#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::RecommendationKind;

/// A Job "train" with one pod that asks for 1 Gi, and a policy that says all that policies can.
struct JobWorld : WorkloadWorld {
  JobWorld() {
    const Json resources = {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}};
    const Json container = {{"name", "main"}, {"image", "train"}, {"resources", resources}};
    const Json spec = {{"containers", Json::array({container})}, {"restartPolicy", "Never"}};
    admin.create(simulation::make_object("batch/v1", "Job", "shop", "train")
                     .spec({{"parallelism", 1}, {"template", {{"spec", spec}}}}));
    admin.create(simulation::make_pod("shop", "train-x")
                     .cpu("1")
                     .memory("1Gi")
                     .owner("batch/v1", "Job", "train", "job-uid")
                     .on_node("n-0"));
    set_status("train-x", Json::object());
    pods.push_back("train-x");
    add_policy({{"targetRef", {{"kind", "Job"}, {"name", "train"}}},
                {"mode", "Auto"},
                {"maxReplicas", 10}},
               "train");
  }
};

} // namespace

TEST_CASE("a Job is advised to ask for what it needs, and neither it nor its pods are changed") {
  JobWorld world;
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 990, 1500);
  const auto found = world.standing_in("shop");
  REQUIRE(found.size() == 1); // its replicas are its author's, however busy
  CHECK(found[0].spec.kind == RecommendationKind::Resize);
  CHECK(found[0].spec.target_ref == api::ScalingTarget{api::ScalingTargetKind::Job, "train"});
  CHECK(found[0].spec.action.patch.find("/spec/template/spec/containers/0/resources/requests/") !=
        std::string::npos);
  CHECK(analyzer.writes("/jobs") == 0);
  CHECK(analyzer.writes("/pods/") == 0);
  CHECK(world.policy_condition("Ready", "train").reason == Reason::MetricsAvailable);
}

TEST_CASE("what was found of a Job stands for the next run after its pods have ended") {
  JobWorld world;
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(40min, 500, 1500);
  REQUIRE(world.standing_in("shop").size() == 1);
  world.admin.patch("Pod", {"shop", "train-x"}, {{"status", {{"phase", "Succeeded"}}}}, "status");
  world.executor.run_for(3h);
  REQUIRE(world.standing_in("shop").size() == 1);
  world.admin.remove("Job", {"shop", "train"});
  world.executor.run_for(5min);
  CHECK(world.standing_in("shop").empty());
  CHECK(world.policy_condition("Ready", "train").reason == Reason::TargetNotFound);
}

TEST_CASE("of a Job that no policy names nothing is kept") {
  JobWorld world;
  world.admin.remove("ScalingPolicy", {"shop", "train"});
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(10min, 500, 500);
  const double without = analyzer.metrics.series.value();
  world.add_policy({{"targetRef", {{"kind", "Job"}, {"name", "train"}}}}, "train");
  world.measure_pods_for(10min, 500, 500);
  CHECK(analyzer.metrics.series.value() > without);
}

} // namespace berth::analyzer
