#pragma once
// Options of berth-scheduler-extender: flags with defaults that work, checked before anything
// starts. It refuses to serve callers it cannot tell apart: without a CA for client certificates it
// starts only when --insecure says that this is meant.

#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/program/command_line.hpp"

namespace berth::extender {

struct ExtenderOptions {
  program::CommonOptions common;
  std::string bind_address = "127.0.0.1:8443"; ///< HOST:PORT of the verbs
  std::string tls_cert_file;
  std::string tls_private_key_file;
  std::string client_ca_file;
  /// How long it waits at its start for files that are not there yet.
  Duration tls_wait{0};
  /// Common names of the client certificates that are served; empty: all that the CA signed.
  std::vector<std::string> client_names;
  bool insecure = false;
  /// HOST:PORT of the gate's webhook, which the API server calls without a certificate; empty:
  /// none.
  std::string gate_bind_address;
  /// The scheduler that the webhook gives to pods that name none; empty: they keep the cluster's.
  std::string gate_scheduler_name;
  /// Put in front of each verb's path, as urlPrefix in the scheduler's configuration has it.
  std::string path_prefix;
  /// Threads that answer filter, prioritize and preempt: 1..64.
  int threads = 2;
  /// Nodes returned for an admitted pod with soft constraints: 1..16.
  int candidates = 4;
  /// How long one call to the API server for a binding may take; below the scheduler's httpTimeout.
  Duration bind_timeout = std::chrono::milliseconds{900};
  /// The collector of traces; empty: as the environment says, else none.
  std::string otlp_endpoint;
  /// How long calls are still answered once readiness has gone.
  Duration shutdown_delay = std::chrono::milliseconds{0};
};

/// What the command line asks for; `options` count only if it does not end there.
struct CommandLine {
  ExtenderOptions options;
  program::CommandLineEnd end;
};
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv);

} // namespace berth::extender
