#pragma once
// CommandLine: what the command lines of the programs have in common: the flags that all of them
// take, one way to report bad ones (every problem, a line each, naming the flag and the fix), and
// the exit codes. Used by each program's options.cpp and main.cpp only.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace berth::program {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitBadFlags = 2;

/// The flags of every program that talks to the API server.
struct CommonOptions {
  std::string kubeconfig;
  std::string context;
  std::string health_bind_address; ///< HOST:PORT of /livez, /readyz and /metrics
  std::string log_level = "info";
  /// Says the level instead while the program runs; empty: there is none.
  std::string log_level_file;
  double api_qps = 500;
  int api_burst = 1000;
};

void add_common_flags(CLI::App& app, CommonOptions& options);
/// Of the programs that trace pods.
void add_trace_flag(CLI::App& app, std::string& otlp_endpoint);
/// Every problem of the common flags, as "--flag: what it must be".
[[nodiscard]] std::vector<std::string> problems_of(const CommonOptions& options);

/// How reading a command line ended: go on, or print `text` and exit.
struct CommandLineEnd {
  bool ends = false;
  int exit_code = 0;
  std::string text;
};

/// Reads argv into what the flags of `app` are bound to; handles --help and --version, and asks
/// `problems` about the values once they are read.
[[nodiscard]] CommandLineEnd
read_command_line(CLI::App& app, int argc, const char* const* argv,
                  const std::function<std::vector<std::string>()>& problems);
/// Prints `end.text`: to stdout for exit code 0, else to stderr. Gives the exit code.
int print_end(const CommandLineEnd& end);
/// Prints "program: message" to stderr: what is wrong before, or without, a log. Gives `exit_code`.
int report(std::string_view program, std::string_view message, int exit_code = kExitBadFlags);

} // namespace berth::program
