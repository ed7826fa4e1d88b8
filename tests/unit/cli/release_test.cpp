// Letting go of what an uninstalled Berth holds: only that, only with the flag that says so, and
// nothing that somebody wrote meanwhile is lost.

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/release/release.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::cli;
using nlohmann::json;
using simulation::make_object;
using simulation::make_pod;

namespace {

const kube::ObjectKey kPod{"research", "p"};

/// A cluster that Berth has left: its definitions are there, its policies are not.
struct LeftBehind : simulation::World {
  LeftBehind() {
    simulation::install_custom_resources(admin);
    admin.create(simulation::make_managed_namespace("research").build());
    admin.create(make_pod("research", "p").cpu("1").gated().build());
  }

  Answer ask(bool gates, bool finalizers, Output output = Output::Text) {
    CliOptions options;
    options.command = Command::Release;
    options.release = {gates, finalizers};
    options.output = output;
    Surroundings around;
    around.executor = &executor;
    return simulation::await(executor, answer(client, options, around));
  }
  json gates_of(const kube::ObjectKey& pod) {
    return admin.get("Pod", pod)["spec"].value("schedulingGates", json::array());
  }
  void add_reservation(const std::string& name, const std::vector<std::string>& finalizers) {
    auto reservation = make_object("berth.dev/v1alpha1", "Reservation", "", name);
    for (const std::string& finalizer : finalizers)
      reservation.finalizer(finalizer);
    admin.create(reservation
                     .spec({{"kind", "Guaranteed"},
                            {"poolRef", {{"name", "cpu"}}},
                            {"quotaRef", {{"name", "a"}}},
                            {"resources", {{{"name", "cpu"}, {"amount", "1"}}}}})
                     .build());
  }

  simulation::SimulatedTransport transport{server, "kubernetes-admin", 1};
  kube::Client client{transport, executor, Rng{1}, kube::ClientOptions{}};
};

} // namespace

TEST_CASE("Without a flag release says which pods wait, and writes nothing") {
  LeftBehind world;
  world.add_reservation("nightly", {"berth.dev/in-use"});
  const auto before = world.server.writes().size();
  const Answer answer = world.ask(false, false);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "1 pod at the gate berth.dev/admission:\n  research/p\n"
                      "Once Berth is uninstalled nothing admits them: \"kubectl berth release "
                      "--gates\" lets them go, all at once.\n");
  CHECK(world.server.writes().size() == before);
}

TEST_CASE(
    "Release takes Berth's gate off, and why the pod waited, and leaves the gates of others") {
  LeftBehind world;
  const kube::ObjectKey other{"research", "warm"};
  world.admin.create(make_pod("research", "warm")
                         .cpu("1")
                         .gated()
                         .gated("example.com/warm-up")
                         .annotation("berth.dev/explain", "QuotaExceeded: full")
                         .annotation("example.com/note", "mine")
                         .build());
  const Answer answer = world.ask(true, false);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "released 2 pods:\n  research/p\n  research/warm\n");
  CHECK(world.gates_of(kPod) == json::array());
  CHECK(world.gates_of(other) == json::array({{{"name", "example.com/warm-up"}}}));
  CHECK(world.admin.get("Pod", other)["metadata"]["annotations"] ==
        json{{"example.com/note", "mine"}});
  CHECK(world.ask(true, false).out == "released 0 pods\n");
}

TEST_CASE("A pod that is written meanwhile is looked at again, and loses nothing") {
  LeftBehind world;
  bool is_written = false;
  world.transport.faults().aim(simulation::Fault::Refuse, [&](const http::Request& request) {
    if (request.method == "PATCH" && !std::exchange(is_written, true))
      world.admin.patch("Pod", kPod,
                        {{"metadata", {{"annotations", {{"example.com/note", "late"}}}}}});
    return false;
  });
  const Answer answer = world.ask(true, false);
  CHECK(is_written);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "released 1 pod:\n  research/p\n");
  CHECK(std::ranges::count(world.transport.exchanges(), 409, &simulation::Exchange::status) == 1);
  CHECK(world.gates_of(kPod) == json::array());
  CHECK(world.admin.get("Pod", kPod)["metadata"]["annotations"] ==
        json{{"example.com/note", "late"}});
}

TEST_CASE("Thousands of pods are released in the time that the chart's uninstall hook has") {
  LeftBehind world;
  constexpr int kPods = 3000;
  for (int pod = 1; pod < kPods; ++pod)
    world.admin.create(make_pod("research", "p" + std::to_string(pod)).cpu("1").gated().build());
  world.transport.faults().set_latency(
      simulation::Latency{std::chrono::milliseconds{50}, std::chrono::milliseconds{50}});
  const TimePoint before = world.executor.now();
  const Answer answer = world.ask(true, false);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.starts_with("released 3000 pods:\n  research/p\n  research/p1\n"));
  CHECK(world.executor.now() - before < std::chrono::seconds{60}); // one by one it is five minutes
  CHECK(world.ask(false, false).out.starts_with("0 pods at the gate"));
}

TEST_CASE("While Berth is installed its guard keeps the gate, and release says so and fails") {
  LeftBehind world;
  world.server.add_hooks(simulation::make_berth_policies());
  const Answer answer = world.ask(true, false);
  CHECK(answer.exit_code == kExitNotPermitted);
  CHECK(answer.err.find("research/p: ") != std::string::npos);
  CHECK(answer.err.find("berth.dev/admission") != std::string::npos);
  CHECK(world.gates_of(kPod).size() == 1);
}

TEST_CASE("Freed objects lose Berth's finalizers alone, and those that waited for it are gone") {
  LeftBehind world;
  world.add_reservation("nightly", {"berth.dev/in-use", "example.com/audit"});
  world.add_reservation("ending", {"berth.dev/in-use"});
  world.admin.remove("Reservation", {"", "ending"});
  REQUIRE(world.admin.find("Reservation", {"", "ending"}));
  const Answer answer = world.ask(false, true);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.find("freed 2 objects:\n  reservations ending\n  reservations nightly\n") !=
        std::string::npos);
  CHECK_FALSE(world.admin.find("Reservation", {"", "ending"}));
  CHECK(world.admin.get("Reservation", {"", "nightly"})["metadata"]["finalizers"] ==
        json::array({"example.com/audit"}));
  CHECK(world.gates_of(kPod).size() == 1);
}

TEST_CASE("Where Berth's kinds are not served there is nothing to free") {
  simulation::World world;
  simulation::SimulatedTransport transport{world.server, "kubernetes-admin", 1};
  kube::Client client{transport, world.executor, Rng{1}, kube::ClientOptions{}};
  CliOptions options;
  options.command = Command::Release;
  options.release = {true, true};
  Surroundings around;
  around.executor = &world.executor;
  const Answer answer = simulation::await(world.executor, cli::answer(client, options, around));
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "released 0 pods\nfreed 0 objects\n");
}

TEST_CASE("Long lists are counted in the text and whole in JSON") {
  ReleaseView view;
  for (int number = 0; number < 22; ++number)
    view.waiting.push_back("n/p" + std::to_string(number));
  CHECK(render_release(view).find("  n/p19\n  and 2 more\n") != std::string::npos);
  CHECK(release_json(view)["waiting"].size() == 22);
}
