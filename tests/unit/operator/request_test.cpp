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
