#include "scheduler-extender/options.hpp"

#include <CLI/CLI.hpp>

#include "lib/http/host_port.hpp"

namespace berth::extender {
namespace {

constexpr int kThreadsMax = 64;
constexpr int kCandidatesMax = 16;
constexpr int kDelayMillisecondsMax = 60'000;
constexpr int kTlsWaitSecondsMax = 3600;

/// What the flags count in seconds or milliseconds.
struct Units {
  int tls_wait_seconds = 0;
  int bind_timeout_milliseconds = 900;
  int shutdown_delay_milliseconds = 0;
};

void add_flags(CLI::App& app, ExtenderOptions& options, Units& units) {
  program::add_common_flags(app, options.common);
  app.option_defaults()->always_capture_default();
  app.add_option("--bind-address", options.bind_address, "HOST:PORT to serve kube-scheduler on");
  app.add_option("--tls-cert-file", options.tls_cert_file, "certificate chain to show, PEM");
  app.add_option("--tls-private-key-file", options.tls_private_key_file, "its private key, PEM");
  app.add_option("--client-ca-file", options.client_ca_file,
                 "CA that kube-scheduler's client certificate must chain to, PEM");
  app.add_option("--tls-wait-seconds", units.tls_wait_seconds,
                 "how long to wait at the start for certificate files that are not there yet");
  app.add_option("--allowed-client-names", options.client_names,
                 "common names of client certificates to serve; default: all that the CA signed")
      ->delimiter(',');
  app.add_option("--gate-bind-address", options.gate_bind_address,
                 "HOST:PORT to serve the gate's webhook on; default: nowhere");
  app.add_option("--gate-scheduler-name", options.gate_scheduler_name,
                 "scheduler that the webhook gives to pods that name none; default: none");
  app.add_flag("--insecure", options.insecure, "serve callers without checking who they are");
  app.add_option("--path-prefix", options.path_prefix,
                 "path in front of /filter, /prioritize, /preempt and /bind");
  app.add_option("--threads", options.threads, "threads that answer calls");
  app.add_option("--candidates", options.candidates,
                 "nodes returned for an admitted pod with soft constraints");
  app.add_option("--bind-timeout-milliseconds", units.bind_timeout_milliseconds,
                 "how long one request of a binding to the API server may take; below the "
                 "scheduler's httpTimeout");
  program::add_trace_flag(app, options.otlp_endpoint);
  app.add_option("--shutdown-delay-milliseconds", units.shutdown_delay_milliseconds,
                 "how long calls are still answered once readiness has gone");
}

std::vector<std::string> problems_of(const ExtenderOptions& options, const Units& units) {
  std::vector<std::string> problems = program::problems_of(options.common);
  const auto demand = [&](bool holds, std::string problem) {
    if (!holds)
      problems.push_back(std::move(problem));
  };
  if (const auto address = http::HostPort::parse(options.bind_address); !address)
    problems.push_back("--bind-address: " + address.error().message);
  const bool has_cert = !options.tls_cert_file.empty();
  const bool has_key = !options.tls_private_key_file.empty();
  demand(has_cert == has_key, "--tls-cert-file, --tls-private-key-file: give both or neither");
  demand(has_cert || has_key || options.insecure,
         "--tls-cert-file: name the certificate to show; or serve without TLS with --insecure");
  demand(!options.client_ca_file.empty() || options.insecure,
         "--client-ca-file: name the CA of kube-scheduler's client certificate; or let everybody "
         "in with --insecure");
  demand(options.client_ca_file.empty() || has_cert || !options.insecure,
         "--client-ca-file: needs --tls-cert-file, since only TLS shows who calls");
  demand(0 <= units.tls_wait_seconds && units.tls_wait_seconds <= kTlsWaitSecondsMax,
         "--tls-wait-seconds: must be 0 to 3600");
  demand(options.client_names.empty() || !options.client_ca_file.empty(),
         "--allowed-client-names: needs --client-ca-file, which makes the names trustworthy");
  demand(options.gate_bind_address.empty() || has_cert,
         "--gate-bind-address: needs --tls-cert-file, since the API server calls by HTTPS only");
  if (!options.gate_bind_address.empty())
    if (const auto address = http::HostPort::parse(options.gate_bind_address); !address)
      problems.push_back("--gate-bind-address: " + address.error().message);
  demand(options.gate_scheduler_name.empty() || !options.gate_bind_address.empty(),
         "--gate-scheduler-name: needs --gate-bind-address");
  demand(options.path_prefix.empty() ||
             (options.path_prefix.starts_with('/') && !options.path_prefix.ends_with('/')),
         "--path-prefix: must start with / and not end with it, for example /scheduler");
  demand(1 <= options.threads && options.threads <= kThreadsMax, "--threads: must be 1 to 64");
  demand(1 <= options.candidates && options.candidates <= kCandidatesMax,
         "--candidates: must be 1 to 16");
  demand(1 <= units.bind_timeout_milliseconds &&
             units.bind_timeout_milliseconds <= kDelayMillisecondsMax,
         "--bind-timeout-milliseconds: must be 1 to 60000");
  demand(0 <= units.shutdown_delay_milliseconds &&
             units.shutdown_delay_milliseconds <= kDelayMillisecondsMax,
         "--shutdown-delay-milliseconds: must be 0 to 60000");
  return problems;
}

} // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  line.options.common.health_bind_address = "127.0.0.1:8082";
  Units units;
  CLI::App app{"Answers kube-scheduler's filter, prioritize, preempt and bind.",
               "berth-scheduler-extender"};
  add_flags(app, line.options, units);
  line.end =
      program::read_command_line(app, argc, argv, [&] { return problems_of(line.options, units); });
  line.options.tls_wait = std::chrono::seconds{units.tls_wait_seconds};
  line.options.bind_timeout = Duration{units.bind_timeout_milliseconds};
  line.options.shutdown_delay = Duration{units.shutdown_delay_milliseconds};
  return line;
}

} // namespace berth::extender
