// What the mode Auto does about replicas, and what it leaves alone.

#include <catch2/catch.hpp>

#include "lib/api/admission_record.hpp"
#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using api::ConditionStatus;

Json automatic(Json more = Json::object()) {
  Json spec = {{"mode", "Auto"}, {"actions", {"Replicas"}}, {"maxReplicas", 20}};
  spec.update(more);
  return spec;
}

/// A Deployment whose policy says Auto, and the analyzer looking at it.
struct AutoWorld : WorkloadWorld {
  explicit AutoWorld(int replicas, Json more = Json::object()) {
    add_deployment(replicas);
    add_policy(automatic(std::move(more)));
    analyzer.emplace(*this);
  }

  [[nodiscard]] std::size_t scalings() const { return analyzer->writes("/scale"); }
  /// Why the recommendation that stands is not carried out.
  [[nodiscard]] Reason refusal() {
    const auto standing = standing_in("shop");
    REQUIRE(standing.size() == 1);
    const auto* applied = api::find_condition(standing[0].status.conditions, "Applied");
    REQUIRE(applied != nullptr);
    CHECK(applied->status == ConditionStatus::False);
    return applied->reason;
  }
  std::optional<SimulatedAnalyzer> analyzer;
};

/// The same, and Berth admits its pods: quota "team" of pool "p", of which so many cores are used
/// by them and the pool has so many.
struct AdmittedWorld : WorkloadWorld {
  AdmittedWorld(int replicas, int quota_cores, int pool_cores) {
    add_deployment(0);
    scale(replicas);
    admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "p")
                     .spec(Json::object()));
    const Json nominal = {{"name", "cpu"}, {"nominal", quota_cores}};
    const Json of_pool = {{"poolRef", {{"name", "p"}}}, {"resources", Json::array({nominal})}};
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "team")
                     .spec({{"subjects", {{"namespaces", Json::array({"shop"})}}},
                            {"pools", Json::array({of_pool})}}));
    const Json used = {{"name", "cpu"}, {"nominal", quota_cores}, {"used", replicas}};
    const Json row = {{"pool", "p"}, {"resources", Json::array({used})}};
    admin.patch("Quota", {"", "team"},
                {{"status", {{"observedGeneration", 1}, {"pools", Json::array({row})}}}}, "status");
    const auto resource = [&](const char* name, const char* suffix) {
      return Json{{"name", name},
                  {"allocatable", std::to_string(pool_cores) + suffix},
                  {"allocated", std::to_string(replicas) + suffix},
                  {"promised", 0},
                  {"largestFreeBlock", std::to_string(pool_cores - replicas) + suffix}};
    };
    admin.patch("ResourcePool", {"", "p"},
                {{"status", {{"resources", {resource("cpu", ""), resource("memory", "Gi")}}}}},
                "status");
    for (int i = 0; i < replicas; ++i)
      admit("web-" + std::to_string(i));
    add_policy(automatic());
  }
  void admit(const std::string& name) {
    add_pod(name);
    allocation::AdmissionRecord record;
    record.decision = allocation::DecisionId{"d-1"};
    record.quota = QuotaName{"team"};
    record.pool = PoolName{"p"};
    record.planned_nodes = {NodeName{"n-0"}};
    admin.patch(
        "Pod", {"shop", name},
        {{"metadata", {{"annotations", {{"berth.dev/admitted", api::encode_admission(record)}}}}}});
  }
};

} // namespace

TEST_CASE("in mode Auto a busy Deployment is scaled out at once, and only once") {
  AutoWorld world(4);
  world.share_for(20min, 3600);
  CHECK(world.replicas() == 6);
  CHECK(world.scalings() == 1);
  const auto all = world.recommendations("shop");
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].status.carried_out);
  CHECK(all[0].status.carried_out->patch == R"({"spec":{"replicas":6}})");
  CHECK(all[0].status.carried_out->undo_patch == R"({"spec":{"replicas":4}})");
  CHECK(api::is_true(all[0].status.conditions, "Applied"));
  CHECK(valid_of(all[0])->reason == Reason::Applied);
  const auto policy =
      api::decode<api::ScalingPolicy>(world.admin.get("ScalingPolicy", {"shop", "web"}));
  REQUIRE(policy);
  CHECK(policy->status.last_applied_at == all[0].status.carried_out->at);
  const auto events = world.events_about("Deployment");
  REQUIRE(events.size() == 1);
  CHECK(events[0].at("reason") == "ScaledOut");
  CHECK(events[0].at("note") == "From 4 to 6 replicas: cpu is at 90 % of 4 replicas; 6 replicas "
                                "would bring it to 60 %");
  using telemetry::AdviceKind;
  CHECK(world.analyzer->metrics.actions(AdviceKind::ScaleOut, telemetry::Outcome::Ok).value() == 1);
}

TEST_CASE("in mode Recommend no replica is added, however busy the target is") {
  AutoWorld world(4, {{"mode", "Recommend"}});
  world.share_for(1h, 4800);
  CHECK(world.replicas() == 4);
  CHECK(world.scalings() == 0);
  CHECK_FALSE(world.recommendations("shop").at(0).status.carried_out);
}

TEST_CASE("without maxReplicas replicas are only advised on, and the advice says so") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy({{"mode", "Auto"}, {"actions", {"Replicas"}}});
  SimulatedAnalyzer analyzer(world);
  world.share_for(20min, 3600);
  CHECK(world.replicas() == 4);
  CHECK(analyzer.writes("/scale") == 0);
  const auto all = world.recommendations("shop");
  REQUIRE(all.size() == 1);
  const auto* applied = api::find_condition(all[0].status.conditions, "Applied");
  REQUIRE(applied != nullptr);
  CHECK(applied->reason == Reason::BoundsMissing);
}

TEST_CASE("replicas follow the load up to the policy's most") {
  AutoWorld world(4, {{"maxReplicas", 7}});
  world.share_for(2h, 9000);
  CHECK(world.replicas() == 7);
}

TEST_CASE("an idle target loses a replica at a time, down to the policy's least") {
  AutoWorld world(5, {{"minReplicas", 3}});
  world.share_for(45min, 300);
  CHECK(world.replicas() == 5);
  std::vector<int> seen{5};
  for (int minute = 0; minute < 120; ++minute) {
    world.share_for(1min, 300);
    if (world.replicas() != seen.back())
      seen.push_back(world.replicas());
  }
  CHECK(seen == std::vector{5, 4, 3});
  CHECK(world.scalings() == 2);
}

TEST_CASE("the next replica goes only once the last one is gone") {
  AutoWorld world(5);
  world.measure_pods_for(65min, 60, 100);
  CHECK(world.replicas() == 4); // its pod runs on
  CHECK(world.refusal() == Reason::PodsPending);
  world.admin.patch("Pod", {"shop", "web-4"}, {{"metadata", {{"finalizers", {"shop/drain"}}}}});
  world.admin.remove("Pod", {"shop", "web-4"}, 0);
  world.pods.pop_back();
  world.measure_pods_for(20min, 60, 100);
  CHECK(world.replicas() == 4); // it ends
  world.admin.patch("Pod", {"shop", "web-4"}, {{"metadata", {{"finalizers", nullptr}}}});
  world.measure_pods_for(10min, 60, 100);
  CHECK(world.replicas() == 3);
}

TEST_CASE("not even an emergency is answered twice within the cooldown") {
  AutoWorld world(4, {{"cooldownSeconds", 3600}});
  world.share_for(20min, 3600);
  REQUIRE(world.replicas() == 6);
  world.share_for(20min, 6 * 1500);
  CHECK(world.replicas() == 6);
  CHECK(world.refusal() == Reason::CoolingDown);
  world.share_for(40min, 6 * 1500);
  CHECK(world.replicas() > 6);
}

TEST_CASE("what is not measured any more is not scaled in") {
  AutoWorld world(10);
  world.measure_pods_for(40min, 100, 100);
  world.executor.run_for(4h);
  CHECK(world.replicas() == 10);
  CHECK(world.scalings() == 0);
}

TEST_CASE("an autoscaler's target is left to it in mode Auto too") {
  AutoWorld world(4);
  world.add_autoscaler();
  world.share_for(1h, 4000);
  CHECK(world.scalings() == 0);
}

TEST_CASE("replicas that never come to work are taken back, and asked for again after a while") {
  AutoWorld world(4);
  world.measure_pods_for(20min, 900, 500);
  REQUIRE(world.replicas() == 6); // nobody makes the two
  for (int minute = 0; minute < 30 && world.replicas() == 6; ++minute)
    world.measure_pods_for(1min, 900, 500);
  CHECK(world.replicas() == 4);
  const auto events = world.events_about("Deployment");
  REQUIRE(events.size() == 2);
  const bool is_first = events[0].at("reason") == "Undone";
  const Json& undone = events[is_first ? 0 : 1];
  CHECK(undone.at("reason") == "Undone");
  CHECK(undone.at("type") == "Warning");
  CHECK(undone.at("note") == "From 6 to 4 replicas: none of the replicas that were added works");
  world.measure_pods_for(8min, 900, 500);
  CHECK(world.replicas() == 4);
  CHECK(world.refusal() == Reason::UndoneLately);
  world.measure_pods_for(5min, 900, 500);
  CHECK(world.replicas() == 6);
}

TEST_CASE("a target that somebody else sets back is not changed again each time") {
  AutoWorld world(4);
  world.share_for(20min, 3600);
  REQUIRE(world.replicas() == 6);
  world.scale(4);
  world.share_for(30min, 3600);
  CHECK(world.replicas() == 4);
  CHECK(world.refusal() == Reason::UndoneLately);
  CHECK(world.scalings() == 1);
}

TEST_CASE("an analyzer that does not act only recommends, and the policy says so") {
  WorkloadWorld world;
  world.add_deployment(4);
  world.add_policy(automatic());
  SimulatedAnalyzer analyzer(world, AdvisorOptions{});
  world.share_for(20min, 3600);
  CHECK(world.replicas() == 4);
  CHECK(analyzer.writes("/scale") == 0);
  CHECK(world.standing_in("shop").size() == 1);
  const auto acting = world.policy_condition("Acting");
  CHECK(acting.status == ConditionStatus::False);
  CHECK(acting.message.find("--act") != std::string::npos);
}

TEST_CASE("no replica is added to a target whose pods all wait to be admitted") {
  AutoWorld world(4);
  world.admin.create(simulation::make_pod("shop", "web-gated")
                         .cpu("1")
                         .memory("1Gi")
                         .label("pod-template-hash", "7c9")
                         .owner("apps/v1", "ReplicaSet", "web-7c9", "rs-uid")
                         .gated());
  world.measure_pods_for(20min, 1200, 500);
  CHECK(world.scalings() == 0);
  CHECK(world.refusal() == Reason::PodsPending);
}

TEST_CASE("a change that the API server refuses is told of, and waits for the cooldown") {
  AutoWorld world(4);
  world.analyzer->transport.faults().aim(simulation::Fault::ServerError,
                                         simulation::requests("PATCH", "/scale"), 100);
  world.measure_pods_for(12min, 900, 500);
  CHECK(world.replicas() == 4);
  const auto events = world.events_about("Deployment");
  REQUIRE(events.size() == 1);
  CHECK(events[0].at("reason") == "ActionFailed");
  const auto policy =
      api::decode<api::ScalingPolicy>(world.admin.get("ScalingPolicy", {"shop", "web"}));
  REQUIRE(policy);
  CHECK_FALSE(policy->status.last_applied_at); // it was not
  CHECK(world.scalings() <= 2);
}

TEST_CASE("more replicas are asked for than the quota has room for, and only those get made") {
  AdmittedWorld world(4, 5, 100);
  SimulatedAnalyzer analyzer(world);
  world.measure_pods_for(20min, 900, 500);
  CHECK(world.replicas() == 5);
  const auto all = world.recommendations("shop");
  REQUIRE(all.size() == 1);
  CHECK(valid_of(all[0])->message.find("quota team has room for 1 more replica, pool p has room "
                                       "for 96 more replicas now") != std::string::npos);
}

TEST_CASE("a full quota, or a full pool, stops a scale-out before its pods would wait") {
  const auto refused = [](int quota, int pool) {
    AdmittedWorld world(4, quota, pool);
    SimulatedAnalyzer analyzer(world);
    world.measure_pods_for(20min, 900, 500);
    CHECK(analyzer.writes("/scale") == 0);
    const auto all = world.recommendations("shop");
    REQUIRE(all.size() == 1);
    return api::find_condition(all[0].status.conditions, "Applied")->reason;
  };
  CHECK(refused(4, 100) == Reason::InsufficientQuota);
  CHECK(refused(100, 4) == Reason::InsufficientCapacity);
}

} // namespace berth::analyzer
