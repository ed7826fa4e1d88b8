#include "analyzer/options.hpp"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "lib/http/host_port.hpp"

namespace berth::analyzer {
namespace {

constexpr int kIntervalSecondsMin = 10;
constexpr int kIntervalSecondsMax = 3600;
/// A recommendation outlives so many cycles that fail.
constexpr int kValidityIntervalsMin = 6;
constexpr double kZScoreMax = 100;

const std::map<std::string, AnomalyDetectorKind> kAnomalyDetectors{
    {"Novelty", AnomalyDetectorKind::Novelty}, {"ZScore", AnomalyDetectorKind::ZScore}};

void add_flags(CLI::App& app, AnalyzerOptions& options, int& interval_seconds) {
  program::add_common_flags(app, options.common);
  app.add_option("--interval-seconds", interval_seconds,
                 "time between two readings of the metrics API: 10 to 3600")
      ->capture_default_str();
  app.add_option("--recommendation-namespace", options.advisor.recommendation_namespace,
                 "where recommendations go for pools that no ScalingPolicy names")
      ->capture_default_str();
  app.add_option("--act", options.advisor.acts,
                 "carry out what policies with the mode Auto ask for (alpha); false: recommend it")
      ->capture_default_str();
  app.add_option("--history-file", options.advisor.history_file,
                 "keeps two weeks of measurements over a restart; default: nowhere");
  app.add_option("--anomaly-detector", options.advisor.anomalies.detector,
                 "what finds unusual use: Novelty, what is unlike the week before; or ZScore, what "
                 "is far from its mean")
      ->transform(CLI::CheckedTransformer(kAnomalyDetectors).description(""))
      ->default_str("Novelty");
  app.add_option("--z-score-threshold", options.advisor.anomalies.z_score_threshold,
                 "how many standard deviations are far; for ZScore only: above 0, to 100")
      ->capture_default_str();
  app.add_option("--prometheus-url", options.prometheus_url,
                 "server that is asked for the Prometheus metrics of policies; default: none");
  app.add_option("--prometheus-token-file", options.prometheus_token_file,
                 "file with the bearer token for it; read again each minute");
  app.add_option("--prometheus-ca-file", options.prometheus_ca_file,
                 "PEM file with the issuers trusted for it; default: the system's");
  app.add_option("--pool-webhook-url", options.pool_webhook_url,
                 "https://HOST[:PORT][/PATH] that is asked for nodes of pools with the provider "
                 "Webhook (alpha); default: none");
  app.add_option("--pool-webhook-secret-file", options.pool_webhook_secret_file,
                 "file with the secret that its calls are signed with, 16 bytes or more; read for "
                 "each call");
  app.add_option("--pool-webhook-ca-file", options.pool_webhook_ca_file,
                 "PEM file with the issuers trusted for it; default: the system's");
  app.add_option(
      "--external-metrics-bind-address", options.external_metrics.bind_address,
      "HOST:PORT of external.metrics.k8s.io for HorizontalPodAutoscalers, behind the API "
      "server's front proxy; default: not served");
  app.add_option("--external-metrics-tls-cert-file", options.external_metrics.tls.certificate,
                 "PEM file with the certificate shown there; read again when it changes");
  app.add_option("--external-metrics-tls-private-key-file", options.external_metrics.tls.key,
                 "PEM file with its private key");
  app.add_option("--leader-elect", options.leader_elect,
                 "write only while holding the Lease; needed with more than one replica")
      ->capture_default_str();
  app.add_option("--lease-namespace", options.lease_namespace, "namespace of the Lease")
      ->capture_default_str();
  app.add_option("--lease-name", options.lease_name, "name of the Lease")->capture_default_str();
  app.add_option(
         "--operator-lease-name", options.operator_lease_name,
         "Lease of the operator, in the same namespace: once it is not renewed, bursts are not "
         "advised on and no pool is made smaller. Without such a Lease (an operator with "
         "--leader-elect=false) the operator is taken to live; \"none\": it is not looked for")
      ->capture_default_str();
  app.add_option("--identity", options.identity,
                 "who holds the Lease; default: host name and a random part");
}

void add_problems(std::vector<std::string>& problems, const ExternalMetricsOptions& served) {
  constexpr const char* kAddress = "--external-metrics-bind-address";
  const bool is_served = !served.bind_address.empty();
  if (const auto address = http::HostPort::parse(served.bind_address); is_served && !address)
    problems.push_back(std::string(kAddress) + ": " + address.error().message);
  const auto demand_with_address = [&](const char* flag, const std::string& value) {
    if (is_served && value.empty())
      problems.push_back(std::string(flag) + ": must be given with " + kAddress);
    if (!is_served && !value.empty())
      problems.push_back(std::string(flag) + ": needs " + kAddress);
  };
  demand_with_address("--external-metrics-tls-cert-file", served.tls.certificate);
  demand_with_address("--external-metrics-tls-private-key-file", served.tls.key);
}

void add_webhook_problems(std::vector<std::string>& problems, const AnalyzerOptions& options) {
  const std::string& url = options.pool_webhook_url;
  const auto demand = [&](bool holds, const char* problem) {
    if (!holds)
      problems.emplace_back(problem);
  };
  demand(url.empty() || url.starts_with("https://"),
         "--pool-webhook-url: must begin with https://, since it changes what a cluster costs");
  demand(url.empty() || options.advisor.acts, "--pool-webhook-url: needs --act=true");
  demand(url.empty() == options.pool_webhook_secret_file.empty(),
         "--pool-webhook-secret-file: must be given with --pool-webhook-url, and only there");
  demand(!url.empty() || options.pool_webhook_ca_file.empty(),
         "--pool-webhook-ca-file: needs --pool-webhook-url");
}

std::vector<std::string> problems_of(const AnalyzerOptions& options, int interval_seconds) {
  std::vector<std::string> problems = program::problems_of(options.common);
  const auto demand = [&](bool holds, const char* problem) {
    if (!holds)
      problems.emplace_back(problem);
  };
  demand(kIntervalSecondsMin <= interval_seconds && interval_seconds <= kIntervalSecondsMax,
         "--interval-seconds: must be 10 to 3600");
  demand(!options.advisor.recommendation_namespace.empty(),
         "--recommendation-namespace: must not be empty");
  const double z_score = options.advisor.anomalies.z_score_threshold;
  demand(z_score > 0 && z_score <= kZScoreMax, "--z-score-threshold: must be above 0, to 100");
  demand(!options.prometheus_url.empty() || options.prometheus_token_file.empty(),
         "--prometheus-token-file: needs --prometheus-url");
  demand(!options.prometheus_url.empty() || options.prometheus_ca_file.empty(),
         "--prometheus-ca-file: needs --prometheus-url");
  add_webhook_problems(problems, options);
  add_problems(problems, options.external_metrics);
  demand(!options.lease_namespace.empty(), "--lease-namespace: must not be empty");
  demand(!options.lease_name.empty(), "--lease-name: must not be empty");
  return problems;
}

} // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  line.options.common.health_bind_address = "127.0.0.1:8081";
  int interval_seconds = 60;
  CLI::App app{
      "Measures the pools and workloads of a Kubernetes cluster and recommends their size.",
      "berth-analyzer"};
  app.footer("`berth-analyzer backtest --help`: the models on series whose future is known.");
  add_flags(app, line.options, interval_seconds);
  line.end = program::read_command_line(
      app, argc, argv, [&] { return problems_of(line.options, interval_seconds); });
  auto& advisor = line.options.advisor;
  advisor.interval = std::chrono::seconds{interval_seconds};
  const std::string& lease = line.options.operator_lease_name;
  advisor.operator_lease = {line.options.lease_namespace, lease == "none" ? std::string() : lease};
  advisor.recommendation_validity =
      std::max(advisor.recommendation_validity, advisor.interval * kValidityIntervalsMin);
  return line;
}

} // namespace berth::analyzer
