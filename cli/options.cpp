#include "cli/options.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/history/history.hpp"
#include "cli/operating_flags.hpp"
#include "cli/simulate/picture/picture.hpp"
#include "cli/simulate/simulate.hpp"
#include "lib/allocation/strategy.hpp"

namespace berth::cli {
namespace {

constexpr const char* kName = "kubectl-berth";
constexpr int kRequestTimeoutSecondsMax = 3600;

const std::map<std::string, Output> kOutputs{
    {"json", Output::Json}, {"wide", Output::Wide}, {"yaml", Output::Yaml}};
const std::map<std::string, When> kWhens{
    {"always", When::Always}, {"auto", When::Auto}, {"never", When::Never}};
const std::vector<std::string> kShells{"bash", "fish", "zsh"};

constexpr const char* kFooter = R"(Exit codes:
  0  done
  1  the API server could not be asked or could not answer; something fails (health, doctor), a
     reservation is refused, or --wait was in vain
  2  the command line is wrong
  3  the object does not exist
  4  the API server does not know you, or does not permit it

As a plugin of kubectl it is called "kubectl berth ...".)";

constexpr const char* kStatusFooter =
    R"(Bars: # allocated, = promised to reservations, | measured use, . free. A STATE is a reason of
docs/reference/reasons.md; with a * it was written for an older spec. A - is not known. What is
measured is rounded here and exact in -o json.

Flags of every command and exit codes: kubectl-berth --help)";

constexpr const char* kHealthFooter =
    R"(Exit code 1 if a part fails. The Lease berth-operator tells who leads.

Flags of every command and exit codes: kubectl-berth --help)";

constexpr const char* kReplayFooter =
    R"(Exit code 1 if a cycle is not decided as it is recorded, or a part of the log is damaged. With
--quota or --policy the arrivals of the log are simulated twice, as things were and as they would
have been: WAIT and WAIT THEN.

Flags of every command and exit codes: kubectl-berth --help)";

constexpr const char* kHistoryFooter =
    R"(A log holds every decision as it was told at the time, with its numbers, for as long as its limit
lets it. A cluster remembers less: the admissions of pods that are still there, and what events say,
as long as the API server keeps those. A refusal is told when its reason changes. Exit code 1 if a
part of the log is damaged.

Flags of every command and exit codes: kubectl-berth --help)";

constexpr const char* kReleaseFooter =
    R"(With a RESERVATION: deletes it; while pods use it and its deletionPolicy is Block, it goes when
they end. Otherwise for when Berth is gone: nothing then admits the pods that wait, and nothing
takes its finalizers off. Released pods are scheduled at once, in no order and against no quota.
While Berth is installed its guard refuses --gates, and the operator puts finalizers back.

Flags of every command and exit codes: kubectl-berth --help)";

/// What is read as words and numbers before it becomes CliOptions.
struct Words {
  std::string output;
  std::string colour = "auto";
  int request_timeout_seconds = 30;
  std::vector<std::string> what_if;
};

template <class T>
std::vector<std::string> keys_of(const std::map<std::string, T>& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map)
    keys.push_back(key);
  return keys;
}

void add_global_flags(CLI::App& app, CliOptions& options, Words& words) {
  app.add_option("--kubeconfig", options.kubeconfig,
                 "kubeconfig file; default: $KUBECONFIG, else ~/.kube/config")
      ->type_name(kPath);
  app.add_option("--context", options.context, "context of the kubeconfig");
  app.add_option("-n,--namespace", options.ns,
                 "namespace; default: the context's for explain and to apply a recommendation, all "
                 "for lists, berth-system for health and doctor");
  app.add_option("-o,--output", words.output, "json, yaml or wide")
      ->check(CLI::IsMember(keys_of(kOutputs)));
  app.add_option("--color", words.colour, "auto (on a terminal), always or never")
      ->check(CLI::IsMember(keys_of(kWhens)))
      ->capture_default_str();
  app.add_option("--request-timeout-seconds", words.request_timeout_seconds,
                 "how long one request to the API server may take")
      ->capture_default_str();
}

void add_health(CLI::App* health, CliOptions& options) {
  health->add_option("--extender", options.extender,
                     "http://HOST:8081 of the scheduler extender, which is asked too");
  health->footer(kHealthFooter);
}

void add_release(CLI::App* release, ReleaseOptions& options) {
  release->add_flag("--gates", options.gates,
                    "take the gate berth.dev/admission off the pods that wait at it");
  release->add_flag("--finalizers", options.finalizers,
                    "take the finalizers of berth.dev off Berth's own objects");
  add_release_reservation(release, options);
  release->footer(kReleaseFooter);
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> names;
  for (const allocation::Strategy strategy : allocation::all_strategies())
    names.emplace_back(to_string(strategy));
  return names;
}

void add_simulate(CLI::App* simulate, SimulateOptions& options) {
  simulate->add_option("SCENARIO", options.scenario, "a scenario file: nodes, quotas, workloads")
      ->type_name(kPath);
  simulate
      ->add_option("--kueue", options.kueue, "a generator file of Kueue's performance test instead")
      ->type_name(kPath);
  simulate
      ->add_option("--log", options.log,
                   "a decision log of the operator instead: its folder, or one file of it")
      ->type_name(kPath);
  CLI::Option* openb =
      simulate
          ->add_option("--openb", options.openb,
                       "a folder with an openb GPU trace instead: pack its pods onto its nodes")
          ->type_name(kPath);
  simulate->add_option("--pods", options.pods, "with --openb: another list of pods")
      ->type_name(kPath)
      ->needs(openb);
  simulate
      ->add_option("--strategy", options.strategy,
                   "the placement strategy, with --openb (default: FragmentationAware) or --log "
                   "(default: that of each pool)")
      ->check(CLI::IsMember(strategy_names()));
  simulate
      ->add_option("--load", options.load_percent,
                   "with --openb: GPUs asked for, in percent of those that there are")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->needs(openb);
  simulate->add_option("--seeds", options.seeds, "with --openb: one seed or a range of them")
      ->capture_default_str()
      ->needs(openb);
  simulate
      ->add_option("--picture", options.picture,
                   "draw the schedule into this file: NAME.html or NAME.svg")
      ->type_name(kPath)
      ->excludes(openb);
}

void add_replay(CLI::App* replay, ReplayOptions& options) {
  replay->add_option("LOG", options.path, "a decision log: its folder, or one file of it")
      ->type_name(kPath)
      ->required();
  replay
      ->add_option("--quota", options.quotas,
                   "a file with Quotas that take the place of recorded ones: what would they have "
                   "changed?")
      ->type_name(kPath);
  replay->add_option("--policy", options.policies, "the same with AllocationPolicies")
      ->type_name(kPath);
  replay->add_option("--from", options.from, "the first cycle to look at; default: the oldest")
      ->check(CLI::PositiveNumber);
  replay->add_option("--to", options.to, "the last cycle to look at; default: the newest")
      ->check(CLI::PositiveNumber);
  replay->footer(kReplayFooter);
}

void add_history(CLI::App* history, CliOptions& options) {
  history->add_option("[NAMESPACE/]NAME", options.history.workload,
                      "only of this pod, gang or reservation");
  history
      ->add_option("--log", options.log,
                   "a decision log: its folder, or one file of it; default: ask the cluster")
      ->type_name(kPath);
  history->add_option("--quota", options.history.quota, "only what this Quota granted or refused");
  history->add_option("--since", options.history.since,
                      "only so long before the newest decision of the log, or before now: 2h");
  history
      ->add_option("--export", options.history.format,
                   "csv: all columns, for spreadsheets and audits")
      ->check(CLI::IsMember(std::vector<std::string>{"csv"}));
  history->footer(kHistoryFooter);
}

void add_commands(CLI::App& app, CliOptions& options, Words& words) {
  const auto command = [&](Command which, const char* name, const char* text) {
    CLI::App* added = app.add_subcommand(name, text);
    added->fallthrough()->callback([&options, which] { options.command = which; });
    added->footer(std::string("Flags of every command and exit codes: ") + kName + " --help");
    return added;
  };
  CLI::App* status =
      command(Command::Status, "status",
              "Show pools, the quota tree and reservations: what is taken, promised and used");
  add_watch(status, options);
  status->footer(kStatusFooter);
  CLI::App* queue = command(Command::Queue, "queue", "Show who waits, in the order of their turn");
  queue->add_option("QUOTA", options.quota, "only what waits in this quota and below it");
  add_watch(queue, options);
  CLI::App* explain =
      command(Command::Explain, "explain",
              "Say why a pod, a gang or an AllocationRequest waits, or how it was admitted");
  explain
      ->add_option("[NAMESPACE/]NAME", options.subject,
                   "a pod, or a gang or an AllocationRequest by its name")
      ->required();
  CLI::Option* what_if =
      explain->add_option("--what-if", words.what_if,
                          "say whether it would start with this change, written as explain writes "
                          "changes; may be given several times");
  what_if->allow_extra_args(false);
  explain
      ->add_flag("--no-changes{false}", options.look_ahead,
                 "do not look for what would let it start, which reads all pods and nodes")
      ->excludes(what_if);
  explain
      ->add_option("--log", options.log, "ask the last cycle of this decision log, and no cluster")
      ->type_name(kPath);
  add_history(command(Command::History, "history",
                      "List who was granted what, from whom it was taken, and who was refused"),
              options);
  add_health(command(Command::Health, "health", "Say whether Berth works: API, operator, extender"),
             options);
  add_operating_commands(command, options);
  add_release(command(Command::Release, "release",
                      "Delete a Reservation, or let go of what an uninstalled Berth holds"),
              options.release);
  add_simulate(command(Command::Simulate, "simulate",
                       "Try out placement or a whole cluster without one: from a file or a log"),
               options.simulate);
  add_replay(command(Command::Replay, "replay",
                     "Decide a decision log of the operator again, as it was or with other quotas"),
             options.replay);
  CLI::App* version = command(Command::Version, "version", "Print the version");
  version->add_flag("--server", options.ask_server, "ask the API server for its version too");
  CLI::App* completion =
      command(Command::Completion, "completion", "Print the completion script of a shell");
  completion->add_option("SHELL", options.shell, "bash, fish or zsh")
      ->required()
      ->check(CLI::IsMember(kShells));
}

void describe(CLI::App& app, CliOptions& options, Words& words) {
  app.set_version_flag("--version", std::string(kName) + " " BERTH_VERSION);
  app.footer(kFooter);
  app.require_subcommand(0, 1); // none is reported by problems_of(), which names them
  add_global_flags(app, options, words);
  add_commands(app, options, words);
}

/// NAME or NAMESPACE/NAME.
bool names_an_object(const std::string& subject) {
  const auto slash = subject.find('/');
  return !subject.empty() && slash != 0 && subject.back() != '/' &&
         (slash == std::string::npos || subject.find('/', slash + 1) == std::string::npos);
}

void check_simulate(const SimulateOptions& options, std::vector<std::string>& problems) {
  const std::array sources{&options.openb, &options.kueue, &options.log, &options.scenario};
  if (std::ranges::count_if(sources, [](const auto* name) { return !name->empty(); }) != 1)
    problems.emplace_back("simulate: name one of SCENARIO, --kueue, --log and --openb");
  if (!options.strategy.empty() && options.openb.empty() && options.log.empty())
    problems.emplace_back("--strategy: needs --openb or --log; a scenario says it itself");
  if (!options.picture.empty() && !is_picture_name(options.picture))
    problems.emplace_back("--picture: must end in .html or .svg");
  if (const auto seeds = parse_seeds(options.seeds); !seeds)
    problems.push_back("--seeds: " + seeds.error().message);
}

std::vector<std::string> problems_of(const CLI::App& app, const CliOptions& options,
                                     const Words& words) {
  std::vector<std::string> problems = operating_problems(options);
  if (app.get_subcommands().empty())
    problems.emplace_back("a command is needed: status, queue, explain, history, health, doctor, "
                          "set-quota, burst, reserve, recommendations, top, calendar, monitor, "
                          "export, release, simulate, replay, version or completion; see --help");
  else if (options.command == Command::Simulate)
    check_simulate(options.simulate, problems);
  if (options.command == Command::Replay && options.replay.from > options.replay.to)
    problems.emplace_back("--from: must not be after --to");
  if (options.command == Command::Explain && !names_an_object(options.subject))
    problems.push_back("explain: \"" + options.subject + "\" must be NAME or NAMESPACE/NAME");
  if (options.command == Command::Export && !words.output.empty())
    problems.emplace_back("--output: export has --format instead: csv, json or openmetrics");
  if (options.command == Command::History)
    std::ranges::move(history_problems(options), std::back_inserter(problems));
  const auto& asked = options.recommendations;
  if (asked.verb == "apply" ? !names_an_object(asked.name) : !asked.name.empty())
    problems.emplace_back("recommendations: must be list, or apply NAME or NAMESPACE/NAME");
  for (const std::string& step : words.what_if)
    if (const auto read = allocation::parse_step(step); !read)
      problems.push_back("--what-if: " + read.error().message);
  if (words.request_timeout_seconds < 1 ||
      words.request_timeout_seconds > kRequestTimeoutSecondsMax)
    problems.emplace_back("--request-timeout-seconds: must be 1 to 3600");
  return problems;
}

} // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  Words words;
  CLI::App app{"Shows what Berth decides in a Kubernetes cluster, and why.", kName};
  describe(app, line.options, words);
  line.end = program::read_command_line(app, argc, argv,
                                        [&] { return problems_of(app, line.options, words); });
  if (const auto output = kOutputs.find(words.output); output != kOutputs.end())
    line.options.output = output->second;
  if (const auto when = kWhens.find(words.colour); when != kWhens.end())
    line.options.colour = when->second;
  line.options.request_timeout = std::chrono::seconds{words.request_timeout_seconds};
  for (const std::string& sentence : words.what_if)
    if (auto step = allocation::parse_step(sentence)) // else the line has ended with the problem
      line.options.what_if.push_back(*std::move(step));
  return line;
}

void with_app(const std::function<void(const CLI::App&)>& use) {
  CliOptions options;
  Words words;
  CLI::App app{"", kName};
  describe(app, options, words);
  use(app);
}

} // namespace berth::cli
