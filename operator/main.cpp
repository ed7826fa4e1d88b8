// berth-operator: reads the flags, wires the parts, runs. Nothing is decided here.

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/cluster/watch_metrics.hpp"
#include "lib/kube/leader_election.hpp"
#include "lib/program/event_options.hpp"
#include "lib/program/identity.hpp"
#include "lib/program/program.hpp"
#include "lib/telemetry/tracing/tracing.hpp"
#include "operator/leader.hpp"
#include "operator/options.hpp"
#include "operator/status/status_metrics.hpp"

namespace {

using namespace berth;

constexpr const char* kProgram = "berth-operator";
/// Waiting for a stop is sleeping again and again.
constexpr Duration kLongSleep = std::chrono::hours{1};

/// The parts of one running operator.
struct Operator {
  Operator(program::Program& used, op::OperatorOptions given, op::FailpointPlan plan,
           telemetry::Tracing& traces);

  /// Observes as long as the program lives, leads as long as it may. Gives the exit code.
  async::Task<int> run(std::stop_token stop);
  /// Ends when the Lease was given back, or lost; true if it was lost.
  async::Task<bool> lead_under_lease(std::stop_token stop);
  /// L3: the event on the quota whose ledger an audit corrected.
  void tell_drift(const allocation::Drift& drift);
  /// Whether this replica leads at this moment, by its own clock.
  [[nodiscard]] bool leads() const;
  /// Gives the Lease back once all guarded work has ended.
  async::Task<void> release_in_order(async::TaskGroup& leading, std::stop_token ending,
                                     std::stop_source give_back);

  program::Program& frame;
  op::OperatorOptions options;
  op::FailpointPlan failpoints;
  telemetry::Tracing& tracing;
  telemetry::Logger log;
  cluster::Observer observer;
  cluster::WatchMetrics watch_metrics;
  telemetry::EventMetrics event_metrics;
  kube::EventRecorder events;
  telemetry::AllocationMetrics metrics;
  telemetry::LeaderElectionMetrics lease_metrics;
  op::Leader leader;
  kube::LeaderElection* election = nullptr; ///< while there is one
};

Operator::Operator(program::Program& used, op::OperatorOptions given, op::FailpointPlan plan,
                   telemetry::Tracing& traces)
    : frame(used), options(std::move(given)), failpoints(plan), tracing(traces),
      log(used.log().logger("operator")),
      observer(used.client(), used.executor(), used.make_rng(), {}),
      watch_metrics([this] { return observer.resources(); }, used.executor(), used.registry()),
      event_metrics(used.registry()),
      events(used.client(), used.executor(),
             program::event_options("berth.dev/operator", options.identity, event_metrics)),
      metrics(used.registry()), lease_metrics(used.registry(), options.lease_name),
      leader({used.client(), used.executor(), observer, events, failpoints, used.registry(),
              metrics, log, [this] { return leads(); }, tracing.tracer()},
             options, used.make_rng().next()) {
  frame.health().add_readiness("caches", [this]() -> Result<void> {
    if (!observer.has_synced())
      return fail(Code::Unavailable, "the caches are not filled yet");
    return {};
  });
  observer.on_failure(
      [this](const Error& error) { log.warn("Failed to follow the API server", error); });
  observer.on_publish([this, is_shown = false](const cluster::Observer::Snapshot&) mutable {
    if (!std::exchange(is_shown, true))
      op::expose_drifts(observer, {}, metrics);
  });
  observer.on_audit([this](const std::vector<allocation::Drift>& drifts) {
    metrics.ledger_audits.add();
    op::expose_drifts(observer, drifts, metrics);
  });
  observer.on_drift([this](const allocation::Drift& drift) { tell_drift(drift); });
}

void Operator::tell_drift(const allocation::Drift& drift) {
  log.warn("Corrected the ledger", {{"quota", drift.quota}, {"pool", drift.pool}});
  const auto quota = observer.quotas().find({"", drift.quota.str()});
  if (!quota || !leads())
    return;
  const kube::ObjectReference about{std::string(api::kApiVersion), "Quota", quota->meta.key(),
                                    quota->meta.uid};
  resources::ResourceVector held;
  resources::ResourceVector actual;
  held.set(drift.resource, drift.held);
  actual.set(drift.resource, drift.actual);
  events.record(about, kube::EventSeverity::Warning, Reason::LedgerDrift, "Audit",
                "pool " + drift.pool.str() + ": the ledger had " + to_string(held) +
                    ", the pods hold " + to_string(actual));
}

bool Operator::leads() const {
  return !options.leader_elect || (election != nullptr && election->is_leader());
}

async::Task<int> Operator::run(std::stop_token stop) {
  async::TaskGroup background(frame.executor());
  background.spawn(observer.run(background.stop_token()));
  background.spawn(watch_metrics.run(background.stop_token()));
  background.spawn(events.run(background.stop_token()));
  background.spawn(tracing.run(background.stop_token()));
  bool lost = false;
  if (options.leader_elect) {
    lost = co_await lead_under_lease(stop);
  } else {
    lease_metrics.is_leader.set(1);
    co_await leader.run(stop);
  }
  background.request_stop();
  co_await background.join();
  co_return lost ? program::kExitFailure : 0;
}

async::Task<bool> Operator::lead_under_lease(std::stop_token stop) {
  async::TaskGroup leading(frame.executor());
  kube::LeaderElectionOptions election_options;
  election_options.lease = {options.lease_namespace, options.lease_name};
  election_options.identity = options.identity;
  kube::LeaderCallbacks callbacks;
  callbacks.on_started_leading = [&] {
    lease_metrics.is_leader.set(1);
    log.info("Started to lead", {{"identity", options.identity}});
    leading.spawn(leader.run(leading.stop_token()));
  };
  callbacks.on_stopped_leading = [&] {
    lease_metrics.is_leader.set(0);
    leading.request_stop();
  };
  callbacks.on_new_leader = [&](const std::string& identity) {
    log.info("Saw a new leader", {{"identity", identity}});
  };
  kube::LeaderElection elected(frame.client(), frame.executor(), frame.make_rng(), election_options,
                               callbacks);
  election = &elected;
  std::stop_source ending;
  std::stop_source give_back;
  const std::stop_callback on_stop(stop, [&] { ending.request_stop(); });
  async::TaskGroup releasing(frame.executor());
  releasing.spawn(release_in_order(leading, ending.get_token(), give_back));
  co_await elected.run(give_back.get_token());
  const bool lost = !stop.stop_requested();
  if (lost)
    log.error("Lost the Lease; another replica leads from now on");
  ending.request_stop();
  co_await releasing.join();
  election = nullptr;
  co_return lost;
}

async::Task<void> Operator::release_in_order(async::TaskGroup& leading, std::stop_token ending,
                                             std::stop_source give_back) {
  for (bool waiting = true; waiting;)
    waiting = co_await async::sleep_for(frame.executor(), kLongSleep, ending);
  leading.request_stop();
  co_await leading.join();
  give_back.request_stop();
}

} // namespace

int main(int argc, char** argv) {
  auto line = op::parse_command_line(argc, argv);
  if (line.end.ends)
    return program::print_end(line.end);
  const char* armed = std::getenv("BERTH_FAILPOINT");
  const auto failpoints = op::FailpointPlan::parse(armed == nullptr ? "" : armed);
  if (!failpoints)
    return program::report(kProgram, failpoints.error().message);
  const auto read_variable = [](const char* name) -> const char* { return std::getenv(name); };
  const auto traces =
      telemetry::trace_settings(line.options.otlp_endpoint, kProgram, read_variable);
  if (!traces)
    return program::report(kProgram, traces.error().message);
  const auto environment = program::config_environment(read_variable);
  auto frame = program::Program::create({kProgram, std::string(api::field_manager::kOperator)},
                                        line.options.common, environment);
  if (!frame)
    return program::report(kProgram, frame.error().message);
  if (line.options.identity.empty())
    line.options.identity = program::make_identity((*frame)->make_rng());
  const auto tracing = telemetry::Tracing::create(
      {(*frame)->executor(), (*frame)->registry(), (*frame)->log().logger("operator.traces")},
      *traces, line.options.identity, (*frame)->make_rng().next());
  Operator parts(**frame, line.options, *failpoints, *tracing);
  return (*frame)->run([&](std::stop_token stop) { return parts.run(std::move(stop)); });
}
