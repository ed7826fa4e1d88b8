// The way of a pod through the operator, in simulated time: gate, decision, one write.

#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::make_pod;

constexpr const char* kAdmitted = "berth.dev/admitted";
constexpr const char* kExplain = "berth.dev/explain";

} // namespace

TEST_CASE("L1: a pod with quota and room is admitted by one write that carries its record") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 8);
  world.admin.create(make_pod("a", "p").cpu("2").build());
  REQUIRE(world.is_gated("a", "p"));
  SimulatedOperator op(world);
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "p"); }, 30s));
  world.executor.run_for(10s);
  CHECK(op.writes_asked("/pods/") == 1);
  const auto record = api::decode_admission(world.annotation("a", "p", kAdmitted));
  REQUIRE(record);
  CHECK(record->quota == QuotaName{"a"});
  CHECK(record->pool == PoolName{"cpu"});
  CHECK_FALSE(record->planned_nodes.empty());
}

TEST_CASE("I10: when nothing changes the operator writes nothing") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 4);
  world.admin.create(make_pod("a", "fits").cpu("2").build());
  world.admin.create(make_pod("a", "waits").cpu("8").build());
  SimulatedOperator op(world);
  world.executor.run_for(1min);
  const std::size_t settled = op.writes_asked();
  CHECK(settled > 0);
  world.executor.run_for(4h);
  CHECK(op.writes_asked() == settled);
}

TEST_CASE("Q2: work beyond the quota waits and says why, with the numbers") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 4);
  world.admin.create(make_pod("a", "first").cpu("3").build());
  SimulatedOperator op(world);
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "first"); }, 30s));
  world.admin.create(make_pod("a", "second").cpu("3").build());
  world.executor.run_for(30s);
  CHECK(world.is_gated("a", "second"));
  const std::string why = world.annotation("a", "second", kExplain);
  CAPTURE(why);
  CHECK(why.starts_with("InsufficientQuota: "));
  CHECK(why.find("cpu") != std::string::npos);
  CHECK(why.find('3') != std::string::npos);
  world.admin.remove("Pod", {"a", "first"}, 0);
  CHECK(world.executor.run_until([&] { return !world.is_gated("a", "second"); }, 30s));
}

TEST_CASE("F1: higher priority is admitted first, then the older") {
  OperatorWorld world;
  world.admin.create(simulation::make_priority_class("high", 1000).build());
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 2);
  world.admin.create(make_pod("a", "low-old").cpu("2").build());
  world.executor.run_for(2s);
  world.admin.create(make_pod("a", "high-young").cpu("2").priority_class("high").build());
  SimulatedOperator op(world);
  world.executor.run_for(30s);
  CHECK_FALSE(world.is_gated("a", "high-young"));
  CHECK(world.is_gated("a", "low-old"));
}

TEST_CASE("G1: a gang waits for its last member and is then admitted whole") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 16);
  SimulatedOperator op(world);
  for (const char* name : {"m0", "m1"})
    world.admin.create(make_pod("a", name).cpu("1").workload("train", 3).build());
  world.executor.run_for(30s);
  CHECK(world.is_gated("a", "m0"));
  CHECK(world.annotation("a", "m0", kExplain).starts_with("WaitingForGang: "));
  world.admin.create(make_pod("a", "m2").cpu("1").workload("train", 3).build());
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "m2"); }, 30s));
  world.executor.run_for(5s);
  std::set<std::string> decisions;
  for (const char* name : {"m0", "m1", "m2"}) {
    CHECK_FALSE(world.is_gated("a", name));
    decisions.insert(api::decode_admission(world.annotation("a", name, kAdmitted))->decision.str());
  }
  CHECK(decisions.size() == 1);
}

TEST_CASE("G2: a gang whose leader died half-way is finished by the next one") {
  for (std::size_t members_written = 1; members_written <= 2; ++members_written) {
    DYNAMIC_SECTION("after " << members_written << " members") {
      OperatorWorld world;
      world.add_pool("cpu", 2, "16");
      world.add_team("a", "cpu", 3);
      for (const char* name : {"m0", "m1", "m2"})
        world.admin.create(make_pod("a", name).cpu("1").workload("train", 3).build());
      SimulatedOperator first(world);
      const auto open = [&] {
        std::size_t ungated = 0;
        for (const char* name : {"m0", "m1", "m2"})
          ungated += world.is_gated("a", name) ? 0 : 1;
        return ungated;
      };
      REQUIRE(world.executor.run_until([&] { return open() >= members_written; }, 30s));
      first.transport.partition(true);
      // Somebody else's pod must not get the room that the rest of the gang was promised.
      world.admin.create(make_pod("a", "intruder").cpu("1").build());
      SimulatedOperator second(world, 99);
      REQUIRE(world.executor.run_until([&] { return open() == 3; }, 1min));
      world.executor.run_for(30s);
      CHECK(world.is_gated("a", "intruder"));
    }
  }
}

TEST_CASE("F14: a reply that is lost admits nothing twice") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  op.transport.faults().aim(simulation::Fault::LoseReply, simulation::requests("PATCH", "/pods/"));
  world.admin.create(make_pod("a", "p").cpu("2").build());
  world.admin.create(make_pod("a", "q").cpu("2").build());
  world.executor.run_for(2min);
  CHECK(world.is_gated("a", "p") != world.is_gated("a", "q"));
}

TEST_CASE("F15: somebody else's write to the pod in between only costs another try") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 2);
  SimulatedOperator op(world);
  world.executor.run_for(5s);
  simulation::Latency slow;
  slow.min = slow.max = 200ms;
  op.transport.faults().set_latency(slow);
  world.admin.create(make_pod("a", "p").cpu("2").build());
  for (int touch = 0; touch < 8; ++touch) {
    world.executor.run_for(70ms);
    world.admin.patch("Pod", {"a", "p"},
                      {{"metadata", {{"annotations", {{"touch", std::to_string(touch)}}}}}});
  }
  CHECK(world.executor.run_until([&] { return !world.is_gated("a", "p"); }, 1min));
  CHECK(world.annotation("a", "p", "touch") == "7");
}

TEST_CASE("I7: two operators that both think they lead go wrong once at most, and see it then") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "4");
  world.add_team("a", "cpu", 6);
  for (int pod = 0; pod < 20; ++pod)
    world.admin.create(make_pod("a", "p" + std::to_string(pod)).cpu("1").build());
  SimulatedOperator first(world, 3);
  SimulatedOperator second(world, 4);
  world.executor.run_for(5min);
  int admitted = 0;
  for (int pod = 0; pod < 20; ++pod)
    admitted += world.is_gated("a", "p" + std::to_string(pod)) ? 0 : 1;
  // Both may decide on views that lack the other's last writes; preconditions bound that to one
  // decision of each, and the ledger of both shows the truth at once afterwards.
  CHECK(admitted >= 6);
  CHECK(admitted <= 8);
}

TEST_CASE("Q3: a broken tree stops only itself") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "16");
  world.add_team("a", "cpu", 8);
  world.add_team("b", "cpu", 8);
  world.admin.patch("Quota", {"", "b"}, {{"spec", {{"parentRef", {{"name", "missing"}}}}}});
  SimulatedOperator op(world);
  world.admin.create(make_pod("a", "p").cpu("1").build());
  world.admin.create(make_pod("b", "p").cpu("1").build());
  world.executor.run_for(30s);
  CHECK_FALSE(world.is_gated("a", "p"));
  CHECK(world.is_gated("b", "p"));
  CHECK(world.condition("Quota", "b", "Ready")["reason"] == "ParentNotFound");
  CHECK(world.condition("Quota", "a", "Ready")["status"] == "True");
}

TEST_CASE("X3: work of a namespace that no quota names says so") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.admin.create(simulation::make_managed_namespace("stray").build());
  world.admin.create(make_pod("stray", "p").cpu("1").build());
  SimulatedOperator op(world);
  world.executor.run_for(30s);
  CHECK(world.annotation("stray", "p", kExplain).starts_with("QuotaNotFound: "));
}

TEST_CASE("F25: a pod whose planned nodes vanish before it is bound gets new ones") {
  OperatorWorld world;
  world.add_pool("cpu", 2, "2");
  world.add_team("a", "cpu", 8);
  SimulatedOperator op(world);
  world.admin.create(make_pod("a", "p").cpu("2").build());
  REQUIRE(world.executor.run_until([&] { return !world.is_gated("a", "p"); }, 30s));
  world.executor.run_for(5s);
  const auto before = api::decode_admission(world.annotation("a", "p", kAdmitted));
  REQUIRE(before);
  world.admin.create(simulation::make_node("spare").cpu("2").label("pool", "cpu").build());
  for (const auto& node : before->planned_nodes)
    world.admin.remove("Node", {"", node.str()});
  world.executor.run_for(10s);
  const auto after = api::decode_admission(world.annotation("a", "p", kAdmitted));
  REQUIRE(after);
  CHECK(after->decision == before->decision);
  REQUIRE_FALSE(after->planned_nodes.empty());
  CHECK(after->planned_nodes.front() == NodeName{"spare"});
}

TEST_CASE("F21: nothing is admitted while a cache is not filled") {
  OperatorWorld world;
  world.add_pool("cpu", 1, "16");
  world.add_team("a", "cpu", 8);
  world.admin.create(make_pod("a", "p").cpu("1").build());
  SimulatedOperator op(world);
  op.transport.faults().aim(simulation::Fault::ServerError, simulation::requests("GET", "/quotas"),
                            1000);
  world.executor.run_for(10min);
  CHECK(world.is_gated("a", "p"));
  CHECK_FALSE(op.observer.has_synced());
}
