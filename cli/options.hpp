#pragma once
// Options of kubectl-berth: the command line as a value, checked before anything is asked.

#include <cstdint>
#include <functional>
#include <optional>
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
  Doctor,
  SetQuota,
  Burst,
  Reserve,
  Recommendations,
  Top,
  Calendar,
  Monitor,
  Export,
  Release,
  Simulate,
  Replay,
  History,
  Completion,
};
enum class Output { Text, Wide, Json, Yaml };
enum class When { Auto, Always, Never };

/// simulate: exactly one of `openb`, `kueue`, `log` and `scenario` is set.
struct SimulateOptions {
  std::string openb;    ///< folder of an openb trace
  std::string pods;     ///< its pod list; empty: openb_pod_list_default.csv
  std::string kueue;    ///< generator file of Kueue's performance test
  std::string scenario; ///< a scenario of ours
  std::string log;      ///< a decision log: its folder, or one file of it
  std::string picture;  ///< file to draw the schedule into; empty: none
  /// Of a trace or a log; empty: FragmentationAware, or what the log's pools say.
  std::string strategy;
  std::int64_t load_percent = 130;
  std::string seeds = "42-51";
};

/// set-quota: an amount that is not given stays as it is.
struct SetQuotaOptions {
  std::string quota;
  std::string pool; ///< empty: the only one that the quota has
  std::string resource;
  std::optional<std::string> nominal;         ///< a quantity
  std::optional<std::string> borrowing_limit; ///< a quantity, or kUnlimited
  std::optional<std::string> lending_limit;   ///< the same
  bool dry_run = false;
};
inline constexpr std::string_view kUnlimited = "unlimited";

/// burst: what is not given stays as it is, or is as the pool has it. As typed.
struct BurstOptions {
  std::string pool;
  std::string duration; ///< from now on; empty: as long as the pool allows
  std::string factor;   ///< "1.2"
  std::vector<std::string> resources;
  bool end = false;
  bool dry_run = false;
};

/// reserve: exactly one of `amounts` and `nodes` is set; without start and schedule it holds from
/// acceptance until it is deleted. Times and durations are as typed.
struct ReserveOptions {
  std::string name;
  std::string pool;
  std::string quota;                ///< who pays
  std::vector<std::string> amounts; ///< "cpu=32"
  int nodes = 0;
  std::string start; ///< RFC 3339, or "+30m"
  std::string schedule;
  std::string time_zone;
  std::string duration;
  std::vector<std::string> allow_quotas;
  std::vector<std::string> allow_namespaces;
  std::string lead_time;
  std::string overrun; ///< empty: the server's default
  bool keep_idle = false;
  bool wait = false;
  bool until_active = false;
  std::string timeout = "5m"; ///< of wait
};

/// recommendations: `name` is set for apply alone.
struct RecommendationsOptions {
  std::string verb = "list"; ///< or "apply"
  std::string name;          ///< [NAMESPACE/]NAME
  bool all = false;          ///< those that ended too
  bool dry_run = false;
};

/// top: closed lists of words.
struct TopOptions {
  std::string what = "pools"; ///< pools, quotas or workloads
  std::string sort = "cpu";   ///< cpu, memory or name
};

struct CalendarOptions {
  std::string pool;          ///< empty: all
  std::string ahead = "24h"; ///< a duration, as typed
};

struct MonitorOptions {
  std::string interval = "2s"; ///< a duration, as typed
  int count = 0;               ///< pictures; 0: no end
};

/// replay: with `quotas` or `policies` the log is played under those instead of its own.
struct ReplayOptions {
  std::string path;     ///< of a decision log: its folder, or one file of it
  std::string quotas;   ///< file of Quotas
  std::string policies; ///< file of AllocationPolicies
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX; ///< cycles, both included
};

/// history: all filters must hold; the namespace is that of -n.
struct HistoryOptions {
  std::string workload; ///< [NAMESPACE/]NAME of a pod, gang or reservation; empty: all
  std::string quota;    ///< empty: all
  std::string since;    ///< a duration, as typed; empty: from the oldest on
  std::string format;   ///< "csv"; empty: that of -o
};

/// release: a reservation, or what an uninstalled Berth holds; nothing: only say what waits.
struct ReleaseOptions {
  bool gates = false;
  bool finalizers = false;
  std::string reservation{};
  bool wait = false;
  std::string timeout = "5m"; ///< of wait
};

struct CliOptions {
  Command command = Command::Status;
  std::string kubeconfig;
  std::string context;
  /// -n; empty: the context's for explain and to apply a recommendation, all for lists,
  /// berth-system for health and doctor.
  std::string ns;
  Output output = Output::Text;
  When colour = When::Auto;
  Duration request_timeout = std::chrono::seconds{30};
  bool ask_server = false;               ///< version --server
  std::string quota;                     ///< queue QUOTA; empty: all
  std::string subject;                   ///< explain [NAMESPACE/]NAME
  std::vector<allocation::Step> what_if; ///< explain --what-if
  bool look_ahead = true;                ///< explain without --no-changes
  bool watch = false;                    ///< status, queue and recommendations list --watch
  std::string log;      ///< explain --log, history --log; empty: the cluster is asked
  std::string shell;    ///< completion SHELL
  std::string extender; ///< health --extender URL; empty: it is not asked
  SetQuotaOptions set_quota;
  BurstOptions burst;
  ReserveOptions reserve;
  RecommendationsOptions recommendations;
  TopOptions top;
  CalendarOptions calendar;
  MonitorOptions monitor;
  std::string export_format = "csv"; ///< or json, openmetrics
  ReleaseOptions release;
  SimulateOptions simulate;
  ReplayOptions replay;
  HistoryOptions history;
};

/// What the command line asks for; `options` count only if it does not end there.
struct CommandLine {
  CliOptions options;
  program::CommandLineEnd end;
};
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv);

/// What help calls the value of a flag or an argument that is a file or a folder.
constexpr const char* kPath = "PATH";

/// Hands the description of all commands and flags to `use`; for completions.
void with_app(const std::function<void(const CLI::App&)>& use);

} // namespace berth::cli
