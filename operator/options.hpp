#pragma once
// Options of berth-operator: flags with defaults that work, checked before anything starts.

#include <cstdint>
#include <string>

#include "lib/api/allocation_policy.hpp"
#include "lib/base/clock.hpp"
#include "lib/program/command_line.hpp"
#include "operator/failpoint.hpp"

namespace berth::op {

struct OperatorOptions {
  program::CommonOptions common;
  bool leader_elect = true;
  std::string lease_namespace = "berth-system";
  std::string lease_name = "berth-operator";
  /// Unique for this process; empty: host name and a random part.
  std::string identity;
  /// spec.placement of AllocationPolicy; candidates is 1..16.
  api::PlacementPolicy placement;
  /// spec.preemption of AllocationPolicy, in its ranges.
  api::PreemptionPolicy preemption;
  /// How long a gang may hold capacity without all of its members bound (G1).
  Duration gang_timeout = std::chrono::seconds{300};
  /// Whether it keeps the extender's and the scheduler's certificates, in the Lease's namespace.
  bool manage_certificates = false;
  /// Whom kube-scheduler's client certificate names.
  std::string scheduler_common_name = "system:kube-scheduler";
  /// The gate's MutatingWebhookConfiguration, whose caBundle it keeps too; empty: there is none.
  std::string gate_webhook;
  /// The APIService of the analyzer's external metrics, whose caBundle it keeps too, with the
  /// analyzer's certificate; empty: there is none.
  std::string external_metrics_api_service;
  /// How often statuses may be written while numbers change.
  Duration status_interval = std::chrono::seconds{1};
  /// Where cycles are logged (X4); empty: nowhere.
  std::string decision_log;
  std::uint64_t decision_log_bytes_max = std::uint64_t{256} << 20U;
  /// The collector of traces; empty: as the environment says, else none.
  std::string otlp_endpoint;
  /// Whether it only prints the failpoints and ends.
  bool list_failpoints = false;
};

/// What the command line asks for; `options` count only if it does not end there.
struct CommandLine {
  OperatorOptions options;
  program::CommandLineEnd end;
};
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv);

} // namespace berth::op
