#include "operator/leader.hpp"

#include <optional>
#include <string>
#include <utility>

#include "lib/allocation/pressure.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/async/task_group.hpp"
#include "operator/admission/admitter.hpp"
#include "operator/certificates/certificate_keeper.hpp"
#include "operator/cycle/allocation_loop.hpp"
#include "operator/cycle/open_recorder.hpp"
#include "operator/failures/failure_watch.hpp"
#include "operator/gang/gang_watch.hpp"
#include "operator/measure/node_meter.hpp"
#include "operator/preemption/evictor.hpp"
#include "operator/request/request_keeper.hpp"
#include "operator/status/status_loop.hpp"
#include "operator/tracing/pod_spans.hpp"
#include "operator/waiting/waiting_reporter.hpp"

namespace berth::op {
namespace {

constexpr Duration kSyncPollInterval = std::chrono::milliseconds{50};

GangWatchOptions gang_options(const OperatorOptions& options) {
  GangWatchOptions gang;
  gang.timeout = options.gang_timeout;
  return gang;
}

api::AllocationPolicySpec spec_of(const OperatorOptions& options) {
  api::AllocationPolicySpec spec;
  spec.placement = options.placement;
  spec.preemption = options.preemption;
  return spec;
}

/// The names by which a Service may be called.
std::vector<std::string> service_names(const std::string& name, const std::string& ns) {
  const std::string service = name + '.' + ns;
  return {service + ".svc", service + ".svc.cluster.local", service};
}

CertificateOptions certificate_options(const OperatorOptions& options) {
  const std::string& ns = options.lease_namespace;
  CertificateOptions certificates;
  certificates.ns = ns;
  certificates.names.extender_dns_names = service_names("berth-scheduler-extender", ns);
  certificates.names.analyzer_dns_names = service_names("berth-analyzer", ns);
  certificates.api_service = options.external_metrics_api_service;
  certificates.names.scheduler_common_name = options.scheduler_common_name;
  certificates.webhook = options.gate_webhook;
  return certificates;
}

} // namespace

struct Leader::Impl {
  Impl(Parts used, const OperatorOptions& options, std::uint64_t seed)
      : parts(std::move(used)), log_options{options.decision_log, options.decision_log_bytes_max},
        waiting({parts.client, parts.executor, parts.observer, parts.events, parts.failpoints,
                 parts.leads, parts.tracer},
                {}),
        gangs({parts.client, parts.executor, parts.observer, parts.events, parts.metrics,
               parts.failpoints, parts.leads, parts.log.named("gang")},
              gang_options(options)),
        admitter({parts.client, parts.executor, parts.observer, parts.failpoints, parts.metrics,
                  parts.leads, parts.log.named("admission"), parts.tracer},
                 {}, [this](const allocation::Admission& admission) { tell_admitted(admission); }),
        requests({parts.client, parts.executor, parts.observer, parts.events, parts.failpoints,
                  parts.metrics, parts.leads, parts.log.named("request")},
                 {}),
        failures(parts.observer),
        meter({parts.client, parts.executor, parts.observer, parts.log.named("meter")}),
        stranded({parts.client, parts.executor, parts.observer, parts.events, parts.failpoints,
                  parts.metrics, parts.leads, parts.log.named("stranding")},
                 {}),
        evictor({parts.client, parts.executor, parts.observer, parts.events, parts.metrics,
                 parts.failpoints, parts.leads, parts.log.named("preemption")},
                {}, [this] { allocation.wake(); }),
        overruns(parts.events),
        allocation(
            {parts.executor, parts.observer, admitter, requests, waiting, stranded, evictor,
             overruns, gangs, parts.metrics, parts.log.named("cycle"), parts.tracer},
            [this, spec = spec_of(options)] { return policy(spec); }, seed),
        status({parts.client, parts.executor, parts.observer, allocation, parts.events,
                parts.failpoints, parts.registry, parts.metrics, parts.leads,
                parts.log.named("status")},
               options.status_interval) {
    listen_to_pressure();
    trace_ends(parts.tracer, parts.observer, parts.executor.clock(), parts.leads);
    if (options.manage_certificates)
      certificates.emplace(CertificateKeeper::Parts{parts.client, parts.executor, parts.registry,
                                                    parts.failpoints, parts.leads,
                                                    parts.log.named("certificates")},
                           certificate_options(options));
  }

  /// A cycle for each measurement under pressure, and for the one that ends it (T1, T3).
  void listen_to_pressure() {
    parts.observer.pools().listen([this](const auto& before, const auto& after) {
      const auto snapshot = parts.observer.snapshot();
      if (snapshot == nullptr || !after || (before && before->status == after->status))
        return;
      const auto is_pressed = [&](const api::ResourcePool& pool) {
        const auto measured = api::measured_use(pool);
        const auto& throttle = snapshot->policy_of(PoolName{pool.meta.name}).throttle;
        return measured &&
               (!measured->degradation.steps.empty() ||
                allocation::pressure_level(throttle, *measured) != allocation::PressureLevel::None);
      };
      if (is_pressed(*after) || (before && is_pressed(*before)))
        allocation.wake();
    });
  }

  /// Asked once for each cycle.
  [[nodiscard]] allocation::Policy policy(const api::AllocationPolicySpec& spec) {
    allocation::Policy policy = api::to_allocation(spec);
    policy.evictions = evictor.history();
    policy.held_back = gangs.held_back();
    policy.held_back.merge(admitter.held_back());
    policy.held_back.merge(requests.held_back());
    policy.unpinned = stranded.unpinned();
    policy.server_throttled_at = parts.client.throttled_at();
    for (const auto& [key, pool] : parts.observer.pools().items())
      if (auto measured = api::measured_use(*pool))
        policy.measured.emplace(PoolName{key.name}, *std::move(measured));
    policy.failures = failures.take();
    return policy;
  }

  /// One event for each gang; a single pod carries its decision in its annotation, and the event
  /// would double the writes of an admission.
  void tell_admitted(const allocation::Admission& admission) {
    if (!admission.workload->is_gang() || admission.completes_earlier)
      return;
    const auto& first = admission.members.front();
    const kube::ObjectReference about{"v1", "Pod",
                                      kube::ObjectKey{first.pod->namespace_name, first.pod->name},
                                      first.pod->uid.str()};
    parts.events.record(about, kube::EventSeverity::Normal, Reason::Admitted, "Admit",
                        "gang " + admission.workload->id.str() + ": " +
                            std::to_string(admission.members.size()) +
                            " members admitted to quota " + first.record.quota.str() + " in pool " +
                            first.record.pool.str());
    parts.failpoints.pass(Failpoint::AfterAdmissionEvent);
  }

  Parts parts;
  DecisionLogOptions log_options;
  WaitingReporter waiting;
  GangWatch gangs;
  Admitter admitter;
  RequestKeeper requests;
  FailureWatch failures;
  NodeMeter meter;
  StrandedPods stranded;
  Evictor evictor;
  OverrunWarner overruns;
  AllocationLoop allocation;
  StatusLoop status;
  std::optional<CertificateKeeper> certificates; ///< if they are Berth's to keep
};

Leader::Leader(Parts parts, const OperatorOptions& options, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(parts), options, seed)) {}

Leader::~Leader() = default;

async::Task<void> Leader::run(std::stop_token stop) {
  Impl& impl = *impl_;
  while (!impl.parts.observer.has_synced())
    if (!co_await async::sleep_for(impl.parts.executor, kSyncPollInterval, stop))
      co_return;
  const auto recorder =
      open_recorder(impl.log_options, impl.parts.metrics, impl.parts.log.named("log"));
  impl.allocation.record_to(recorder.get());
  impl.gangs.recall();
  impl.failures.recall();
  impl.evictor.recall();
  const std::stop_callback on_stop(stop, [&impl] {
    impl.admitter.drop_queued();
    impl.requests.drop_queued();
  });
  async::TaskGroup work(impl.parts.executor);
  work.spawn(impl.allocation.run(stop));
  work.spawn(impl.status.run(stop));
  work.spawn(impl.waiting.run(stop));
  work.spawn(impl.gangs.run(stop));
  work.spawn(impl.stranded.run(stop));
  work.spawn(impl.meter.run(stop));
  if (impl.certificates)
    work.spawn(impl.certificates->run(stop));
  co_await work.join();
  co_await impl.admitter.drain();
  co_await impl.requests.drain();
  co_await impl.evictor.drain();
  impl.allocation.record_to(nullptr);
}

bool Leader::is_idle() const {
  return impl_->admitter.in_flight() == 0 && impl_->requests.in_flight() == 0 &&
         impl_->evictor.in_flight() == 0 && impl_->status.pending() == 0;
}

} // namespace berth::op
