// history as a command: what it tells of a log, of a cluster, and what filters leave.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/history/decide.hpp"
#include "cli/history/render.hpp"
#include "tests/support/decision_log/reclaimed.hpp"
#include "tests/support/decision_log/stores.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;
using namespace berth::decision_log::testing;

namespace {

Answer history(const std::string& log, HistoryOptions history = {}, Output output = Output::Text,
               const std::string& ns = {}) {
  CliOptions options;
  options.command = Command::History;
  options.log = log;
  options.history = std::move(history);
  options.output = output;
  options.ns = ns;
  return answer_locally(options, Paint{}, {[] { return std::chrono::microseconds{0}; }});
}

std::size_t lines_of(const Answer& answer) {
  return static_cast<std::size_t>(std::ranges::count(answer.out, '\n'));
}

HistoryOptions of_workload(const std::string& name) {
  HistoryOptions options;
  options.workload = name;
  return options;
}

DecisionEvent event(const char* action, const char* reason, const char* name, int minute) {
  DecisionEvent event;
  event.at = kSceneTime + std::chrono::minutes{minute};
  event.kind = "Pod";
  event.namespace_name = "research";
  event.name = name;
  event.uid = std::string("of-") + name;
  event.action = action;
  event.reason = reason;
  event.note = std::string("the numbers of ") + name;
  return event;
}

} // namespace

TEST_CASE("Each grant, notice, eviction and refusal of a log is one line, with its reason") {
  const TempFolder folder;
  log_reclaim(folder.path());
  const Answer answer = history(folder.path());
  CHECK(answer.exit_code == 0);
  CHECK(answer.err == "");
  check_golden("history.txt", answer.out);
  check_golden("history-wide.txt", history(folder.path(), {}, Output::Wide).out);
  check_golden("history.json", history(folder.path(), {}, Output::Json).out);
  HistoryOptions csv;
  csv.format = "csv";
  check_golden("history.csv", history(folder.path(), csv).out);
}

TEST_CASE("A refusal is told once for each reason, however often it is decided and pictured") {
  const TempFolder folder;
  {
    World world;
    world.add_all(pool("p"), node("n1", 8), quota("team-a").of("team-a").pool("p").cpu(2));
    allocation::PodView waits = pod("waits").cpu(4);
    waits.created = world.now;
    world.add(waits);
    for (std::uint64_t first : {1, 4, 7}) { // each leader begins with a picture
      decision_log::LogWriter writer(*decision_log::open_folder(folder.path()), {}, first);
      for (int i = 0; i < 3; ++i) {
        log_step(world, writer);
        world.now += 1min;
      }
    }
    allocation::QuotaSpec stopped = quota("team-a").of("team-a").pool("p").cpu(2);
    stopped.stop = allocation::Stop::Hold;
    world.add(stopped);
    decision_log::LogWriter writer(*decision_log::open_folder(folder.path()), {}, 10);
    log_step(world, writer);
  }
  const auto document =
      nlohmann::json::parse(history(folder.path(), {}, Output::Json).out)["decisions"];
  REQUIRE(document.size() == 2);
  CHECK(document[0]["reason"] == "InsufficientQuota");
  CHECK(document[0]["cycle"] == 1);
  CHECK(document[1]["reason"] == "QuotaStopped");
  CHECK(document[1]["cycle"] == 10);
}

TEST_CASE("Filters of history hold together: workload, namespace, quota and time") {
  const TempFolder folder;
  log_reclaim(folder.path());
  const std::size_t all = lines_of(history(folder.path()));
  const Answer high = history(folder.path(), of_workload("ns-team-b/high"));
  CHECK(high.out.find("  ns-team-a/") == std::string::npos);
  CHECK(lines_of(high) > 1);
  CHECK(history(folder.path(), of_workload("high")).out == high.out);
  CHECK(history(folder.path(), of_workload("high"), Output::Text, "ns-team-a").out ==
        "No decision that is known matches.\n");
  CHECK(history(folder.path(), {}, Output::Text, "ns-team-b").out == high.out);
  HistoryOptions of_quota;
  of_quota.quota = "team-a";
  const Answer team_a = history(folder.path(), of_quota);
  CHECK(team_a.out.find("high  ") == std::string::npos);
  CHECK(lines_of(team_a) > 1);
  HistoryOptions lately;
  lately.since = "2m30s";
  CHECK(lines_of(history(folder.path(), lately)) < all);
  HistoryOptions ever;
  ever.since = "1d";
  CHECK(lines_of(history(folder.path(), ever)) == all);
}

TEST_CASE("A history says what is missing in its log, and fails only for damage") {
  const TempFolder folder;
  {
    World world;
    world.add_all(pool("p"), node("n1", 8), quota("team-a").of("team-a").pool("p").cpu(2));
    decision_log::LogWriter writer(*decision_log::open_folder(folder.path()), {}, 1);
    log_step(world, writer);
    writer.skip(5);
    log_step(world, writer);
  }
  const Answer answer = history(folder.path());
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "No decision that is known matches.\n");
  CHECK(answer.err.find("5 cycles before cycle 2 were not recorded") != std::string::npos);
  CHECK(history(folder.path() + "/none").exit_code == kExitNotFound);
}

TEST_CASE("Without a log, admission records and the operator's events are the history") {
  ObservedHistory observed;
  observed.pods = {
      pod_of({.name = "train-0",
              .annotations = R"({"berth.dev/admitted":
      "{\"decision\":\"7-1\",\"quota\":\"research\",\"pool\":\"cpu\",\"nodes\":[\"cpu-1\"],)"
                             R"(\"members\":1,\"youngestMember\":\"2026-03-02T08:57:50Z\",)"
                             R"(\"admittedAt\":\"2026-03-02T08:59:00Z\"}"})"})};
  observed.events = {
      event("Preempt", "Preempted", "b", -3),      event("Preempt", "Evicted", "b", -2),
      event("Wait", "InsufficientQuota", "a", -5), event("Evict", "CandidatesLost", "c", -1),
      event("Audit", "LedgerDrift", "d", 0),       event("Preempt", "Preempting", "e", 0)};
  const HistoryView view = decide_history(observed, {}, kSceneTime);
  check_golden("history-cluster.txt", render_history(view, false, Paint{}));
  HistoryFilter filter;
  filter.name = "a";
  CHECK(decide_history(observed, filter, kSceneTime).rows.size() == 1);
  filter = {};
  filter.since = std::chrono::minutes{2};
  CHECK(decide_history(observed, filter, kSceneTime).rows.size() == 3);
}

TEST_CASE("History asks a cluster for pods and events of the namespace alone") {
  OperatingWorld world;
  const Answer answer =
      world.ask(Command::History, [](CliOptions& options) { options.ns = "research"; });
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "No decision that is known matches.\n");
  for (const auto& exchange : world.transport.exchanges())
    CHECK(exchange.target.find("/namespaces/research") != std::string::npos);
}

TEST_CASE("History of a namespace or a quota that does not exist says so, as a missing object") {
  OperatingWorld world;
  const Answer nowhere =
      world.ask(Command::History, [](CliOptions& options) { options.ns = "nowhere"; });
  CHECK(nowhere.exit_code == kExitNotFound);
  CHECK(nowhere.err.find("namespace nowhere does not exist") != std::string::npos);
  const Answer nobodys =
      world.ask(Command::History, [](CliOptions& options) { options.history.quota = "nobodys"; });
  CHECK(nobodys.exit_code == kExitNotFound);
  CHECK(nobodys.err.find("there is no Quota nobodys") != std::string::npos);
}
