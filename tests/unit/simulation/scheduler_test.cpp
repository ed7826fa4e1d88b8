// The simulated kube-scheduler: in-tree rules, the extender's say, preemption, and what wakes a
// pod.

#include <catch2/catch.hpp>

#include "lib/async/task_group.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/scheduler.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

/// An extender that answers from functions, and remembers what it was asked.
struct ScriptedExtender {
  std::vector<std::string> asked;
  std::function<Json(const std::string& verb, const Json& args)> answer;

  [[nodiscard]] http::Handler handler() {
    return [this](http::Request request) { return respond(this, std::move(request)); };
  }

private:
  static async::Task<http::Response> respond(ScriptedExtender* self, http::Request request) {
    const std::string verb = request.target.substr(1);
    self->asked.push_back(verb);
    const Json reply = self->answer(verb, Json::parse(request.body));
    http::Response response;
    response.status = reply.is_null() ? 500 : 200;
    response.body = reply.dump();
    co_return response;
  }
};

struct Cluster {
  explicit Cluster(SchedulerOptions options = {})
      : scheduler(world.server, std::move(options)), tasks(world.executor) {
    tasks.spawn(scheduler.run(tasks.stop_token()));
  }
  ~Cluster() {
    tasks.request_stop();
    world.executor.run_for(60s);
  }
  std::string node_of(const std::string& pod) {
    return text_at(world.admin.get("Pod", {"default", pod}), "/spec/nodeName");
  }

  World world;
  SimulatedScheduler scheduler;
  async::TaskGroup tasks;
};

SchedulerOptions with(ScriptedExtender& extender, bool binds = false) {
  SchedulerOptions options;
  options.extender = ExtenderOptions{};
  options.extender->handler = extender.handler();
  options.extender->binds = binds;
  return options;
}

} // namespace

TEST_CASE("a pod goes to a node with room and waits where there is none") {
  Cluster cluster;
  cluster.world.admin.create(make_node("small").cpu("1").memory("1Gi"));
  cluster.world.admin.create(make_node("large").cpu("4").memory("8Gi"));
  cluster.world.admin.create(make_pod("default", "a").cpu("3"));
  cluster.world.admin.create(make_pod("default", "b").cpu("2"));
  cluster.world.executor.run_for(1s);
  CHECK(cluster.node_of("a") == "large");
  CHECK(cluster.node_of("b").empty());
  const Json waiting = cluster.world.admin.get("Pod", {"default", "b"});
  CHECK(text_at(waiting, "/status/conditions/0/reason") == "Unschedulable");
  cluster.world.admin.remove("Pod", {"default", "a"}, 0);
  cluster.world.executor.run_for(5s);
  CHECK(cluster.node_of("b") == "large");
}

TEST_CASE("a gated pod is not touched until its last gate goes") {
  Cluster cluster;
  cluster.world.admin.create(make_node("n").cpu("4"));
  cluster.world.admin.create(make_pod("default", "a").cpu("1").gated());
  cluster.world.executor.run_for(60s);
  CHECK(cluster.node_of("a").empty());
  CHECK(cluster.scheduler.stats().attempts == 0);
  cluster.world.admin.patch("Pod", {"default", "a"}, {{"spec", {{"schedulingGates", nullptr}}}});
  cluster.world.executor.run_for(100ms);
  CHECK(cluster.node_of("a") == "n");
}

TEST_CASE("selectors, affinity, taints and cordons are respected") {
  Cluster cluster;
  auto& admin = cluster.world.admin;
  admin.create(make_node("a").cpu("4").label("zone", "z1"));
  admin.create(make_node("b").cpu("4").label("zone", "z2"));
  admin.create(make_node("t").cpu("4").taint("dedicated", "gpu", "NoSchedule"));
  admin.create(make_node("c").cpu("4").cordoned());
  admin.create(make_pod("default", "selects").node_selector("zone", "z2"));
  admin.create(make_pod("default", "prefers").requires_node("zone", {"z1"}));
  admin.create(make_pod("default", "tolerates")
                   .tolerates("dedicated")
                   .node_selector("kubernetes.io/hostname", "t"));
  admin.create(make_pod("default", "cordoned").node_selector("kubernetes.io/hostname", "c"));
  const Json field = {{"key", "metadata.name"}, {"operator", "In"}, {"values", {"b"}}};
  const Json pin = {{"nodeSelectorTerms", Json::array({{{"matchFields", Json::array({field})}}})}};
  admin.create(
      make_pod("default", "pinned")
          .set("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution", pin));
  cluster.world.executor.run_for(1s);
  CHECK(cluster.node_of("selects") == "b");
  CHECK(cluster.node_of("prefers") == "a");
  CHECK(cluster.node_of("tolerates") == "t");
  CHECK(cluster.node_of("cordoned").empty());
  CHECK(cluster.node_of("pinned") == "b");
}

TEST_CASE("the extender filters, scores and binds in the wire format") {
  ScriptedExtender extender;
  Json filter_args;
  extender.answer = [&](const std::string& verb, const Json& args) -> Json {
    if (verb == "filter") {
      filter_args = args;
      return {{"NodeNames", {"n-1", "n-2"}}, {"FailedNodes", {{"n-0", "no"}}}, {"Error", ""}};
    }
    if (verb == "prioritize")
      return Json::array({{{"Host", "n-1"}, {"Score", 0}}, {{"Host", "n-2"}, {"Score", 10}}});
    return {{"Error", ""}};
  };
  Cluster cluster(with(extender, true));
  create_nodes(cluster.world.admin, "n", 3, make_node("n").cpu("4"));
  cluster.world.admin.create(make_pod("default", "a").cpu("1"));
  cluster.world.executor.run_for(1s);
  CHECK(extender.asked.size() >= 3);
  CHECK(extender.asked[0] == "filter");
  CHECK(extender.asked[1] == "prioritize");
  CHECK(extender.asked[2] == "bind");
  CHECK(at(filter_args, "/NodeNames") == Json({"n-0", "n-1", "n-2"}));
  CHECK(at(filter_args, "/Nodes").is_null());
  CHECK(at(filter_args, "/Pod/kind").is_null());
  CHECK(text_at(filter_args, "/Pod/metadata/name") == "a");
  // The extender said that it bound, and did not: the pod stays assumed, as in a real scheduler.
  CHECK(cluster.node_of("a").empty());
}

TEST_CASE("one feasible node is not scored") {
  ScriptedExtender extender;
  extender.answer = [](const std::string&, const Json&) -> Json {
    return {{"NodeNames", {"n-1"}}, {"Error", ""}};
  };
  Cluster cluster(with(extender));
  create_nodes(cluster.world.admin, "n", 3, make_node("n").cpu("4"));
  cluster.world.admin.create(make_pod("default", "a").cpu("1"));
  cluster.world.executor.run_for(1s);
  CHECK(extender.asked == std::vector<std::string>{"filter"});
  CHECK(cluster.node_of("a") == "n-1");
}

TEST_CASE("a failing extender is passed over where it is ignorable, and stops the pod where not") {
  ScriptedExtender extender;
  extender.answer = [](const std::string&, const Json&) -> Json { return nullptr; };
  SchedulerOptions strict = with(extender);
  strict.extender->ignorable = false;
  for (const bool ignorable : {true, false}) {
    SchedulerOptions options = with(extender);
    options.extender->ignorable = ignorable;
    Cluster cluster(std::move(options));
    cluster.world.admin.create(make_node("n").cpu("4"));
    cluster.world.admin.create(make_pod("default", "a").cpu("1"));
    cluster.world.executor.run_for(30s);
    CHECK(cluster.node_of("a") == (ignorable ? "n" : ""));
    CHECK(cluster.scheduler.stats().extender_failures > 0);
  }
}

TEST_CASE("a node that was not asked about fails the attempt") {
  ScriptedExtender extender;
  extender.answer = [](const std::string&, const Json&) -> Json {
    return {{"NodeNames", {"other"}}, {"Error", ""}};
  };
  SchedulerOptions options = with(extender);
  options.extender->ignorable = false;
  Cluster cluster(std::move(options));
  cluster.world.admin.create(make_node("n").cpu("4"));
  cluster.world.admin.create(make_pod("default", "a").cpu("1"));
  cluster.world.executor.run_for(10s);
  CHECK(cluster.node_of("a").empty());
}

TEST_CASE(
    "a higher priority preempts the fewest and least of lower ones, unless the extender vetoes") {
  ScriptedExtender extender;
  bool veto = true;
  extender.answer = [&](const std::string& verb, const Json& args) -> Json {
    if (verb == "filter")
      return {{"NodeNames", at(args, "/NodeNames")}, {"Error", ""}};
    if (verb == "preempt")
      return {
          {"NodeNameToMetaVictims", veto ? Json::object() : at(args, "/NodeNameToMetaVictims")}};
    return Json::array();
  };
  Cluster cluster(with(extender));
  auto& admin = cluster.world.admin;
  admin.create(make_priority_class("high", 1000));
  admin.create(make_node("n").cpu("4"));
  admin.create(make_pod("default", "small").cpu("1"));
  admin.create(make_pod("default", "big").cpu("3"));
  cluster.world.executor.run_for(1s);
  REQUIRE(cluster.node_of("big") == "n");
  admin.create(make_pod("default", "urgent").cpu("1").priority_class("high"));
  cluster.world.executor.run_for(60s);
  CHECK(cluster.node_of("urgent").empty());
  CHECK(cluster.scheduler.stats().preemptions == 0);
  veto = false;
  admin.create(make_node("other").cpu("100m"));
  cluster.world.executor.run_for(60s);
  CHECK(cluster.scheduler.stats().preemptions == 1);
  const Json urgent = admin.get("Pod", {"default", "urgent"});
  CHECK(text_at(urgent, "/status/nominatedNodeName") == "n");
  CHECK_FALSE(at(admin.get("Pod", {"default", "small"}), "/metadata/deletionTimestamp").is_null());
  CHECK(at(admin.get("Pod", {"default", "big"}), "/metadata/deletionTimestamp").is_null());
  admin.remove("Pod", {"default", "small"}, 0);
  cluster.world.executor.run_for(60s);
  CHECK(cluster.node_of("urgent") == "n");
}
