#include "lib/program/command_line.hpp"

#include <cstdio>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>

#include "lib/http/host_port.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::program {

void add_common_flags(CLI::App& app, CommonOptions& options) {
  app.set_version_flag("--version", app.get_name() + " " BERTH_VERSION);
  app.add_option("--kubeconfig", options.kubeconfig,
                 "kubeconfig file; default: the pod's service account, else $KUBECONFIG");
  app.add_option("--context", options.context, "context of the kubeconfig");
  app.add_option("--health-bind-address", options.health_bind_address,
                 "HOST:PORT of /livez, /readyz and /metrics")
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->capture_default_str();
  app.add_option("--log-level-file", options.log_level_file,
                 "file that holds the level instead, and may change at any time; default: none");
  app.add_option("--kube-api-qps", options.api_qps, "requests per second to the API server")
      ->capture_default_str();
  app.add_option("--kube-api-burst", options.api_burst, "requests at once to the API server")
      ->capture_default_str();
}

void add_trace_flag(CLI::App& app, std::string& otlp_endpoint) {
  app.add_option("--otlp-endpoint", otlp_endpoint,
                 "collector of traces (OTLP over HTTP), such as http://localhost:4318; default: "
                 "$OTEL_EXPORTER_OTLP_ENDPOINT, else no traces");
}

std::vector<std::string> problems_of(const CommonOptions& options) {
  std::vector<std::string> problems;
  if (const auto address = http::HostPort::parse(options.health_bind_address); !address)
    problems.push_back("--health-bind-address: " + address.error().message);
  if (!telemetry::level_from(options.log_level))
    problems.emplace_back("--log-level: must be debug, info, warn or error");
  if (options.api_qps < 1)
    problems.emplace_back("--kube-api-qps: must be at least 1");
  if (options.api_burst < 1)
    problems.emplace_back("--kube-api-burst: must be at least 1");
  return problems;
}

namespace {

/// Where lines of help end.
constexpr std::size_t kHelpColumns = 100;

/// The text in lines of so many columns, broken between words.
std::string in_lines(const std::string& text, std::size_t columns) {
  std::istringstream words(text);
  std::string lines;
  std::size_t used = 0;
  for (std::string word; words >> word; used += word.size()) {
    const bool fits = used + 1 + word.size() <= columns;
    if (used > 0)
      lines += fits ? ' ' : '\n';
    used = fits && used > 0 ? used + 1 : 0;
    lines += word;
  }
  return lines;
}

/// Long descriptions go on below their first line, behind the column of names.
class HelpInLines : public CLI::Formatter {
public:
  std::string make_option_desc(const CLI::Option* option) const override {
    return in_lines(CLI::Formatter::make_option_desc(option), kHelpColumns - get_column_width());
  }
};

void set_help_in_lines(CLI::App& app) {
  const auto help = std::make_shared<HelpInLines>();
  app.formatter(help);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    command->formatter(help);
}

/// The commands that there are, if the line names none of them.
std::string missing_command(const CLI::App& app) {
  std::string names;
  if (app.get_subcommands().empty())
    for (const CLI::App* command : app.get_subcommands({}))
      names += (names.empty() ? "; commands: " : ", ") + command->get_name();
  return names;
}

} // namespace

CommandLineEnd read_command_line(CLI::App& app, int argc, const char* const* argv,
                                 const std::function<std::vector<std::string>()>& problems) {
  const std::string name = app.get_name();
  set_help_in_lines(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {true, 0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return {true, 0, std::string(version.what()) + "\n"};
  } catch (const CLI::ExtrasError& error) {
    return {true, kExitBadFlags,
            name + ": " + error.what() + missing_command(app) + "; see --help\n"};
  } catch (const CLI::ParseError& error) {
    return {true, kExitBadFlags, name + ": " + error.what() + "; see --help\n"};
  }
  CommandLineEnd end;
  for (const std::string& problem : problems()) {
    end.ends = true;
    end.exit_code = kExitBadFlags;
    end.text += name + ": " + problem + "\n";
  }
  return end;
}

int print_end(const CommandLineEnd& end) {
  std::fputs(end.text.c_str(), end.exit_code == 0 ? stdout : stderr);
  return end.exit_code;
}

int report(std::string_view program, std::string_view message, int exit_code) {
  const std::string line = std::string(program) + ": " + std::string(message) + "\n";
  std::fputs(line.c_str(), stderr);
  return exit_code;
}

} // namespace berth::program
