// The command line: what is understood, what is refused, and what help and completion say.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/options.hpp"
#include "tests/unit/cli/golden.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

namespace {

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "kubectl-berth");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string said_locally(const CliOptions& options) {
  const Onlooker stands_still{[] { return std::chrono::microseconds{0}; }};
  return answer_locally(options, Paint{}, stands_still).out;
}

/// What a shell or kubectl reads when it asks the plugin what may stand in place of the last word.
std::string kubectl_offers(const std::vector<std::string>& words) {
  std::string out;
  with_app([&](const CLI::App& app) { out = completions(app, words); });
  return out;
}

} // namespace

TEST_CASE("Flags may stand before and behind the command, as a plugin of kubectl gets them") {
  for (const auto& line : {parse({"queue", "research", "-n", "team", "-o", "wide"}),
                           parse({"-n", "team", "-o", "wide", "queue", "research"})}) {
    REQUIRE_FALSE(line.end.ends);
    CHECK(line.options.command == Command::Queue);
    CHECK(line.options.quota == "research");
    CHECK(line.options.ns == "team");
    CHECK(line.options.output == Output::Wide);
  }
  const auto line = parse({"explain", "a/b", "--context=c", "--kubeconfig", "f", "--color=never",
                           "--request-timeout-seconds=5"});
  REQUIRE_FALSE(line.end.ends);
  CHECK(line.options.subject == "a/b");
  CHECK(line.options.context == "c");
  CHECK(line.options.kubeconfig == "f");
  CHECK(line.options.colour == When::Never);
  CHECK(line.options.request_timeout == 5s);
}

TEST_CASE("A wrong command line is exit code 2 and names what is wrong") {
  const auto complaint = [](std::vector<const char*> words) {
    const auto line = parse(std::move(words));
    CHECK(line.end.ends);
    CHECK(line.end.exit_code == program::kExitBadFlags);
    return line.end.text;
  };
  CHECK(complaint({}).find("status, queue, explain") != std::string::npos);
  CHECK(complaint({"stauts"}).find("stauts; commands: status, queue, ") != std::string::npos);
  CHECK(complaint({"status", "--bogus"}).find("commands") == std::string::npos);
  CHECK(complaint({"export", "-o", "json"}) ==
        "kubectl-berth: --output: export has --format instead: csv, json or openmetrics\n");
  CHECK(complaint({"status", "-o", "xml"}).find("json,wide,yaml") != std::string::npos);
  CHECK(complaint({"explain"}).find("NAME") != std::string::npos);
  for (const char* subject : {"", "research/", "/train-0", "a/b/c"})
    CHECK(complaint({"explain", subject}).find("must be NAME or NAMESPACE/NAME") !=
          std::string::npos);
  CHECK(complaint({"completion", "tcsh"}).find("tcsh") != std::string::npos);
  CHECK(complaint({"simulate"}) ==
        "kubectl-berth: simulate: name one of SCENARIO, --kueue, --log and --openb\n");
  CHECK(complaint({"simulate", "a.yaml", "--kueue", "b.yaml"}).find("name one of") !=
        std::string::npos);
  CHECK(complaint({"simulate", "--openb", "d", "--seeds", "5-4"}).find("--seeds: must be a seed") !=
        std::string::npos);
  CHECK(complaint({"simulate", "--openb", "d", "--strategy", "Magic"}).find("Magic") !=
        std::string::npos);
  CHECK(complaint({"simulate", "--openb", "d", "--load", "0"}).find("--load") != std::string::npos);
  for (const char* flag : {"--pods", "--load", "--seeds"})
    CHECK(complaint({"simulate", "a.yaml", flag, "1"}).find("requires --openb") !=
          std::string::npos);
  CHECK(complaint({"simulate", "a.yaml", "--strategy", "BestFit"}) ==
        "kubectl-berth: --strategy: needs --openb or --log; a scenario says it itself\n");
  for (const char* subject : {"/train", "a/", "a/b/c"})
    CHECK(complaint({"history", subject}).find("must be NAME or NAMESPACE/NAME") !=
          std::string::npos);
  CHECK(complaint({"history", "--since", "soon"}).find("--since: \"soon\" is no duration") !=
        std::string::npos);
  CHECK(complaint({"history", "--export", "xml"}).find("--export") != std::string::npos);
  CHECK(complaint({"simulate", "--openb", "d", "--picture", "p.svg"}).find("excludes") !=
        std::string::npos);
  CHECK(complaint({"simulate", "a.yaml", "--picture", "p.png"}) ==
        "kubectl-berth: --picture: must end in .html or .svg\n");
  CHECK(complaint({"replay"}).find("LOG") != std::string::npos);
  CHECK(complaint({"replay", "log", "--from", "5", "--to", "4"}) ==
        "kubectl-berth: --from: must not be after --to\n");
  CHECK(complaint({"replay", "log", "--from", "-1"}).find("--from") != std::string::npos);
  CHECK(complaint({"status", "--request-timeout-seconds", "0"}) ==
        "kubectl-berth: --request-timeout-seconds: must be 1 to 3600\n");
}

TEST_CASE("A wrong flag of a command that writes is exit code 2 before anything is asked") {
  const auto complaint = [](std::vector<const char*> words) {
    const auto line = parse(std::move(words));
    CHECK(line.end.ends);
    CHECK(line.end.exit_code == program::kExitBadFlags);
    return line.end.text;
  };
  CHECK(complaint({"set-quota", "q", "--resource", "cpu"}).find("name at least one of") !=
        std::string::npos);
  for (const char* flag : {"--nominal", "--borrowing-limit", "--lending-limit"})
    for (const char* amount : {"many", "-1"})
      CHECK(complaint({"set-quota", "q", "--resource", "cpu", flag, amount})
                .find(std::string(flag) + ": must be a quantity") != std::string::npos);
  CHECK(complaint({"set-quota", "q", "--resource", "cpu", "--nominal", "unlimited"})
            .find("--nominal: must be a quantity") != std::string::npos);
  CHECK(complaint({"set-quota", "q", "--nominal", "1"}).find("--resource") != std::string::npos);
  CHECK(complaint({"set-quota", "q", "--resource", "cpu", "--nominal", "1", "--dry-run", "client"})
            .find("--dry-run") != std::string::npos);
  CHECK(complaint({"burst"}).find("POOL") != std::string::npos);
  CHECK(complaint({"burst", "p", "--for", "soon"}).find("--for: ") != std::string::npos);
  CHECK(complaint({"burst", "p", "--factor", "5"}).find("--factor: must be 1 to 3") !=
        std::string::npos);
  CHECK(complaint({"burst", "p", "--resource", "pool.berth.dev/licences"})
            .find("--resource: must be a resource of nodes") != std::string::npos);
  CHECK(complaint({"burst", "p", "--end", "--for", "1h"}).find("excludes") != std::string::npos);
  CHECK(complaint({"reserve", "r", "--pool", "p", "--quota", "q"})
            .find("name either --amount or --nodes") != std::string::npos);
  CHECK(complaint({"release", "--wait"}).find("RESERVATION") != std::string::npos);
  CHECK(complaint({"release", "r", "--gates"}).find("excludes") != std::string::npos);
  CHECK(complaint({"release", "r", "--wait", "--timeout", "soon"}).find("--timeout: ") !=
        std::string::npos);
  CHECK(complaint({"recommendations", "apply"}).find("apply NAME") != std::string::npos);
  CHECK(complaint({"recommendations", "list", "a"}).find("apply NAME") != std::string::npos);
  CHECK(complaint({"calendar", "--ahead", "5m"}) == "kubectl-berth: --ahead: must be 1h to 366d\n");
  CHECK(complaint({"top", "pods"}).find("pods") != std::string::npos);
  CHECK(complaint({"monitor", "--interval", "0s"}).find("--interval: must be 1s to 1h") !=
        std::string::npos);
}

TEST_CASE("Flags of the commands that operate Berth arrive where they belong") {
  const auto line = parse({"set-quota", "q", "--resource=cpu", "--pool=p", "--borrowing-limit",
                           "unlimited", "--dry-run=server"});
  REQUIRE_FALSE(line.end.ends);
  CHECK(line.options.set_quota.quota == "q");
  CHECK(line.options.set_quota.borrowing_limit == "unlimited");
  CHECK_FALSE(line.options.set_quota.nominal);
  CHECK(line.options.set_quota.dry_run);
  const auto burst = parse({"burst", "p", "--for=1h", "--resource", "cpu", "--resource=memory"});
  REQUIRE_FALSE(burst.end.ends);
  CHECK(burst.options.burst.pool == "p");
  CHECK(burst.options.burst.duration == "1h");
  CHECK(burst.options.burst.resources == std::vector<std::string>{"cpu", "memory"});
  const auto reserve = parse({"reserve", "r", "--pool=p", "--quota=q", "--amount", "cpu=1",
                              "--amount", "memory=1Gi", "--wait", "--active", "--timeout=10s"});
  REQUIRE_FALSE(reserve.end.ends);
  CHECK(reserve.options.reserve.amounts == std::vector<std::string>{"cpu=1", "memory=1Gi"});
  CHECK(reserve.options.reserve.until_active);
  const auto release = parse({"release", "r", "--wait"});
  REQUIRE_FALSE(release.end.ends);
  CHECK(release.options.release.reservation == "r");
  CHECK(release.options.release.wait);
  const auto apply = parse({"recommendations", "apply", "a/b"});
  REQUIRE_FALSE(apply.end.ends);
  CHECK(apply.options.recommendations.name == "a/b");
}

TEST_CASE("Help lists the commands and the exit codes") {
  const auto line = parse({"--help"});
  REQUIRE(line.end.ends);
  CHECK(line.end.exit_code == 0);
  check_golden("help.txt", line.end.text);
  for (const char* command :
       {"status", "queue", "explain", "history", "health", "doctor", "set-quota", "burst",
        "reserve", "recommendations", "top", "calendar", "monitor", "export", "release", "simulate",
        "replay", "version", "completion"}) {
    const auto help = parse({command, "--help"});
    CHECK(help.end.exit_code == 0);
    check_golden(std::string("help-") + command + ".txt", help.end.text);
  }
}

TEST_CASE("Completion scripts are those that the shells were tried with") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto line = parse({"completion", shell});
    REQUIRE_FALSE(line.end.ends);
    REQUIRE_FALSE(needs_server(line.options));
    check_golden(std::string("completion.") + shell, said_locally(line.options));
  }
}

TEST_CASE("kubectl completes commands, flags and their values, as cobra writes them") {
  CHECK(kubectl_offers({"comp"}) == "completion\tPrint the completion script of a shell\n:4\n");
  CHECK(kubectl_offers({"stat"}).starts_with("status\tShow pools"));
  CHECK(kubectl_offers({""}).find("\nmonitor\t") != std::string::npos);
  CHECK(kubectl_offers({}) == kubectl_offers({""}));
  CHECK(kubectl_offers({""}).find("--") == std::string::npos); // flags are asked for by a dash
  CHECK(kubectl_offers({"version", "--se"}) ==
        "--server\task the API server for its version too\n:4\n");
  CHECK(kubectl_offers({"--names"}).starts_with("--namespace\t"));
  CHECK(kubectl_offers({"status", "-o", ""}) == "json\nwide\nyaml\n:4\n");
  CHECK(kubectl_offers({"status", "-o", "y"}) == "yaml\n:4\n");
  CHECK(kubectl_offers({"-o", "json", "compl"}).starts_with("completion\t"));
  CHECK(kubectl_offers({"--color=a"}) == "--color=always\n--color=auto\n:4\n");
  CHECK(kubectl_offers({"completion", ""}) == "bash\nfish\nzsh\n:4\n");
  CHECK(kubectl_offers({"completion", "bash", ""}) == ":4\n");
  CHECK(kubectl_offers({"status", "--watch", "--wa"}).starts_with("--watch\t")); // takes no value
}

TEST_CASE("Names of files are completed where a file or a folder is due, and nowhere else") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--kubeconfig", ""},
                                                                 {"--kubeconfig=/et"},
                                                                 {"explain", "--log", ""},
                                                                 {"replay", ""},
                                                                 {"replay", "--quota", ""},
                                                                 {"simulate", ""},
                                                                 {"simulate", "--picture="}})
    CHECK(kubectl_offers(words) == ":0\n");
  for (const auto& words : std::vector<std::vector<std::string>>{{"explain", ""},
                                                                 {"-n", ""},
                                                                 {"history", "--quota", ""},
                                                                 {"--context=c"},
                                                                 {"--unknown="}})
    CHECK(kubectl_offers(words) == ":4\n");
}

TEST_CASE("kubectl asks under another name, wherever that lies, and the scripts by a word") {
  using Line = std::vector<const char*>;
  using Words = std::vector<std::string>;
  CHECK(words_to_complete(Line{"kubectl_complete-berth", "a", ""}) == Words{"a", ""});
  CHECK(words_to_complete(Line{"/usr/local/bin/kubectl_complete-berth"}) == Words{});
  CHECK(words_to_complete(Line{"kubectl-berth", "__complete", "a", ""}) == Words{"a", ""});
  CHECK_FALSE(words_to_complete(Line{"/opt/kubectl_complete-berth/kubectl-berth", "a"}));
  CHECK_FALSE(words_to_complete(Line{"kubectl-berth", "a", "__complete"}));
  CHECK_FALSE(words_to_complete(Line{"kubectl-berth"}));
  CHECK_FALSE(words_to_complete(Line{}));
}

TEST_CASE("-w is kubectl's watch, and only of what is shown") {
  for (const char* command : {"status", "queue", "recommendations"})
    CHECK(parse({command, "-w"}).options.watch);
  CHECK_FALSE(parse({"status"}).options.watch);
  for (const auto& line :
       {parse({"recommendations", "apply", "a/b", "-w"}), parse({"release", "night", "-w"})}) {
    CHECK(line.end.ends);
    CHECK(line.end.exit_code == program::kExitBadFlags);
  }
  CHECK(parse({"release", "night", "--wait"}).options.release.wait);
}

TEST_CASE("The version needs no server, unless the server's is asked for") {
  CHECK_FALSE(needs_server(parse({"version"}).options));
  CHECK(needs_server(parse({"version", "--server"}).options));
  CHECK(said_locally(parse({"version"}).options) == "Client: kubectl-berth " BERTH_VERSION "\n");
  CHECK(said_locally(parse({"version", "-o", "json"}).options) ==
        "{\n  \"client\": \"" BERTH_VERSION "\",\n  \"server\": null\n}\n");
}
