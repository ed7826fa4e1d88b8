// simulate --log: a decision log as a load, with the runtimes that were recorded.

#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/simulate/simulate.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/reclaimed.hpp"
#include "tests/support/decision_log/stores.hpp"
#include "tests/unit/cli/golden.hpp"

using namespace berth;
using namespace berth::cli;
using namespace berth::decision_log::testing;

namespace {

Answer simulate(SimulateOptions simulate, Output output = Output::Text) {
  CliOptions options;
  options.command = Command::Simulate;
  options.simulate = std::move(simulate);
  options.output = output;
  return answer_simulate(options, Paint{}, {[] { return std::chrono::microseconds{0}; }});
}

SimulateOptions log_at(const std::string& path) {
  SimulateOptions options;
  options.log = path;
  return options;
}

nlohmann::json simulated(const SimulateOptions& options) {
  const Answer answer = simulate(options, Output::Json);
  REQUIRE(answer.exit_code == 0);
  return nlohmann::json::parse(answer.out);
}

/// Two jobs of one core each, on nodes of two; "long" runs on when the log ends.
void log_open_end(const std::string& folder, std::optional<Duration> said) {
  decision_log::LogWriter writer(*decision_log::open_folder(folder), {}, 1);
  World world;
  world.add_all(pool("p"), node("n1", 2), node("n2", 2),
                quota("team-a").of("team-a").pool("p").cpu(4));
  for (const char* name : {"long", "short"}) {
    allocation::PodView arriving = pod(name).cpu(1);
    arriving.created = world.now;
    arriving.expected_duration = said;
    world.add(arriving);
    log_step(world, writer);
    world.now += 1min;
  }
  end_pod(world, "short");
  log_step(world, writer);
}

} // namespace

TEST_CASE("A log is simulated as it went, and judged like a scenario") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const Answer answer = simulate(log_at(folder.path()));
  CHECK(answer.err == "");
  check_golden("simulate-log.txt", answer.out);
  check_golden("simulate-log-wide.txt", simulate(log_at(folder.path()), Output::Wide).out);
  check_golden("simulate-log.json", simulate(log_at(folder.path()), Output::Json).out);
  const auto document = simulated(log_at(folder.path()));
  CHECK(document["workloads"] == 2);
  CHECK(document["classes"][0]["wait"]["maxMilliseconds"] == 599'000); // until "first" has ended
  CHECK(document["makespanMilliseconds"] == 15 * 60'000);
  CHECK(document["neverStarted"] == 0);
  CHECK(document["resources"][0]["utilizationPermille"] == 1000); // two of two cores, all the time
}

TEST_CASE("Work that runs when the log ends is assumed to run on, or as long as it says") {
  const auto span = [](std::optional<Duration> said) {
    const TempFolder folder;
    log_open_end(folder.path(), said);
    return simulated(log_at(folder.path()))["log"];
  };
  CHECK(span(std::nullopt)["endsOpen"] == 1);
  CHECK(span(std::nullopt)["endsSaid"] == 0);
  CHECK(span(1h)["endsOpen"] == 0);
  CHECK(span(1h)["endsSaid"] == 1);
  CHECK(span(1s)["endsOpen"] == 1); // it ran longer than it had said
}

TEST_CASE("What ran before the log began holds its place, and counts for no wait") {
  const TempFolder folder;
  {
    decision_log::LogWriter writer(*decision_log::open_folder(folder.path()), {}, 1);
    World world;
    world.add_all(pool("p"), node("n1", 4), quota("team-a").of("team-a").pool("p").cpu(4));
    allocation::PodView before = pod("before").cpu(4).admitted(record("team-a", "p", {"n1"}));
    before.node = NodeName{"n1"};
    before.started = before.created = world.now - 1h;
    world.add(before);
    allocation::PodView waits = pod("waits").cpu(4);
    waits.created = world.now;
    world.add(waits);
    log_step(world, writer);
    world.now += 10min;
    end_pod(world, "before");
    log_step(world, writer);
    world.now += 10min;
    end_pod(world, "waits");
    log_step(world, writer);
  }
  const auto document = simulated(log_at(folder.path()));
  CHECK(document["log"]["ranBefore"] == 1);
  CHECK(document["workloads"] == 1);
  CHECK(document["classes"][0]["wait"]["maxMilliseconds"] == 10 * 60'000);
  CHECK(document["resources"][0]["utilizationPermille"] == 1000);
}

TEST_CASE("Another strategy takes the place of the pools' own") {
  const TempFolder folder;
  log_open_end(folder.path(), std::nullopt);
  const auto nodes_used = [&](const char* strategy) {
    SimulateOptions options = log_at(folder.path());
    options.strategy = strategy;
    options.picture = folder.path() + "/picture.svg";
    CHECK(simulate(options).exit_code == 0);
    std::ifstream file(options.picture);
    const std::string picture{std::istreambuf_iterator<char>(file), {}};
    CHECK(picture.starts_with("<svg "));
    return picture;
  };
  CHECK(nodes_used("BestFit") == nodes_used("FirstFit")); // both on one node
  CHECK(nodes_used("BestFit") != nodes_used("WorstFit")); // one on each
}

TEST_CASE("Evictions of a simulated log are counted, gangs and reservations come along") {
  const TempFolder reclaimed;
  log_reclaim(reclaimed.path());
  CHECK(simulated(log_at(reclaimed.path()))["evictions"] == 1);
  const TempFolder busy;
  {
    decision_log::LogWriter writer(*decision_log::open_folder(busy.path()), {}, 1);
    BusyWorld world(12);
    for (int i = 0; i < 60; ++i)
      REQUIRE(writer.append(world.step()));
  }
  SimulateOptions options = log_at(busy.path());
  const auto document = simulated(options);
  CHECK(document == simulated(options));
  std::size_t arrived = 0;
  for (const auto& row : document["classes"])
    arrived += row["arrived"].get<std::size_t>();
  CHECK(document["workloads"] == arrived);
  options.picture = busy.path() + "/picture.html";
  CHECK(simulate(options).exit_code == 0);
}

TEST_CASE("A log that holds nothing cannot be simulated") {
  const TempFolder folder;
  CHECK(simulate(log_at(folder.path())).exit_code == kExitNotFound);
  std::ofstream(folder.path() + "/" + decision_log::segment_name(1)) << "1";
  CHECK(simulate(log_at(folder.path())).err.find("the log holds no readable cycle") !=
        std::string::npos);
}
