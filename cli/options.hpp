#pragma once
// Options of kubectl-berth: the command line as a value, checked before anything is asked.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/allocation/change.hpp"
#include "lib/base/clock.hpp"
#include "lib/program/command_line.hpp"

namespace CLI {
class App;
}

namespace berth::cli {

inline constexpr int kExitNotFound = 3;
inline constexpr int kExitNotPermitted = 4;

enum class Command {
  Version,
  Status,
  Queue,
  Explain,
  Health,
  Release,
  Simulate,
  Replay,
  Completion
};
enum class Output { Text, Wide, Json, Yaml };
enum class When { Auto, Always, Never };

/// simulate: exactly one of `openb`, `kueue` and `scenario` is set.
struct SimulateOptions {
  std::string openb;                           ///< folder of an openb trace
  std::string pods;                            ///< its pod list; empty: openb_pod_list_default.csv
  std::string kueue;                           ///< generator file of Kueue's performance test
  std::string scenario;                        ///< a scenario of ours
  std::string picture;                         ///< file to draw the schedule into; empty: none
  std::string strategy = "FragmentationAware"; ///< of a trace
  std::int64_t load_percent = 130;
  std::string seeds = "42-51";
};

/// replay: with `quotas` or `policies` the log is played under those instead of its own.
struct ReplayOptions {
  std::string path;     ///< of a decision log: its folder, or one file of it
  std::string quotas;   ///< file of Quotas
  std::string policies; ///< file of AllocationPolicies
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX; ///< cycles, both included
};

/// release: what to let go of; neither: only say what waits.
struct ReleaseOptions {
  bool gates = false;
  bool finalizers = false;
};

struct CliOptions {
  Command command = Command::Status;
  std::string kubeconfig;
  std::string context;
  /// -n; empty: the context's for explain, all for queue and release, berth-system for health.
  std::string ns;
  Output output = Output::Text;
  When colour = When::Auto;
  Duration request_timeout = std::chrono::seconds{30};
  bool ask_server = false;               ///< version --server
  std::string quota;                     ///< queue QUOTA; empty: all
  std::string subject;                   ///< explain [NAMESPACE/]NAME
  std::vector<allocation::Step> what_if; ///< explain --what-if
  bool look_ahead = true;                ///< explain without --no-changes
  std::string log;                       ///< explain --log; empty: the cluster is asked
  std::string shell;                     ///< completion SHELL
  std::string extender;                  ///< health --extender URL; empty: it is not asked
  ReleaseOptions release;
  SimulateOptions simulate;
  ReplayOptions replay;
};

/// What the command line asks for; `options` count only if it does not end there.
struct CommandLine {
  CliOptions options;
  program::CommandLineEnd end;
};
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv);

/// Hands the description of all commands and flags to `use`; for the completion scripts.
void with_app(const std::function<void(const CLI::App&)>& use);

} // namespace berth::cli
