// replay as a command: what it prints of a log that agrees, of one that does not, and of a change.

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/replay/object_files.hpp"
#include "cli/replay/replay.hpp"
#include "lib/base/file.hpp"
#include "tests/support/decision_log/stores.hpp"
#include "tests/support/decision_log/two_jobs.hpp"
#include "tests/unit/cli/golden.hpp"

using namespace berth;
using namespace berth::cli;
using namespace berth::decision_log::testing;

namespace {

constexpr const char* kHead = "apiVersion: berth.dev/v1alpha1\nmetadata: {name: x}\n";
constexpr const char* kRaised = R"(apiVersion: berth.dev/v1alpha1
kind: Quota
metadata: {name: team-a}
spec:
  subjects: {namespaces: [team-a]}
  pools:
  - poolRef: {name: p}
    resources: [{name: cpu, nominal: 4}]
)";

Answer replay(ReplayOptions replay, Output output = Output::Text) {
  CliOptions options;
  options.command = Command::Replay;
  options.replay = std::move(replay);
  options.output = output;
  return answer_locally(options, Paint{}, {[] { return std::chrono::microseconds{0}; }});
}

ReplayOptions log_at(const std::string& path) {
  ReplayOptions options;
  options.path = path;
  return options;
}

std::string file_in(const TempFolder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder.path() + "/" + name) << text;
  return folder.path() + "/" + name;
}

/// Writes the log of two jobs with another decision in its second cycle, and right checksums.
void write_other_decision(const TempFolder& from, const TempFolder& to) {
  std::ofstream out(to.path() + "/" + decision_log::segment_name(1), std::ios::binary);
  auto lines = decision_log::LineReader::open(from.path() + "/" + decision_log::segment_name(1));
  REQUIRE(lines);
  for (auto line = lines->next(); line && *line; line = lines->next()) {
    const auto at = (*line)->find("\"digest\":\"");
    if (decision_log::kind_of(**line) == decision_log::LineKind::Cycle &&
        (*line)->starts_with("{\"cycle\":2,")) {
      REQUIRE(at != std::string::npos);
      (*line)->replace(at + 10, 4, "0000");
      const auto waiting = (*line)->find("\"waiting\":1");
      REQUIRE(waiting != std::string::npos);
      (*line)->replace(waiting, 11, "\"waiting\":9");
      const auto part = (*line)->find("[\"waiting\",\"");
      REQUIRE(part != std::string::npos);
      (*line)->replace(part + 12, 4, "0000");
    }
    out << decision_log::framed(**line);
  }
}

/// Where the record that ends the cycle ends.
std::uint64_t end_of_cycle(const std::string& path, std::uint64_t cycle) {
  auto lines = decision_log::LineReader::open(path);
  REQUIRE(lines);
  for (auto line = lines->next(); line && *line; line = lines->next())
    if ((*line)->starts_with("{\"cycle\":" + std::to_string(cycle) + ","))
      break;
  return lines->bytes();
}

} // namespace

TEST_CASE("X4: replay says that every decision was made again as it is recorded") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const Answer answer = replay(log_at(folder.path()));
  CHECK(answer.exit_code == 0);
  CHECK(answer.err == "");
  check_golden("replay.txt", answer.out);
  const Answer file = replay(log_at(folder.path() + "/" + decision_log::segment_name(1)));
  CHECK(file.out == answer.out);
  const auto document = nlohmann::json::parse(replay(log_at(folder.path()), Output::Json).out);
  CHECK(document["agrees"] == true);
  CHECK(document["cycles"] == 4);
  CHECK(document["admissions"] == 2);
}

TEST_CASE("X4: replay ends with the first cycle that differs, and fails") {
  const TempFolder folder;
  const TempFolder other;
  log_two_jobs(folder.path());
  write_other_decision(folder, other);
  const Answer answer = replay(log_at(other.path()));
  CHECK(answer.exit_code == program::kExitFailure);
  check_golden("replay-differs.txt", answer.out);
  ReplayOptions behind = log_at(other.path());
  behind.from = 3;
  CHECK(replay(behind).exit_code == 0);
  ReplayOptions ahead = log_at(other.path());
  ahead.to = 1;
  CHECK(replay(ahead).exit_code == 0);
}

TEST_CASE("X4: replay with a raised quota lists who would have started sooner") {
  const TempFolder folder;
  const TempFolder files;
  log_two_jobs(folder.path());
  ReplayOptions options = log_at(folder.path());
  options.quotas = file_in(files, "raised.yaml", kRaised);
  const Answer answer = replay(options);
  CHECK(answer.exit_code == 0);
  check_golden("replay-quota.txt", answer.out);
  check_golden("replay-quota-wide.txt", replay(options, Output::Wide).out);
  check_golden("replay-quota.json", replay(options, Output::Json).out);
}

TEST_CASE("A log that is not there, holds nothing or is damaged is told and fails") {
  const TempFolder folder;
  CHECK(replay(log_at(folder.path() + "/none")).exit_code == kExitNotFound);
  CHECK(replay(log_at(folder.path())).err.find("holds no decisions-*.log") != std::string::npos);
  log_two_jobs(folder.path());
  const std::string path = folder.path() + "/" + decision_log::segment_name(1);
  std::ofstream(path, std::ios::app | std::ios::binary) << "this is no record of any kind";
  const Answer damaged = replay(log_at(folder.path()));
  CHECK(damaged.exit_code == program::kExitFailure);
  CHECK(damaged.err.find("no record begins here; the rest of it is left out") != std::string::npos);
  ReplayOptions late = log_at(folder.path());
  late.from = 100;
  CHECK(replay(late).exit_code == kExitNotFound);
}

TEST_CASE("X4: explain answers from the last cycle of a log, changes included") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const std::string path = folder.path() + "/" + decision_log::segment_name(1);
  std::filesystem::resize_file(path, end_of_cycle(path, 2)); // "second" waits
  CliOptions options;
  options.command = Command::Explain;
  options.subject = "team-a/second";
  options.log = folder.path();
  const auto explain = [&] {
    return answer_locally(options, Paint{}, {[] { return std::chrono::microseconds{0}; }});
  };
  CHECK_FALSE(needs_server(options));
  CHECK(explain().exit_code == 0);
  check_golden("explain-log.txt", explain().out);
  options.what_if = {*allocation::parse_step("+2 cpu for quota team-a in pool p")};
  check_golden("explain-log-what-if.txt", explain().out);
  options.what_if.clear();
  options.subject = "team-a/first";
  CHECK(explain().out.find("n1") != std::string::npos);
  options.subject = "team-a/third";
  CHECK(explain().exit_code == kExitNotFound);
}

TEST_CASE("X4: explain looks ahead from a log with the policy that was logged, not the default") {
  const auto planned_start = [](bool backfill) {
    const TempFolder folder;
    {
      decision_log::LogWriter writer(*decision_log::open_folder(folder.path()), {}, 1);
      World world;
      world.policy.backfill.enabled = backfill;
      world.add_all(pool("p"), node("n1", 8), quota("team-a").of("team-a").pool("p").cpu(2));
      for (const char* name : {"first", "second"}) {
        allocation::PodView arriving = pod(name).cpu(2);
        arriving.created = world.now;
        arriving.duration_limit = 10min;
        world.add(arriving);
        log_step(world, writer);
        world.now += 1s;
      }
    }
    CliOptions options;
    options.command = Command::Explain;
    options.subject = "team-a/second";
    options.log = folder.path();
    options.output = Output::Json;
    const Answer answer =
        answer_locally(options, Paint{}, {[] { return std::chrono::microseconds{0}; }});
    return nlohmann::json::parse(answer.out)["outlook"]["plannedStart"];
  };
  CHECK(planned_start(true).is_string());
  CHECK(planned_start(false).is_null());
}

TEST_CASE("A torn tail is told and is no failure") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const std::string path = folder.path() + "/" + decision_log::segment_name(1);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const Answer answer = replay(log_at(folder.path()));
  CHECK(answer.exit_code == 0);
  CHECK(answer.err.find("its last record was not written to its end") != std::string::npos);
}

TEST_CASE("Files of changes are read document by document, and a fault names the document") {
  decision_log::TrialChanges changes;
  REQUIRE(read_changes(std::string(kRaised) + "---\n" + kRaised, "Quota", changes));
  REQUIRE(changes.quotas.size() == 2);
  CHECK(changes.quotas[0].name == QuotaName{"team-a"});
  const auto complaint = [&](const std::string& text, const char* kind) {
    const auto read = read_changes(text, kind, changes);
    return read ? std::string{} : read.error().message;
  };
  CHECK(complaint(kRaised, "AllocationPolicy") == "document 1: its kind is not AllocationPolicy");
  CHECK(complaint("# nothing\n", "Quota") == "holds no Quota");
  CHECK(complaint(std::string(kHead) + "kind: Quota\nspec: {pools: 3}\n", "Quota") ==
        "document 1: spec.pools: is not a list");
  CHECK_FALSE(complaint("a: [", "Quota").empty());
  CHECK(complaint(std::string(kHead) + "kind: AllocationPolicy\nspec: {}\n", "AllocationPolicy")
            .empty());
  CHECK(changes.policies.size() == 1);
}
