#pragma once
// Options of berth-analyzer: flags with defaults that work, checked before anything starts.

#include <string>

#include "analyzer/advise/settings.hpp"
#include "analyzer/external_metrics/options.hpp"
#include "lib/program/command_line.hpp"

namespace berth::analyzer {

struct AnalyzerOptions {
  program::CommonOptions common;
  AdvisorOptions advisor;
  std::string prometheus_url;           ///< empty: no Prometheus is asked
  std::string prometheus_token_file;    ///< empty: no token is sent
  std::string prometheus_ca_file;       ///< empty: the system's issuers
  std::string pool_webhook_url;         ///< empty: no webhook is asked for nodes
  std::string pool_webhook_secret_file; ///< what it is signed with
  std::string pool_webhook_ca_file;     ///< empty: the system's issuers
  ExternalMetricsOptions external_metrics;
  bool leader_elect = true;
  std::string lease_namespace = "berth-system";
  std::string lease_name = "berth-analyzer";
  /// In the same namespace; "none": it is not looked at.
  std::string operator_lease_name = "berth-operator";
  /// Unique for this process; empty: host name and a random part.
  std::string identity;
};

/// What the command line asks for; `options` count only if it does not end there.
struct CommandLine {
  AnalyzerOptions options;
  program::CommandLineEnd end;
};
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv);

} // namespace berth::analyzer
