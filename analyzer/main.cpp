// berth-analyzer: reads the flags, wires the parts, runs. Nothing is decided here.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "analyzer/advise/advisor.hpp"
#include "analyzer/backtest/backtest.hpp"
#include "analyzer/external_metrics/server.hpp"
#include "analyzer/mirror.hpp"
#include "analyzer/options.hpp"
#include "lib/api/labels.hpp"
#include "lib/async/task_group.hpp"
#include "lib/base/file.hpp"
#include "lib/cluster/watch_metrics.hpp"
#include "lib/http/beast_transport.hpp"
#include "lib/http/tls.hpp"
#include "lib/kube/events.hpp"
#include "lib/kube/leader_election.hpp"
#include "lib/kube/token_source.hpp"
#include "lib/outbound/rest_transport.hpp"
#include "lib/program/event_options.hpp"
#include "lib/program/identity.hpp"
#include "lib/program/program.hpp"

namespace {

using namespace berth;

constexpr const char* kProgram = "berth-analyzer";
/// Who asks for a metric waits meanwhile, and asks again by itself.
constexpr Duration kReviewTimeout = std::chrono::seconds{5};

/// What is asked of others than the API server; empty where nothing is.
struct Outside {
  std::unique_ptr<outbound::RestTransport> transport{};
  std::unique_ptr<kube::FileTokenSource> prometheus_tokens{};
  std::unique_ptr<analyzer::Prometheus> prometheus{};
  std::unique_ptr<outbound::RestTransport> webhook_transport{};
  std::unique_ptr<analyzer::PoolWebhook> pool_webhook{};
};

/// Invalid or NotFound names the file or the URL that is of no use.
Result<void> connect_prometheus(Outside& outside, async::Executor& executor, const Clock& clock,
                                const analyzer::AnalyzerOptions& options) {
  if (options.prometheus_url.empty())
    return {};
  outbound::RestOptions rest;
  if (const std::string& file = options.prometheus_token_file; !file.empty()) {
    BERTH_CHECK(kube::read_token(file));
    outside.prometheus_tokens = std::make_unique<kube::FileTokenSource>(file, clock);
  }
  if (!options.prometheus_ca_file.empty()) {
    BERTH_TRY(rest.ca_pem, read_file(options.prometheus_ca_file, http::kPemBytesMax));
  }
  BERTH_TRY(outside.transport,
            outbound::RestTransport::create(executor, options.prometheus_url, rest));
  outside.prometheus =
      std::make_unique<analyzer::Prometheus>(*outside.transport, outside.prometheus_tokens.get());
  return {};
}

/// As above.
Result<void> connect_webhook(Outside& outside, async::Executor& executor,
                             const analyzer::AnalyzerOptions& options) {
  if (options.pool_webhook_url.empty())
    return {};
  BERTH_TRY(const auto endpoint, http::Endpoint::parse(options.pool_webhook_url));
  BERTH_CHECK(analyzer::read_webhook_secret(options.pool_webhook_secret_file)); // read at each call
  outbound::RestOptions rest;
  if (!options.pool_webhook_ca_file.empty()) {
    BERTH_TRY(rest.ca_pem, read_file(options.pool_webhook_ca_file, http::kPemBytesMax));
  }
  BERTH_TRY(outside.webhook_transport,
            outbound::RestTransport::create(executor, "https://" + endpoint.host_field(), rest));
  analyzer::PoolWebhookOptions webhook;
  webhook.target = endpoint.base_path.empty() ? "/" : endpoint.base_path;
  webhook.secret_file = options.pool_webhook_secret_file;
  outside.pool_webhook = std::make_unique<analyzer::PoolWebhook>(*outside.webhook_transport,
                                                                 executor, std::move(webhook));
  return {};
}

Result<Outside> connect(program::Program& frame, const analyzer::AnalyzerOptions& options) {
  async::Executor& executor = frame.executor();
  Outside outside;
  if (const auto done = connect_prometheus(outside, executor, frame.clock(), options); !done)
    return fail(Error{done.error().code, "--prometheus-url: " + done.error().message});
  if (const auto done = connect_webhook(outside, executor, options); !done)
    return fail(Error{done.error().code, "--pool-webhook-url: " + done.error().message});
  return outside;
}

/// The parts of one running analyzer.
class Analyzer {
public:
  Analyzer(program::Program& frame, analyzer::AnalyzerOptions options, Outside outside);

  /// Measures as long as the program lives, writes while it leads. Gives the exit code.
  async::Task<int> run(std::stop_token stop);

private:
  /// Campaigns again and again: a replica that lost the Lease goes on as a standby, since every
  /// write of the analyzer is an apply that a second one would repeat and not break.
  async::Task<void> campaign(std::stop_token stop);
  [[nodiscard]] kube::LeaderCallbacks callbacks();
  [[nodiscard]] analyzer::AdvisorParts advisor_parts();
  void serve_external_metrics();

  program::Program& frame_;
  analyzer::AnalyzerOptions options_;
  Outside outside_;
  telemetry::Logger log_;
  telemetry::AnalyzerMetrics metrics_;
  telemetry::LeaderElectionMetrics lease_metrics_;
  telemetry::EventMetrics event_metrics_;
  kube::EventRecorder events_;
  analyzer::Mirror mirror_;
  cluster::WatchMetrics watch_metrics_;
  bool leads_ = false;
  std::atomic<bool> synced_{false}; ///< read by the health server's threads
  std::unique_ptr<kube::Client> reviewing_client_;
  std::unique_ptr<analyzer::ExternalMetricsServer> external_metrics_; ///< where they are served
  analyzer::Advisor advisor_;
};

Analyzer::Analyzer(program::Program& frame, analyzer::AnalyzerOptions options, Outside outside)
    : frame_(frame), options_(std::move(options)), outside_(std::move(outside)),
      log_(frame.log().logger("analyzer")), metrics_(frame.registry()),
      lease_metrics_(frame.registry(), options_.lease_name), event_metrics_(frame.registry()),
      events_(frame.client(), frame.executor(),
              program::event_options("berth.dev/analyzer", options_.identity, event_metrics_)),
      mirror_(frame.client(), frame.executor(), frame.make_rng(), log_.named("mirror")),
      watch_metrics_([this] { return mirror_.resources(); }, frame.executor(), frame.registry()),
      leads_(!options_.leader_elect),
      advisor_(
          advisor_parts(), options_.advisor,
          [this] {
            synced_.store(mirror_.has_synced(), std::memory_order_relaxed);
            return mirror_.has_synced();
          },
          [this] { return leads_; }) {
  if (!options_.external_metrics.bind_address.empty())
    serve_external_metrics();
  frame.health().add_readiness("caches", [this]() -> Result<void> {
    if (!synced_.load(std::memory_order_relaxed))
      return fail(Code::Unavailable, "the caches are not filled yet");
    return {};
  });
}

analyzer::AdvisorParts Analyzer::advisor_parts() {
  analyzer::AdvisorParts parts{
      frame_.client(),           frame_.executor(), mirror_.caches(),           metrics_, log_,
      outside_.prometheus.get(), &events_,          outside_.pool_webhook.get()};
  if (!options_.external_metrics.bind_address.empty())
    parts.on_facts = [this](const analyzer::CycleFacts& facts) { external_metrics_->show(facts); };
  return parts;
}

void Analyzer::serve_external_metrics() {
  reviewing_client_ = frame_.make_client([](kube::ClientOptions& client) {
    client.request_timeout = kReviewTimeout;
    client.retries_max = 1;
  });
  external_metrics_ = std::make_unique<analyzer::ExternalMetricsServer>(
      analyzer::ExternalMetricsServer::Parts{frame_.client(), *reviewing_client_, frame_.executor(),
                                             frame_.make_rng(), frame_.registry(), frame_.health(),
                                             log_.named("external-metrics"),
                                             options_.advisor.interval},
      options_.external_metrics);
}

async::Task<int> Analyzer::run(std::stop_token stop) {
  async::TaskGroup background(frame_.executor());
  background.spawn(mirror_.run(background.stop_token()));
  background.spawn(watch_metrics_.run(background.stop_token()));
  background.spawn(events_.run(background.stop_token()));
  if (options_.leader_elect)
    background.spawn(campaign(background.stop_token()));
  if (external_metrics_)
    background.spawn(external_metrics_->run(background.stop_token()));
  co_await advisor_.run(stop); // its last write is done before the Lease is given back
  background.request_stop();
  co_await background.join();
  co_return 0;
}

async::Task<void> Analyzer::campaign(std::stop_token stop) {
  kube::LeaderElectionOptions election_options;
  election_options.lease = {options_.lease_namespace, options_.lease_name};
  election_options.identity = options_.identity;
  while (!stop.stop_requested()) {
    kube::LeaderElection election(frame_.client(), frame_.executor(), frame_.make_rng(),
                                  election_options, callbacks());
    co_await election.run(stop);
  }
}

kube::LeaderCallbacks Analyzer::callbacks() {
  kube::LeaderCallbacks callbacks;
  callbacks.on_started_leading = [this] {
    leads_ = true;
    lease_metrics_.is_leader.set(1);
    log_.info("Started to lead", {{"identity", options_.identity}});
  };
  callbacks.on_stopped_leading = [this] {
    leads_ = false;
    lease_metrics_.is_leader.set(0);
    log_.info("Stopped to lead", {{"identity", options_.identity}});
  };
  callbacks.on_new_leader = [this](const std::string& identity) {
    log_.info("Saw a new leader", {{"identity", identity}});
  };
  return callbacks;
}

std::chrono::microseconds processor_time() {
  constexpr std::int64_t kTicksPerMicrosecond = CLOCKS_PER_SEC / 1'000'000;
  return std::chrono::microseconds{std::clock() / kTicksPerMicrosecond};
}

int backtest(int argc, char** argv) {
  const auto line = analyzer::parse_backtest_line(argc, argv);
  if (line.end.ends)
    return program::print_end(line.end);
  const auto report = analyzer::run_backtest(line.options, processor_time);
  if (!report)
    return program::report(kProgram, report.error().message, program::kExitFailure);
  static_cast<void>(std::fputs(report->c_str(), stdout)); // fflush tells
  return std::fflush(stdout) == 0 ? 0 : program::kExitFailure;
}

} // namespace

int main(int argc, char** argv) {
  if (analyzer::asks_for_backtest(argc, argv))
    return backtest(argc, argv);
  auto line = analyzer::parse_command_line(argc, argv);
  if (line.end.ends)
    return program::print_end(line.end);
  const auto environment = program::config_environment(
      [](const char* name) { return static_cast<const char*>(std::getenv(name)); });
  auto frame = program::Program::create({kProgram, std::string(api::field_manager::kAnalyzer)},
                                        line.options.common, environment);
  if (!frame)
    return program::report(kProgram, frame.error().message);
  if (line.options.identity.empty())
    line.options.identity = program::make_identity((*frame)->make_rng());
  auto outside = connect(**frame, line.options);
  if (!outside)
    return program::report(kProgram, outside.error().message);
  Analyzer parts(**frame, std::move(line.options), std::move(*outside));
  return (*frame)->run([&](std::stop_token stop) { return parts.run(std::move(stop)); });
}
