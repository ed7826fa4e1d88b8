// Rules through the operator, in simulated time: what is written to pods and to the policy.

#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::Json;
using simulation::make_pod;

constexpr const char* kTerms = "/spec/affinity/nodeAffinity/"
                               "requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
const Json kInPool = {{"key", "pool"}, {"operator", "In"}, {"values", {"cpu"}}};
const Json kInEurope = {{"key", "region"}, {"operator", "In"}, {"values", {"eu"}}};

/// Pool "cpu": three nodes in region eu and three in region us; team "a" has room for all.
struct RuleWorld : OperatorWorld {
  RuleWorld() {
    add_pool("cpu", 0, "16");
    for (const std::string region : {"eu", "us"})
      simulation::create_nodes(admin, region, 3,
                               simulation::make_node("shape")
                                   .cpu("16")
                                   .memory("64Gi")
                                   .label("pool", "cpu")
                                   .label("region", region));
    add_team("a", "cpu", 96);
  }
  /// One rule that requires region=eu of what `match` says.
  void require_europe(const Json& match) {
    const Json rule = {
        {"name", "in-europe"},
        {"match", match},
        {"effect", {{"requireNodeLabels", {{{"key", "region"}, {"values", {"eu"}}}}}}}};
    admin.create(simulation::make_object("berth.dev/v1alpha1", "AllocationPolicy", "", "default")
                     .spec({{"rules", Json::array({rule})}})
                     .build());
  }
  Json admitted(const Json& created) {
    const std::string name = created["metadata"]["name"];
    admin.create(created);
    REQUIRE(executor.run_until([&] { return !is_gated("a", name); }, 30s));
    return pod("a", name);
  }
  allocation::AdmissionRecord record(const std::string& name) {
    auto decoded = api::decode_admission(annotation("a", name, "berth.dev/admitted"));
    REQUIRE(decoded);
    return *decoded;
  }
};

Json terms_of(const Json& pod) {
  return pod.value(Json::json_pointer(kTerms), Json::array());
}

} // namespace

TEST_CASE("N1: what a rule demands is in the pod's affinity before its gate goes") {
  RuleWorld world;
  world.require_europe({{"expression", "pod.labels.tier == 'web'"}});
  SimulatedOperator op(world);
  SECTION("of a pod without affinity") {
    const Json terms = terms_of(world.admitted(make_pod("a", "p").cpu("2").label("tier", "web")));
    REQUIRE(terms.size() == 1);
    CHECK(terms[0]["matchExpressions"] == Json::array({kInPool, kInEurope}));
    CHECK(world.record("p").rules == std::vector<std::string>{"in-europe"});
  }
  SECTION("behind what its author wrote") {
    const Json terms = terms_of(world.admitted(
        make_pod("a", "p").cpu("2").label("tier", "web").requires_node("pool", {"cpu", "other"})));
    REQUIRE(terms.size() == 1);
    REQUIRE(terms[0]["matchExpressions"].size() == 3);
    CHECK(terms[0]["matchExpressions"][0]["values"] == Json({"cpu", "other"}));
    CHECK(terms[0]["matchExpressions"][1] == kInPool);
    CHECK(terms[0]["matchExpressions"][2] == kInEurope);
  }
  SECTION("in each term that pins it to a candidate") {
    const Json pod = world.admitted(make_pod("a", "p")
                                        .cpu("2")
                                        .label("tier", "web")
                                        .owner("apps/v1", "ReplicaSet", "web", "uid-of-web"));
    REQUIRE(world.record("p").mode == allocation::PlacementMode::Candidates);
    CHECK(terms_of(pod).size() == 3);
    for (const auto& term : terms_of(pod)) {
      CHECK(term["matchExpressions"] == Json::array({kInEurope}));
      CHECK(term["matchFields"][0]["values"][0].get<std::string>().starts_with("eu"));
    }
  }
  SECTION("and nothing in that of a pod that the rule is not for") {
    const Json terms = terms_of(world.admitted(make_pod("a", "p").cpu("2").label("tier", "db")));
    REQUIRE(terms.size() == 1);
    CHECK(terms[0]["matchExpressions"] == Json::array({kInPool}));
    CHECK(world.record("p").rules.empty());
  }
}

TEST_CASE("I10: pods with rules settle with one write each") {
  RuleWorld world;
  world.require_europe(Json::object());
  SimulatedOperator op(world);
  for (int i = 0; i < 5; ++i)
    world.admitted(make_pod("a", "p" + std::to_string(i)).cpu("2"));
  world.executor.run_for(1min);
  CHECK(op.writes_asked("/pods/") == 5);
  const std::size_t settled = op.writes_asked();
  world.executor.run_for(1h);
  CHECK(op.writes_asked() == settled);
}

TEST_CASE("N3: a pod that rules leave no node says which rule") {
  RuleWorld world;
  world.require_europe(Json::object());
  SimulatedOperator op(world);
  world.admin.create(make_pod("a", "p").cpu("2").requires_node("region", {"us"}).build());
  world.executor.run_for(30s);
  CHECK(world.is_gated("a", "p"));
  const std::string why = world.annotation("a", "p", "berth.dev/explain");
  CAPTURE(why);
  CHECK(why.starts_with("ForbiddenByRule: "));
  CHECK(why.find("rule in-europe: region In (eu)") != std::string::npos);
}

TEST_CASE("a policy says which pools use it, and which of its rules does not compile and where") {
  RuleWorld world;
  SimulatedOperator op(world);
  SECTION("a good one") {
    world.require_europe({{"expression", "pod.priority > 0"}});
    world.executor.run_for(10s);
    CHECK(world.condition("AllocationPolicy", "default", "Ready")["status"] == "True");
    CHECK(world.admin.get("AllocationPolicy", {"", "default"})["status"]["pools"] ==
          Json::array({"cpu"}));
  }
  SECTION("one that lets waiting count, with the bound that follows from it (F4)") {
    world.admin.create(
        simulation::make_object("berth.dev/v1alpha1", "AllocationPolicy", "", "default")
            .spec({{"ageing", {{"pointsPerHour", 10}, {"maxPoints", 25}}}})
            .build());
    world.executor.run_for(10s);
    const std::string message = world.condition("AllocationPolicy", "default", "Ready")["message"];
    CHECK(message ==
          "1 pool uses the policy; by ageing, who is up to 25 points behind waits at most "
          "150 min for work of its quota that comes later");
  }
  SECTION("a broken one, whose demands count") {
    world.require_europe({{"expression", "pod.nme == 'x'"}});
    world.executor.run_for(10s);
    const Json ready = world.condition("AllocationPolicy", "default", "Ready");
    CHECK(ready["status"] == "False");
    CHECK(ready["reason"] == "InvalidRule");
    const std::string message = ready["message"];
    CAPTURE(message);
    CHECK(message.starts_with(
        "rule in-europe: match.expression: column 5: unknown field pod.nme; there are pod.name"));
    const Json terms = terms_of(world.admitted(make_pod("a", "p").cpu("2")));
    REQUIRE(terms.size() == 1);
    CHECK(terms[0]["matchExpressions"] == Json::array({kInPool, kInEurope}));
  }
}
