// The commands against the simulated API server: what they ask, and how they end when they fail.

#include <catch2/catch.hpp>

#include <algorithm>

#include "cli/commands.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::cli;
using simulation::make_object;
using simulation::make_pod;

namespace {

struct CliWorld : simulation::World {
  CliWorld() {
    simulation::install_custom_resources(admin);
    server.add_hooks(simulation::make_berth_policies());
    admin.create(simulation::make_managed_namespace("research").build());
    add_quota("research");
  }

  void add_quota(const std::string& name) {
    admin.create(make_object("berth.dev/v1alpha1", "Quota", "", name)
                     .spec({{"subjects", {{"namespaces", {name}}}},
                            {"pools",
                             {{{"poolRef", {{"name", "cpu"}}},
                               {"resources", {{{"name", "cpu"}, {"nominal", 8}}}}}}}})
                     .build());
  }

  Answer ask(Command command, const std::function<void(CliOptions&)>& adjust = {}) {
    CliOptions options;
    options.command = command;
    if (adjust)
      adjust(options);
    Surroundings around;
    around.now = executor.now();
    return simulation::await(executor, answer(client, options, around));
  }

  simulation::SimulatedTransport transport{server, "kubernetes-admin", 1};
  kube::Client client{transport, executor, Rng{1}, kube::ClientOptions{}};
};

bool asked_for(const CliWorld& world, const std::string& part) {
  return std::ranges::any_of(world.transport.exchanges(), [&](const auto& exchange) {
    return exchange.target.find(part) != std::string::npos;
  });
}

} // namespace

TEST_CASE("Status asks for three lists and writes nothing") {
  CliWorld world;
  const auto before = world.server.writes().size();
  const Answer answer = world.ask(Command::Status);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.find("research") != std::string::npos);
  CHECK(answer.err.empty());
  CHECK(world.transport.exchanges().size() == 3);
  CHECK(world.server.writes().size() == before);
}

TEST_CASE("The queue asks only for pods that are not bound") {
  CliWorld world;
  world.admin.create(make_pod("research", "waits").cpu("4").build());
  const Answer answer = world.ask(Command::Queue);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.find("research/waits") != std::string::npos);
  CHECK(asked_for(world, "/api/v1/pods?fieldSelector=spec.nodeName%3D"));
}

TEST_CASE("With a namespace the queue asks for nothing that its people may not read") {
  CliWorld world;
  world.admin.create(make_pod("research", "waits").cpu("4").build());
  const Answer answer = world.ask(Command::Queue, [](auto& options) { options.ns = "research"; });
  CHECK(answer.out.find("research/waits") != std::string::npos);
  CHECK_FALSE(asked_for(world, "/api/v1/pods?"));
  CHECK_FALSE(asked_for(world, "/api/v1/namespaces?"));
}

TEST_CASE("Explain finds a pod, else a gang, else an AllocationRequest of that name") {
  CliWorld world;
  world.admin.create(make_pod("research", "train-0").cpu("1").workload("train", 2).build());
  world.admin.create(make_pod("research", "train-1").cpu("1").workload("train", 2).build());
  const auto explain = [&](const std::string& subject, const std::string& ns) {
    return world.ask(Command::Explain, [&](auto& options) {
      options.subject = subject;
      options.ns = ns;
    });
  };
  CHECK(explain("research/train", "").out.starts_with("Gang research/train has waited"));
  CHECK(explain("train-1", "research").out.starts_with("Pod research/train-1 has waited"));
  const Answer missing = explain("train-9", "research");
  CHECK(missing.exit_code == kExitNotFound);
  CHECK(missing.err ==
        "kubectl-berth: there is neither a pod, a gang nor an AllocationRequest research/train-9; "
        "\"kubectl berth queue -n research\" shows who waits there\n");
}

TEST_CASE("Explain shows the pod's own events") {
  CliWorld world;
  const auto pod = world.admin.create(make_pod("research", "p").cpu("1").build());
  const auto add_event = [&](const std::string& name, const std::string& uid) {
    world.admin.create(
        {{"apiVersion", "events.k8s.io/v1"},
         {"kind", "Event"},
         {"metadata", {{"namespace", "research"}, {"name", name}}},
         {"eventTime", "2026-03-02T08:59:00.000000Z"},
         {"reason", "InsufficientQuota"},
         {"note", "note of " + name},
         {"type", "Normal"},
         {"action", "Wait"},
         {"reportingController", "berth.dev/operator"},
         {"reportingInstance", "test"},
         {"regarding", {{"kind", "Pod"}, {"namespace", "research"}, {"name", "p"}, {"uid", uid}}}});
  };
  add_event("mine", pod["metadata"]["uid"]);
  add_event("anothers", "other-uid");
  const Answer answer =
      world.ask(Command::Explain, [](auto& options) { options.subject = "research/p"; });
  CHECK(answer.out.find("note of mine") != std::string::npos);
  CHECK(answer.out.find("note of anothers") == std::string::npos);
}

TEST_CASE("Where Berth is not installed the answer says what to install") {
  simulation::World world;
  simulation::SimulatedTransport transport{world.server, "kubernetes-admin", 1};
  kube::Client client{transport, world.executor, Rng{1}, kube::ClientOptions{}};
  const Answer answer =
      simulation::await(world.executor, cli::answer(client, CliOptions{}, Surroundings{}));
  CHECK(answer.exit_code == kExitNotFound);
  CHECK(answer.err == "kubectl-berth: resourcepools.berth.dev are not served here: install Berth's "
                      "custom resources with \"kubectl apply -f crds/\"\n");
}

TEST_CASE("A server that cannot be reached is exit code 1 and names the next step") {
  CliWorld world;
  world.transport.set_down(true);
  const Answer answer = world.ask(Command::Status);
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(answer.err.find("list resourcepools") != std::string::npos);
  CHECK(answer.err.find("kubectl cluster-info") != std::string::npos);
}

TEST_CASE("What the API server refuses is exit code 4, with what to do about it") {
  for (const Code code : {Code::Unauthorized, Code::Forbidden}) {
    const Answer answer = answer_failure(Error{code, "list pods: no"});
    CHECK(answer.exit_code == kExitNotPermitted);
    CHECK(answer.err.starts_with("kubectl-berth: list pods: no; "));
  }
}

TEST_CASE("Lists longer than a page are read to their end") {
  CliWorld world;
  for (int number = 0; number < 501; ++number)
    world.add_quota("q" + std::to_string(number));
  const Answer answer =
      world.ask(Command::Status, [](auto& options) { options.output = Output::Json; });
  CHECK(std::ranges::count(answer.out, '\n') > 501);
  CHECK(asked_for(world, "continue="));
}

TEST_CASE("JSON and YAML are the same answer") {
  CliWorld world;
  const auto in = [&](Output output) {
    return world.ask(Command::Status, [&](auto& options) { options.output = output; }).out;
  };
  CHECK(in(Output::Json).find("\"name\": \"research\"") != std::string::npos);
  CHECK(in(Output::Yaml).find("name: \"research\"") != std::string::npos);
}
