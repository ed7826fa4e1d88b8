#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/api/admission_record.hpp"
#include "lib/async/task_group.hpp"
#include "scheduler-extender/bind.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

namespace {

using namespace berth;
using namespace berth::extender;
using namespace std::chrono_literals;
using simulation::Fault;
using simulation::make_node;
using simulation::make_pod;

constexpr const char* kUser = "system:serviceaccount:berth-system:berth-scheduler-extender";

/// Pool "p" with n1 (4 cores) and n2 (8 cores), managed namespace "team", unmanaged "web", and one
/// extender's observer and binder. sync() starts the observer.
struct BindWorld : simulation::World {
  explicit BindWorld(BindOptions options = {})
      : transport(server, kUser, 3), client(transport, executor, Rng{4}, client_options()),
        observer(client, executor, Rng{5}, {}), binder(client, observer, executor, options),
        tasks(executor) {
    simulation::install_custom_resources(admin);
    admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "p")
                     .spec({{"nodeSelector", {{"matchLabels", {{"pool", "p"}}}}},
                            {"resources", {{{"name", "cpu"}}}},
                            {"strategy", "BestFit"}})
                     .build());
    admin.create(make_node("n1").cpu("4").memory("64Gi").label("pool", "p").build());
    admin.create(make_node("n2").cpu("8").memory("64Gi").label("pool", "p").build());
    admin.create(simulation::make_managed_namespace("team").build());
    admin.create(simulation::make_namespace("web").build());
  }
  ~BindWorld() {
    transport.partition(false);
    tasks.request_stop();
    ensure(executor.run_until([&] { return tasks.running() == 0; }, 1h),
           "the observer did not stop");
  }

  static kube::ClientOptions client_options() {
    kube::ClientOptions options;
    options.user_agent = "test";
    options.request_timeout = 900ms;
    options.retries_max = 1;
    return options;
  }

  void sync() {
    tasks.spawn(observer.run(tasks.stop_token()));
    REQUIRE(executor.run_until([&] { return observer.has_synced(); }, 1min));
    settle();
  }
  /// Lets the watches deliver what happened.
  void settle() { executor.run_for(5s); }

  /// The annotation that admits a pod to `node`.
  [[nodiscard]] std::string admission(const std::string& name, const std::string& node) const {
    allocation::AdmissionRecord record;
    record.decision = allocation::DecisionId{"d-" + name};
    record.quota = QuotaName{"team"};
    record.pool = PoolName{"p"};
    record.planned_nodes = {NodeName{node}};
    record.youngest_member = executor.now();
    return api::encode_admission(record);
  }
  /// An admitted pod whose planned node is `node`.
  void create_admitted(const std::string& name, const std::string& cpu, const std::string& node) {
    admin.create(make_pod("team", name)
                     .cpu(cpu)
                     .annotation("berth.dev/admitted", admission(name, node))
                     .build());
  }

  [[nodiscard]] BindRequest request(const std::string& ns, const std::string& name,
                                    const std::string& node) {
    const auto pod = admin.get("Pod", {ns, name});
    return {ns, name, pod["metadata"]["uid"], node};
  }
  [[nodiscard]] std::string bind(const BindRequest& asked) {
    was_refused = false;
    const BindResult result = simulation::await(executor, binder.bind(asked));
    was_refused = result.is_refusal;
    return result.error;
  }
  [[nodiscard]] std::string node_of(const std::string& ns, const std::string& name) {
    return admin.get("Pod", {ns, name})["spec"].value("nodeName", "");
  }
  [[nodiscard]] std::size_t posts() const {
    std::size_t posts = 0;
    for (const auto& exchange : transport.exchanges())
      posts += exchange.method == "POST";
    return posts;
  }

  simulation::SimulatedTransport transport;
  kube::Client client;
  cluster::Observer observer;
  Binder binder;
  async::TaskGroup tasks;
  bool was_refused = false; ///< the last one
};

} // namespace

TEST_CASE("a pod is bound to the node that the scheduler chose") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").cpu("1").build());
  world.create_admitted("a", "2", "n1");
  world.sync();
  CHECK(world.bind(world.request("web", "w", "n2")).empty());
  CHECK(world.node_of("web", "w") == "n2");
  CHECK(world.bind(world.request("team", "a", "n1")).empty());
  CHECK(world.node_of("team", "a") == "n1");
}

TEST_CASE("I10: binding a pod again to the node it is on is a success without a write") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").build());
  world.sync();
  const BindRequest asked = world.request("web", "w", "n2");
  CHECK(world.bind(asked).empty());
  CHECK(world.bind(asked).empty()); // the watch may not have shown it yet
  world.settle();
  CHECK(world.bind(asked).empty());
  CHECK(world.posts() <= 2);
}

TEST_CASE("F14: a binding whose reply is lost is found out to be there") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").build());
  world.sync();
  world.transport.faults().aim(Fault::LoseReply, simulation::requests("POST", "/binding"));
  CHECK(world.bind(world.request("web", "w", "n2")).empty());
  CHECK(world.node_of("web", "w") == "n2");
}

TEST_CASE("a binding that never arrived is sent once more") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").build());
  world.sync();
  world.transport.faults().aim(Fault::LoseRequest, simulation::requests("POST", "/binding"));
  CHECK(world.bind(world.request("web", "w", "n1")) == "");
  CHECK(world.posts() == 2);
}

TEST_CASE("a binding that never arrives is an error, and the scheduler's next attempt works") {
  BindWorld world;
  world.create_admitted("a", "4", "n1");
  world.sync();
  world.transport.faults().aim(Fault::LoseRequest, simulation::requests("POST", "/binding"), 2);
  CHECK_THAT(world.bind(world.request("team", "a", "n1")), Catch::StartsWith("failed to bind: "));
  CHECK(world.node_of("team", "a").empty());
  CHECK(world.bind(world.request("team", "a", "n1")) == "");
}

TEST_CASE("a pod that is bound elsewhere is a conflict that names the node") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").build());
  world.sync();
  const BindRequest asked = world.request("web", "w", "n1");
  world.admin.bind({"web", "w"}, "n2");
  CHECK_THAT(world.bind(asked), Catch::Contains("bound to node n2")); // not watched yet
  world.settle();
  CHECK_THAT(world.bind(asked), Catch::Contains("bound to node n2"));
}

TEST_CASE("I7: a pod that was deleted and made again under its name is not bound") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").build());
  world.sync();
  const BindRequest asked = world.request("web", "w", "n1");
  world.admin.remove("Pod", {"web", "w"}, 0);
  CHECK_FALSE(world.bind(asked).empty()); // gone
  world.admin.create(make_pod("web", "w").build());
  CHECK_FALSE(world.bind(asked).empty()); // another one
  world.settle();
  CHECK_FALSE(world.bind(asked).empty());
  CHECK(world.node_of("web", "w").empty());
}

TEST_CASE("a managed pod without an admission is not bound, and nothing is written") {
  BindWorld world;
  world.admin.create(make_pod("team", "p").build());
  world.sync();
  CHECK_THAT(world.bind(world.request("team", "p", "n1")), Catch::StartsWith("NotAdmitted"));
  CHECK(world.posts() == 0);
}

TEST_CASE("the last look: an admitted pod is not bound where the newest picture has no room") {
  BindWorld world;
  world.create_admitted("a", "3", "n2");
  world.create_admitted("b", "3", "n2");
  world.sync();
  world.admin.create(make_pod("web", "w").cpu("2").build());
  world.admin.bind({"web", "w"}, "n1");
  world.settle();
  CHECK_THAT(world.bind(world.request("team", "a", "n1")),
             Catch::StartsWith("InsufficientNodeResources"));
  CHECK(world.posts() == 0);
  CHECK(world.bind(world.request("team", "a", "n2")).empty());
}

TEST_CASE("what was decided against is a refusal; what failed is none") {
  BindWorld world;
  world.admin.create(make_pod("team", "p").build());
  world.create_admitted("a", "3", "n2");
  world.admin.create(make_pod("web", "gone").build());
  const BindRequest gone = world.request("web", "gone", "n1");
  CHECK_THAT(world.bind(world.request("team", "a", "n2")), Catch::StartsWith("CachesNotSynced"));
  CHECK_FALSE(world.was_refused);
  world.sync();
  CHECK_THAT(world.bind(world.request("team", "p", "n1")), Catch::StartsWith("NotAdmitted"));
  CHECK(world.was_refused);
  CHECK(world.bind(world.request("team", "a", "n2")).empty());
  CHECK_FALSE(world.was_refused);
  world.settle();
  CHECK_THAT(world.bind(world.request("team", "a", "n1")), Catch::StartsWith("Conflict"));
  CHECK(world.was_refused);
  world.create_admitted("big", "8", "n2"); // too large beside a
  world.settle();
  CHECK_FALSE(world.bind(world.request("team", "big", "n2")).empty());
  CHECK(world.was_refused);
  world.admin.remove("Pod", {"web", "gone"}, 0);
  CHECK_FALSE(world.bind(gone).empty());
  CHECK(world.was_refused);
  world.transport.set_down(true);
  world.admin.create(make_pod("web", "w").build());
  CHECK_FALSE(world.bind(world.request("web", "w", "n1")).empty());
  CHECK_FALSE(world.was_refused);
  world.transport.set_down(false);
}

TEST_CASE("two bindings under way at once count each other") {
  BindWorld world;
  world.create_admitted("a", "3", "n2");
  world.create_admitted("b", "3", "n2");
  world.sync();
  // Neither is charged on n1, and there is room for one.
  std::vector<std::string> errors;
  const auto bind = [](BindWorld& in, BindRequest asked,
                       std::vector<std::string>& into) -> async::Task<void> {
    const BindResult result = co_await in.binder.bind(asked);
    into.push_back(result.error);
  };
  async::spawn(world.executor, bind(world, world.request("team", "a", "n1"), errors));
  async::spawn(world.executor, bind(world, world.request("team", "b", "n1"), errors));
  REQUIRE(world.executor.run_until([&] { return errors.size() == 2; }, 1min));
  CHECK(std::count(errors.begin(), errors.end(), "") == 1);
  CHECK((world.node_of("team", "a") == "n1") != (world.node_of("team", "b") == "n1"));
}

TEST_CASE("a refused binding gives the room back at once") {
  BindWorld world;
  world.create_admitted("a", "3", "n2");
  world.create_admitted("b", "3", "n2");
  world.sync();
  const BindRequest asked = world.request("team", "a", "n1");
  world.admin.remove("Pod", {"team", "a"}, 0);
  CHECK_FALSE(world.bind(asked).empty());
  CHECK(world.bind(world.request("team", "b", "n1")).empty());
}

TEST_CASE("a pod that the watch has not shown yet is read before it is judged") {
  BindWorld world;
  world.sync();
  world.transport.partition(true); // the watch falls behind
  world.admin.create(make_pod("web", "w").build());
  world.create_admitted("a", "8", "n2");
  world.admin.create(make_pod("team", "p").build());
  world.transport.partition(false);
  CHECK(world.bind(world.request("web", "w", "n1")).empty());
  CHECK_THAT(world.bind(world.request("team", "a", "n1")),
             Catch::StartsWith("InsufficientNodeResources"));
  CHECK_THAT(world.bind(world.request("team", "p", "n1")), Catch::StartsWith("NotAdmitted"));
}

TEST_CASE("a pod that the watch still shows as waiting is read before it is judged") {
  BindWorld world;
  world.admin.create(make_pod("team", "a").cpu("1").gated().build());
  world.sync();
  world.transport.partition(true); // the watch falls behind
  world.admin.patch(
      "Pod", {"team", "a"},
      {{"metadata", {{"annotations", {{"berth.dev/admitted", world.admission("a", "n1")}}}}},
       {"spec", {{"schedulingGates", nullptr}}}});
  world.transport.partition(false);
  CHECK(world.bind(world.request("team", "a", "n1")).empty());
  CHECK(world.node_of("team", "a") == "n1");
}

TEST_CASE("P3: a plan that is newer than the snapshot outweighs its want of room") {
  BindWorld world;
  world.create_admitted("victim", "4", "n1");
  world.sync();
  REQUIRE(world.bind(world.request("team", "victim", "n1")).empty());
  world.settle();
  world.transport.partition(true); // the watch falls behind
  world.admin.remove("Pod", {"team", "victim"}, 0);
  world.create_admitted("a", "4", "n1");
  world.transport.partition(false);
  CHECK(world.bind(world.request("team", "a", "n1")).empty());
}

TEST_CASE("F21: while the caches are cold unmanaged pods are bound and managed ones are not") {
  BindWorld world;
  world.admin.create(make_pod("web", "w").build());
  world.create_admitted("a", "1", "n1");
  CHECK(world.bind(world.request("web", "w", "n1")).empty());
  CHECK_THAT(world.bind(world.request("team", "a", "n1")), Catch::StartsWith("CachesNotSynced"));
  CHECK(world.node_of("team", "a").empty());
}

TEST_CASE("I13: bindings beyond the limit are turned away, and there is room again afterwards") {
  BindWorld world(BindOptions{1});
  world.admin.create(make_pod("web", "w").build());
  world.admin.create(make_pod("web", "x").build());
  world.sync();
  const BindRequest first = world.request("web", "w", "n1");
  const BindRequest second = world.request("web", "x", "n1");
  bool done = false;
  const auto bind = [](BindWorld& in, BindRequest asked, bool& ended) -> async::Task<void> {
    const BindResult result = co_await in.binder.bind(asked);
    ended = result.error.empty();
  };
  async::spawn(world.executor, bind(world, first, done));
  CHECK_THAT(world.bind(second), Catch::StartsWith("Throttled"));
  REQUIRE(world.executor.run_until([&] { return done; }, 1min));
  CHECK(world.bind(second).empty());
}
