// Whether Berth works, told from outside: what is looked at, what counts as good, and that each
// failure is named.

#include <catch2/catch.hpp>

#include "cli/commands.hpp"
#include "cli/health/health.hpp"
#include "lib/base/timestamp.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kNow = simulation::kWorldStart;

nlohmann::json lease(const std::string& holder, Duration age) {
  return {{"apiVersion", "coordination.k8s.io/v1"},
          {"kind", "Lease"},
          {"metadata", {{"namespace", "berth-system"}, {"name", "berth-operator"}}},
          {"spec",
           {{"holderIdentity", holder},
            {"leaseDurationSeconds", 15},
            {"renewTime", format_micro_time(kNow - age)}}}};
}

struct HealthWorld : simulation::World {
  HealthWorld() { admin.create(simulation::make_namespace("berth-system").build()); }

  Answer ask(Result<int> extender_says = 200) {
    CliOptions options;
    options.command = Command::Health;
    options.extender = "http://extender:8081";
    Surroundings around;
    around.now = kNow;
    around.get_status = [&](std::string url) { return say(std::move(url), extender_says); };
    return simulation::await(executor, answer(client, options, around));
  }
  async::Task<Result<int>> say(std::string url, Result<int> status) {
    asked = std::move(url);
    co_return status;
  }

  std::string asked;
  simulation::SimulatedTransport transport{server, "kubernetes-admin", 1};
  kube::Client client{transport, executor, Rng{1}, kube::ClientOptions{}};
};

} // namespace

TEST_CASE("All parts work: exit code 0, and one line for each") {
  HealthWorld world;
  simulation::install_custom_resources(world.admin);
  world.admin.create(lease("operator-1", 2s));
  const Answer answer = world.ask();
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "PART      STATE  MESSAGE\n"
                      "API       works  berth.dev/v1alpha1 is served\n"
                      "operator  works  operator-1 leads, and renewed its Lease 2s ago\n"
                      "extender  works  http://extender:8081 is ready\n");
  CHECK(world.asked == "http://extender:8081/readyz");
}

TEST_CASE("Each part that fails is named, and the exit code is 1") {
  HealthWorld world;
  const Answer answer = world.ask(503);
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(answer.out ==
        "PART      STATE  MESSAGE\n"
        "API       fails  berth.dev/v1alpha1 is not served\n"
        "operator  fails  there is no Lease berth-system/berth-operator: nobody has led yet\n"
        "extender  fails  http://extender:8081 answers 503: it is not ready\n");
  const Answer unreachable = world.ask(fail(Code::Unavailable, "refused"));
  CHECK(unreachable.out.find("http://extender:8081: refused") != std::string::npos);
}

TEST_CASE("A Lease counts as long as it says, on both sides of a clock that differs") {
  for (const Duration age : {Duration{0}, Duration{15s}, Duration{-15s}})
    CHECK(check_lease(lease("a", age).dump(), kNow).works);
  for (const Duration age : {Duration{16s}, Duration{-16s}, Duration{1h}})
    CHECK_FALSE(check_lease(lease("a", age).dump(), kNow).works);
  CHECK(check_lease(lease("a", 1h).dump(), kNow).message.find("nobody leads: a renewed") == 0);
  CHECK(check_lease(lease("", 0s).dump(), kNow).message.find("given back") != std::string::npos);
}

TEST_CASE("A Lease that cannot be read is nobody's") {
  for (const char* text : {"", "{", "[]", "{}", R"({"spec": 1})", R"({"spec": {}})",
                           R"({"spec": {"holderIdentity": "a", "renewTime": "yesterday"}})",
                           R"({"spec": {"holderIdentity": "a", "leaseDurationSeconds": "x"}})"})
    CHECK_FALSE(check_lease(text, kNow).works);
}
