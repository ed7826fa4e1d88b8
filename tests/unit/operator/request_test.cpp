// AllocationRequests as the operator carries them out, against the simulated API server.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/operator/lending_world.hpp"

namespace {

using namespace berth;
using namespace berth::op;
using namespace std::chrono_literals;
using simulation::Json;

constexpr const char* kConnections = "pool.berth.dev/db-connections";

struct RequestWorld : LendingWorld {
  RequestWorld() {
    admin.create(
        simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "db")
            .spec({{"resources",
                    {{{"name", "db-connections"}, {"kind", "Virtual"}, {"capacity", 30}}}}})
            .build());
    admin.create(simulation::make_managed_namespace("agents").build());
    Json resources = Json::array({{{"name", kConnections}, {"nominal", 25}}});
    Json pools = Json::array({{{"poolRef", {{"name", "db"}}}, {"resources", resources}}});
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "agents")
                     .spec({{"subjects", {{"namespaces", {"agents"}}}}, {"pools", pools}})
                     .build());
    executor.run_for(2s);
  }

  void ask(const std::string& name, int amount, Json more = Json::object()) {
    Json spec = {{"resources", Json::array({{{"name", kConnections}, {"amount", amount}}})}};
    spec.update(more);
    admin.create(simulation::make_object("berth.dev/v1alpha1", "AllocationRequest", "agents", name)
                     .spec(spec)
                     .build());
  }
  Json status(const std::string& name) {
    return admin.get("AllocationRequest", {"agents", name}).value("status", Json::object());
  }
  bool is(const std::string& name, const std::string& type) {
    const Json known = status(name).value("conditions", Json::array());
    return std::any_of(known.begin(), known.end(), [&](const Json& condition) {
      return condition["type"] == type && condition["status"] == "True";
    });
  }
  void wait_for(const std::string& name, const std::string& type, Duration time = 5s) {
    INFO(name << " " << type << ": " << status(name).dump());
    REQUIRE(executor.run_until([&] { return is(name, type); }, time));
  }
};

} // namespace

TEST_CASE("A request gets what it asks for, for as long as it asks, and then the next one does") {
  RequestWorld world;
  world.ask("first", 20, {{"durationSeconds", 600}});
  world.wait_for("first", "Allocated");
  const Json first = world.status("first");
  CHECK(first["quota"] == "agents");
  REQUIRE(first["allocations"].size() == 1);
  CHECK(first["allocations"][0]["pool"] == "db");
  CHECK_FALSE(first["allocations"][0].contains("node"));
  const auto expires = parse_time(first["expiresAt"].get<std::string>());
  CHECK(*expires - world.executor.now() > 590s);
  CHECK(world.executor.run_until([&] { return world.events("agents", "Allocated") == 1; }, 5s));

  world.ask("second", 10);
  world.executor.run_for(5s);
  CHECK_FALSE(world.is("second", "Allocated"));
  CHECK(world.status("second")["reason"] == "InsufficientQuota");
  CHECK(world.status("second")["position"] == 1);
  const Json pending = world.admin.get("Quota", {"", "agents"})["status"]["firstPending"];
  CHECK(pending["kind"] == "AllocationRequest");
  CHECK(pending["name"] == "second");
  CHECK(world.status("second")["plannedStart"].is_string());

  world.executor.run_for(*expires - world.executor.now() - 1s);
  CHECK(world.is("first", "Allocated"));
  world.executor.run_for(3s);
  CHECK(world.is("first", "Finished"));
  CHECK(world.status("first")["reason"] == "Expired");
  CHECK_FALSE(world.status("first").contains("allocations"));
  world.wait_for("second", "Allocated");
  CHECK_FALSE(world.status("second").contains("expiresAt"));
}

TEST_CASE("A request is renewed by its duration, and released by its deletion") {
  RequestWorld world;
  world.ask("first", 20, {{"durationSeconds", 60}});
  world.wait_for("first", "Allocated");
  world.admin.patch("AllocationRequest", {"agents", "first"},
                    {{"spec", {{"durationSeconds", 600}}}});
  world.executor.run_for(2min);
  CHECK(world.is("first", "Allocated"));
  world.ask("second", 20);
  world.executor.run_for(5s);
  CHECK_FALSE(world.is("second", "Allocated"));
  world.admin.remove("AllocationRequest", {"agents", "first"}, 0);
  world.wait_for("second", "Allocated");
}

TEST_CASE("G3: a request that can do with less gets what there is, and says how much that is") {
  RequestWorld world;
  world.ask("first", 20);
  world.wait_for("first", "Allocated");
  CHECK(world.status("first")["grantedCount"] == 1);
  world.ask("elastic", 2, {{"count", 10}, {"minCount", 2}}); // five are left
  world.wait_for("elastic", "Allocated");
  CHECK(world.status("elastic")["grantedCount"] == 2);
  CHECK(world.status("elastic")["allocations"][0]["count"] == 2);
  world.ask("one", 1);
  world.wait_for("one", "Allocated");
  world.admin.remove("AllocationRequest", {"agents", "first"}, 0);
  world.executor.run_for(1min);
  CHECK(world.status("elastic")["grantedCount"] == 2); // it does not grow
  world.ask("second", 20);
  world.wait_for("second", "Allocated");
  world.admin.remove("AllocationRequest", {"agents", "elastic"}, 0);
  world.ask("last", 4);
  world.wait_for("last", "Allocated");
}

TEST_CASE("A request starts no earlier than it asks to") {
  RequestWorld world;
  const TimePoint start = world.executor.now() + 10min;
  world.ask("later", 5, {{"notBefore", format_time(start)}});
  world.executor.run_for(9min);
  CHECK_FALSE(world.is("later", "Allocated"));
  CHECK(world.status("later")["reason"] == "NotBefore");
  world.executor.run_for(62s);
  CHECK(world.is("later", "Allocated"));
}

TEST_CASE("L3: the next leader counts what requests hold, and writes nothing that stands there") {
  RequestWorld world;
  world.ask("first", 20);
  world.wait_for("first", "Allocated");
  world.executor.run_for(5s);
  const auto version =
      world.admin.get("AllocationRequest", {"agents", "first"})["metadata"]["resourceVersion"];
  world.start();
  world.ask("second", 20);
  world.executor.run_for(30s);
  CHECK_FALSE(world.is("second", "Allocated"));
  CHECK(world.admin.get("AllocationRequest", {"agents", "first"})["metadata"]["resourceVersion"] ==
        version);
}

TEST_CASE("L2: pods and requests share what a pool has and no node does") {
  RequestWorld world;
  world.ask("first", 20);
  world.wait_for("first", "Allocated");
  // Team a may use the pool as well, and has ten of thirty left there.
  Json resources = Json::array({{{"name", kConnections}, {"nominal", 30}}});
  Json pools = Json::array({{{"poolRef", {{"name", "db"}}}, {"resources", resources}}});
  world.admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "more")
                         .spec({{"subjects", {{"namespaces", {"more"}}}}, {"pools", pools}})
                         .build());
  world.admin.create(simulation::make_managed_namespace("more").build());
  Json spec = {{"resources", Json::array({{{"name", kConnections}, {"amount", 11}}})}};
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationRequest", "more", "eleven")
          .spec(spec)
          .build());
  world.executor.run_for(10s);
  const Json waits = world.admin.get("AllocationRequest", {"more", "eleven"})["status"];
  CHECK(waits["reason"] == "InsufficientCapacity");
  CHECK(waits["message"] == "needs 11 pool.berth.dev/db-connections; pool db has 10 left");
}

TEST_CASE(
    "P2, P6: what a request borrows goes back, after notice, to work that is entitled to it") {
  RequestWorld world;
  world.submit("b", "own", 4); // all that is its own
  REQUIRE(world.executor.run_until([&] { return world.runs("b", "own"); }, 1min));
  Json spec = {{"resources", Json::array({{{"name", "cpu"}, {"amount", 4}}})}};
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationRequest", "b", "cores")
          .spec(spec)
          .build());
  const auto cores = [&] { return world.admin.get("AllocationRequest", {"b", "cores"}); };
  const auto has = [&](const std::string& type) {
    for (const auto& condition :
         cores().value("status", Json::object()).value("conditions", Json::array()))
      if (condition["type"] == type)
        return condition["status"] == "True";
    return false;
  };
  REQUIRE(world.executor.run_until([&] { return has("Allocated"); }, 10s));
  CHECK(cores()["status"]["allocations"][0]["node"] == "cpu-0");
  world.executor.run_for(2s);
  world.submit("a", "a1", 4);
  REQUIRE(world.executor.run_until(
      [&] {
        return cores()["metadata"]
            .value("annotations", Json::object())
            .contains("berth.dev/revocable-after");
      },
      10s));
  CHECK(has("Allocated"));
  REQUIRE(world.executor.run_until([&] { return has("Finished"); }, 1min));
  CHECK(cores()["status"]["reason"] == "Preempted");
  REQUIRE(world.executor.run_until([&] { return world.runs("a", "a1"); }, 1min));
}

TEST_CASE("P1, P2, P3: a request takes back what is its quota's own, and says from whom") {
  RequestWorld world;
  world.let_b_borrow();
  Json spec = {{"resources", Json::array({{{"name", "cpu"}, {"amount", 2}}})}, {"count", 2}};
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationRequest", "a", "cores")
          .spec(spec)
          .build());
  const auto cores = [&] { return world.admin.get("AllocationRequest", {"a", "cores"}); };
  const auto status = [&] { return cores().value("status", Json::object()); };
  REQUIRE(world.executor.run_until([&] { return !world.notice("b", "b2").empty(); }, 10s));
  CHECK(cores()["metadata"]["annotations"].contains("berth.dev/nominated")); // before the notice
  REQUIRE(world.executor.run_until([&] { return status().contains("victims"); }, 5s));
  REQUIRE(status()["victims"].size() == 1);
  CHECK(status()["victims"][0]["name"] == "b2");
  CHECK(status()["reason"] == "Preempting");
  world.submit("b", "b3", 1); // nobody slips in

  SECTION("with the same leader") {}
  SECTION("with the next one") {
    world.start();
  }
  REQUIRE(world.executor.run_until([&] { return status().contains("allocations"); }, 1min));
  CHECK(status()["grantedCount"] == 2);
  CHECK(status()["victims"][0]["name"] == "b2");
  CHECK(world.runs("b", "b1"));
  CHECK(world.is_gated("b", "b3"));
  CHECK_THAT(world.notes("b", "Evicted"), Catch::Matchers::Contains("a/cores"));
  world.executor.run_for(10s);
  CHECK_FALSE(
      cores()["metadata"].value("annotations", Json::object()).contains("berth.dev/nominated"));
}

TEST_CASE("P1: nobody goes for a request that is withdrawn while the notice runs") {
  RequestWorld world;
  world.let_b_borrow();
  Json spec = {{"resources", Json::array({{{"name", "cpu"}, {"amount", 4}}})}};
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationRequest", "a", "cores")
          .spec(spec)
          .build());
  REQUIRE(world.executor.run_until([&] { return !world.notice("b", "b2").empty(); }, 10s));
  world.admin.remove("AllocationRequest", {"a", "cores"}, 0);
  world.executor.run_for(5min);
  CHECK(world.runs("b", "b2"));
  CHECK(world.notice("b", "b2").empty());
}

TEST_CASE(
    "X1: the status of a request that waits suggests the smallest changes that would start it") {
  RequestWorld world;
  world.ask("first", 20);
  world.wait_for("first", "Allocated");
  world.ask("second", 10);
  REQUIRE(world.executor.run_until([&] { return world.status("second").contains("suggestions"); },
                                   10s));
  CHECK(world.status("second")["suggestions"] ==
        Json::array({"+5 pool.berth.dev/db-connections for quota agents in pool db",
                     "priority 1, which evicts agents/first"}));
  world.executor.run_for(10s);
  const auto version =
      world.admin.get("AllocationRequest", {"agents", "second"})["metadata"]["resourceVersion"];
  world.executor.run_for(30min);
  CHECK(world.admin.get("AllocationRequest", {"agents", "second"})["metadata"]["resourceVersion"] ==
        version);
  world.admin.remove("AllocationRequest", {"agents", "first"}, 0);
  world.wait_for("second", "Allocated");
  CHECK_FALSE(world.status("second").contains("suggestions"));
}

TEST_CASE("L2: a unit moves each time that its node is lost, and its status says where it is") {
  RequestWorld world;
  simulation::create_nodes(
      world.admin, "spare", 2,
      simulation::make_node("shape").cpu("8").memory("64Gi").label("pool", "cpu"));
  Json spec = {{"resources", Json::array({{{"name", "cpu"}, {"amount", 3}}})}};
  world.admin.create(
      simulation::make_object("berth.dev/v1alpha1", "AllocationRequest", "b", "cores")
          .spec(spec)
          .build());
  const auto node = [&] {
    const Json status =
        world.admin.get("AllocationRequest", {"b", "cores"}).value("status", Json::object());
    return status.contains("allocations") ? status["allocations"][0].value("node", "")
                                          : std::string();
  };
  REQUIRE(world.executor.run_until([&] { return !node().empty(); }, 10s));
  for (int losses = 0; losses < 2; ++losses) {
    const std::string lost = node();
    world.admin.remove("Node", {"", lost}, 0);
    REQUIRE(world.executor.run_until([&] { return node() != lost; }, 10s));
    CHECK(world.admin.find("Node", {"", node()}).has_value());
  }
}
