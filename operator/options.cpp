#include "operator/options.hpp"

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "lib/decision_log/log_writer.hpp"

namespace berth::op {
namespace {

constexpr int kCandidatesMax = 16;
constexpr std::size_t kCommonNameBytesMax = 64;
constexpr int kGangTimeoutSecondsMax = 86'400;
constexpr int kEvictionNoticeSecondsMax = 86'400;
constexpr int kMinRuntimeSecondsMax = 604'800;
const std::map<std::string, api::PlacementMode> kPlacementModes{
    {"Auto", api::PlacementMode::Auto},
    {"Candidates", api::PlacementMode::Candidates},
    {"Nominate", api::PlacementMode::Nominate},
    {"Extender", api::PlacementMode::Extender}};

/// What the flags count in seconds or milliseconds.
struct Units {
  int gang_timeout_seconds = 300;
  int eviction_notice_seconds = 60;
  int min_runtime_seconds = 300;
  int status_interval_milliseconds = 1000;
};

void add_flags(CLI::App& app, OperatorOptions& options, Units& units) {
  program::add_common_flags(app, options.common);
  app.add_option("--leader-elect", options.leader_elect,
                 "lead only while holding the Lease; needed with more than one replica. The "
                 "analyzer and `kubectl berth health` tell by the Lease whether the operator lives")
      ->capture_default_str();
  app.add_option("--lease-namespace", options.lease_namespace, "namespace of the Lease")
      ->capture_default_str();
  app.add_option("--lease-name", options.lease_name, "name of the Lease")->capture_default_str();
  app.add_option("--identity", options.identity,
                 "who holds the Lease; default: host name and a random part");
  app.add_option("--placement-mode", options.placement.mode,
                 "how kube-scheduler learns where a pod goes: Auto, Candidates, Nominate or "
                 "Extender")
      ->transform(CLI::CheckedTransformer(kPlacementModes).description(""))
      ->default_str("Auto");
  app.add_option("--candidates", options.placement.candidates,
                 "nodes named for each admitted pod, best first")
      ->capture_default_str();
  app.add_option("--preemption", options.preemption.enabled,
                 "evict running work for work that is entitled to its room")
      ->capture_default_str();
  app.add_option("--eviction-notice-seconds", units.eviction_notice_seconds,
                 "from the notice to a victim until its eviction")
      ->capture_default_str();
  app.add_option("--min-runtime-seconds", units.min_runtime_seconds,
                 "how long work runs before it may be evicted for others")
      ->capture_default_str();
  app.add_option("--gang-timeout-seconds", units.gang_timeout_seconds,
                 "how long a gang may hold capacity before all its members are bound")
      ->capture_default_str();
  app.add_option("--status-interval-milliseconds", units.status_interval_milliseconds,
                 "statuses are written at most this often")
      ->capture_default_str();
  app.add_option("--manage-certificates", options.manage_certificates,
                 "keep the Secrets with the extender's and kube-scheduler's certificates, in the "
                 "namespace of the Lease")
      ->capture_default_str();
  app.add_option("--gate-webhook", options.gate_webhook,
                 "MutatingWebhookConfiguration of the gate, which is made to trust those "
                 "certificates; default: none");
  app.add_option("--external-metrics-api-service", options.external_metrics_api_service,
                 "APIService of the analyzer's external metrics, which is made to trust them too; "
                 "the analyzer's own is kept then; default: none");
  app.add_option("--scheduler-common-name", options.scheduler_common_name,
                 "whom kube-scheduler's client certificate names")
      ->capture_default_str();
  app.add_option("--decision-log", options.decision_log,
                 "a folder in which the inputs and decisions of all cycles are kept, for "
                 "kubectl berth replay; default: none");
  app.add_option("--decision-log-max-bytes", options.decision_log_bytes_max,
                 "the most that the decision log holds; its oldest cycles go first")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  program::add_trace_flag(app, options.otlp_endpoint);
  app.add_flag("--list-failpoints", options.list_failpoints,
               "print the names that BERTH_FAILPOINT may have, and end");
}

std::vector<std::string> problems_of(const OperatorOptions& options, const Units& units) {
  std::vector<std::string> problems = program::problems_of(options.common);
  const auto demand = [&](bool holds, const char* problem) {
    if (!holds)
      problems.emplace_back(problem);
  };
  demand(!options.lease_namespace.empty(), "--lease-namespace: must not be empty");
  demand(!options.lease_name.empty(), "--lease-name: must not be empty");
  demand(!options.scheduler_common_name.empty() &&
             options.scheduler_common_name.size() <= kCommonNameBytesMax,
         "--scheduler-common-name: must have 1 to 64 bytes");
  demand(options.gate_webhook.empty() || options.manage_certificates,
         "--gate-webhook: needs --manage-certificates=true");
  demand(options.external_metrics_api_service.empty() || options.manage_certificates,
         "--external-metrics-api-service: needs --manage-certificates=true");
  demand(1 <= options.placement.candidates && options.placement.candidates <= kCandidatesMax,
         "--candidates: must be 1 to 16");
  demand(0 <= units.eviction_notice_seconds &&
             units.eviction_notice_seconds <= kEvictionNoticeSecondsMax,
         "--eviction-notice-seconds: must be 0 to 86400");
  demand(0 <= units.min_runtime_seconds && units.min_runtime_seconds <= kMinRuntimeSecondsMax,
         "--min-runtime-seconds: must be 0 to 604800");
  demand(1 <= units.gang_timeout_seconds && units.gang_timeout_seconds <= kGangTimeoutSecondsMax,
         "--gang-timeout-seconds: must be 1 to 86400");
  demand(100 <= units.status_interval_milliseconds && units.status_interval_milliseconds <= 60'000,
         "--status-interval-milliseconds: must be 100 to 60000");
  demand(options.decision_log_bytes_max >= decision_log::kLogBytesMin,
         "--decision-log-max-bytes: must be 1048576 or more");
  return problems;
}

std::string list_failpoints() {
  std::string text;
  for (const auto& info : all_failpoints())
    text += std::string(info.name) + "\t" + std::string(info.subject) + "\t" +
            std::string(info.when) + "\n";
  return text;
}

} // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  line.options.common.health_bind_address = "127.0.0.1:8081";
  Units units;
  CLI::App app{"Admits workloads to the pools of a Kubernetes cluster.", "berth-operator"};
  add_flags(app, line.options, units);
  line.end =
      program::read_command_line(app, argc, argv, [&] { return problems_of(line.options, units); });
  line.options.preemption.notice = std::chrono::seconds{units.eviction_notice_seconds};
  line.options.preemption.min_runtime = std::chrono::seconds{units.min_runtime_seconds};
  line.options.gang_timeout = std::chrono::seconds{units.gang_timeout_seconds};
  line.options.status_interval = Duration{units.status_interval_milliseconds};
  if (!line.end.ends && line.options.list_failpoints)
    line.end = {true, 0, list_failpoints()};
  return line;
}

} // namespace berth::op
