// The operator's decision log (X4): what a leader decided replays, over a change of leaders too.

#include <catch2/catch.hpp>

#include "lib/decision_log/replay.hpp"
#include "tests/support/decision_log/stores.hpp"
#include "tests/unit/operator/simulated_operator.hpp"

using namespace berth;
using namespace berth::op;
using namespace berth::decision_log::testing;
using namespace std::chrono_literals;

namespace {

OperatorOptions logging_to(const std::string& folder) {
  OperatorOptions options;
  options.decision_log = folder;
  return options;
}

void create_pod(OperatorWorld& world, const std::string& name) {
  world.admin.create(simulation::make_pod("team", name).cpu("3").gated().build());
}

/// All cycles agree; gives how many workloads they admitted.
std::size_t replay_all(const ReadLog& log) {
  decision_log::Replayer replayer;
  std::size_t admitted = 0;
  std::uint64_t last = 0;
  for (const auto& logged : log.cycles) {
    const auto replayed = replayer.play(logged);
    REQUIRE(replayed);
    CHECK(decision_log::difference(logged.line, *replayed) == "");
    CHECK(logged.line.cycle == last + 1);
    last = logged.line.cycle;
    admitted += replayed->decision.admitted.size();
  }
  return admitted;
}

} // namespace

TEST_CASE("X4: what the operator decided replays bit for bit, through a change of leaders") {
  const TempFolder folder;
  OperatorWorld world;
  world.add_pool("p", 2, "4");
  world.add_team("team", "p", 3);
  {
    SimulatedOperator first(world, 7, logging_to(folder.path()));
    create_pod(world, "one");
    create_pod(world, "two");
    REQUIRE(world.executor.run_until(
        [&] { return !world.is_gated("team", "one") || !world.is_gated("team", "two"); }, 1min));
    world.executor.run_for(10s);
    CHECK(first.exposition().find("berth_decision_log_limit_bytes 268435456\n") !=
          std::string::npos);
  }
  const std::size_t before = replay_all(read_log(folder.path()));
  CHECK(before == 1);
  {
    SimulatedOperator second(world, 8, logging_to(folder.path()));
    world.executor.run_for(10s);
    world.admin.remove("Pod", {"team", world.is_gated("team", "one") ? "two" : "one"});
    world.executor.run_for(1min);
  }
  const ReadLog log = read_log(folder.path());
  CHECK(log.notices.empty());
  CHECK(replay_all(log) == 2);
}

TEST_CASE("The operator's log says who was granted and who was refused, once") {
  const TempFolder folder;
  OperatorWorld world;
  world.add_pool("p", 2, "4");
  world.add_team("team", "p", 3);
  {
    SimulatedOperator leading(world, 7, logging_to(folder.path()));
    create_pod(world, "one");
    REQUIRE(world.executor.run_until([&] { return !world.is_gated("team", "one"); }, 1min));
    create_pod(world, "two");
    world.executor.run_for(3min);
  }
  std::vector<std::string> told;
  for (const auto& cycle : read_log(folder.path()).cycles)
    for (const auto& entry : cycle.audit)
      told.push_back(std::string(word_of(entry.verb)) + " " + entry.name + " " +
                     std::string(to_string(entry.reason)));
  CHECK(told == std::vector<std::string>{"Grant one Admitted", "Refuse two InsufficientQuota"});
}

TEST_CASE("G1: the operator's log says which gang was taken back, with what it held, once") {
  const TempFolder folder;
  OperatorWorld world;
  world.add_pool("p", 2, "4");
  world.add_team("team", "p", 4);
  OperatorOptions options = logging_to(folder.path());
  options.gang_timeout = 60s;
  {
    SimulatedOperator leading(world, 7, options);
    for (const char* name : {"m0", "m1"})
      world.admin.create(simulation::make_pod("team", name)
                             .cpu("1")
                             .workload("train", 2)
                             .owner("batch/v1", "Job", "train", "job-uid")
                             .build());
    REQUIRE(world.executor.run_until([&] { return !world.is_gated("team", "m1"); }, 1min));
    world.admin.bind({"team", "m0"}, "p-0");
    world.executor.run_for(3min);
  }
  std::vector<decision_log::AuditEntry> taken;
  for (const auto& cycle : read_log(folder.path()).cycles)
    for (const auto& entry : cycle.audit)
      if (entry.verb == decision_log::AuditVerb::Take)
        taken.push_back(entry);
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].reason == Reason::GangTimedOut);
  CHECK(taken[0].namespace_name == "team");
  CHECK(taken[0].name == "train");
  CHECK(taken[0].quota == "team");
  CHECK(taken[0].pool == "p");
  CHECK(taken[0].nodes == std::vector<std::string>{"p-0"});
  CHECK(taken[0].amounts.get(resources::ResourceName::cpu()) == resources::Amount{2000});
  CHECK(taken[0].why.starts_with("1 of 2 members are bound; the gang is rolled back and waits"));
}

TEST_CASE("A log that cannot be kept stops no admission") {
  const TempFolder folder;
  OperatorWorld world;
  world.add_pool("p", 1, "4");
  world.add_team("team", "p", 4);
  SimulatedOperator leading(world, 7, logging_to("/proc/no-such-folder"));
  create_pod(world, "one");
  CHECK(world.executor.run_until([&] { return !world.is_gated("team", "one"); }, 1min));
}
