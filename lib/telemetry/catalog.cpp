#include "lib/telemetry/catalog.hpp"

#include <chrono>
#include <string>

#include "lib/http/server.hpp"

namespace berth::telemetry {
namespace {

constexpr MetricSpec counter(std::string_view name, std::string_view help) {
  return {MetricKind::Counter, name, help, {}};
}

constexpr MetricSpec gauge(std::string_view name, std::string_view help) {
  return {MetricKind::Gauge, name, help, {}};
}

constexpr MetricSpec seconds(std::string_view name, std::string_view help) {
  return {MetricKind::Histogram, name, help, kCallSeconds};
}

constexpr MetricSpec waits(std::string_view name, std::string_view help) {
  return {MetricKind::Histogram, name, help, kWaitSeconds};
}

LabelPairs label(std::string_view name, std::string_view value) {
  return {{std::string(name), std::string(value)}};
}

} // namespace

ExtenderMetrics::ExtenderMetrics(Registry& registry)
    : request_duration_seconds(
          registry, seconds("berth_extender_request_duration_seconds",
                            "Time to answer a call of kube-scheduler, by verb and outcome.")),
      node_rejections(registry, counter("berth_extender_node_rejections_total",
                                        "Nodes that the extender refused for a pod, by reason.")),
      callers_refused(registry.counter(
          counter("berth_extender_callers_refused_total",
                  "Calls refused because the name of the client certificate is not on the list."))),
      snapshot_timestamp_seconds(registry.gauge(
          gauge("berth_extender_snapshot_timestamp_seconds",
                "When the picture of the cluster that calls are answered from was made."))) {}

GateMetrics::GateMetrics(Registry& registry)
    : reviews(registry, counter("berth_gate_reviews_total",
                                "Pods that the gate's webhook was asked about, by outcome.")) {}

ReflectorMetrics::ReflectorMetrics(Registry& registry, std::string_view resource)
    : relists(registry, counter("berth_watch_relists_total", "Lists made, by resource and reason."),
              label("resource", resource)),
      events(registry, counter("berth_watch_events_total", "Watch events, by resource and type."),
             label("resource", resource)),
      last_event_timestamp_seconds(
          registry.gauge(gauge("berth_watch_last_event_timestamp_seconds",
                               "When the newest list, event or bookmark of a resource came."),
                         label("resource", resource))),
      synced(registry.gauge(
          gauge("berth_watch_synced", "1 once the cache of a resource has been filled, else 0."),
          label("resource", resource))),
      objects(registry.gauge(gauge("berth_watch_objects", "Objects in the cache of a resource."),
                             label("resource", resource))) {}

RestClientMetrics::RestClientMetrics(Registry& registry)
    : requests(registry, counter("rest_client_requests_total",
                                 "Calls to the API server, by status code and method.")),
      request_duration_seconds(registry,
                               seconds("rest_client_request_duration_seconds",
                                       "Time until the API server had answered, by method.")) {}

WorkQueueMetrics::WorkQueueMetrics(Registry& registry, std::string_view name)
    : depth(registry.gauge(gauge("workqueue_depth", "Keys that wait in a work queue."),
                           label("name", name))),
      adds(registry.counter(counter("workqueue_adds_total", "Keys added to a work queue."),
                            label("name", name))),
      retries(registry.counter(
          counter("workqueue_retries_total", "Keys put back into a work queue after a failure."),
          label("name", name))),
      queue_duration_seconds(registry.histogram(
          seconds("workqueue_queue_duration_seconds", "How long a key waited in a work queue."),
          label("name", name))),
      work_duration_seconds(registry.histogram(
          seconds("workqueue_work_duration_seconds", "How long work on one key took."),
          label("name", name))) {}

ReconcilerMetrics::ReconcilerMetrics(Registry& registry, std::string_view controller)
    : reconciles(registry,
                 counter("berth_reconciles_total", "Reconciles, by controller and outcome."),
                 label("controller", controller)),
      duration_seconds(registry.histogram(
          seconds("berth_reconcile_duration_seconds", "Time of one reconcile, by controller."),
          label("controller", controller))) {}

LeaderElectionMetrics::LeaderElectionMetrics(Registry& registry, std::string_view lease)
    : is_leader(registry.gauge(
          gauge("leader_election_master_status", "1 while this replica holds the lease, else 0."),
          label("name", lease))) {}

EventMetrics::EventMetrics(Registry& registry)
    : events(registry,
             counter("berth_events_total", "Events written to the API server, by outcome.")),
      dropped(registry.counter(counter("berth_events_dropped_total",
                                       "Events left out because too many waited or repeated."))) {}

AllocationMetrics::AllocationMetrics(Registry& registry)
    : cycle_duration_seconds(registry, seconds("berth_cycle_duration_seconds",
                                               "Time of an allocation cycle, by phase.")),
      admissions(registry, counter("berth_admissions_total",
                                   "Workloads whose admission is written, by way of placement.")),
      admission_writes(registry, counter("berth_admission_writes_total",
                                         "Writes that admit a pod or grant a request, by what "
                                         "became of them.")),
      admission_wait_seconds(
          registry,
          waits("berth_admission_wait_seconds",
                "How long workloads of a quota waited from their creation to their admission."),
          {"quota"}),
      waiting_workloads(registry, gauge("berth_waiting_workloads",
                                        "Workloads that wait, by the reason they wait for.")),
      evictions(registry, counter("berth_evictions_total",
                                  "Workloads that lost what they were admitted to, by cause.")),
      evictions_refused(registry.counter(
          counter("berth_evictions_refused_total",
                  "Evictions that a PodDisruptionBudget, or the API server, refused."))),
      preemption_plans_given_up(
          registry.counter(counter("berth_preemption_plans_given_up_total",
                                   "Nominations that were taken back without an admission."))),
      reservations(registry, gauge("berth_reservations", "Reservations, by state.")),
      reservation_windows(registry, counter("berth_reservation_windows_total",
                                            "Reservation windows opened, by whether the capacity "
                                            "was there.")),
      ledger_audits(registry.counter(
          counter("berth_ledger_audits_total", "Comparisons of the ledger with the API."))),
      ledger_drift(registry,
                   gauge("berth_ledger_drift",
                         "By how much the last audit found what a quota is charged wrong, in the "
                         "resource's base unit; it is corrected then."),
                   {"quota", "resource"}),
      decision_log_cycles(registry,
                          counter("berth_decision_log_cycles_total",
                                  "Cycles for the decision log, by whether they are in it.")),
      decision_log_limit_bytes(registry.gauge(gauge(
          "berth_decision_log_limit_bytes", "What the decision log may hold; 0: there is none."))),
      decision_log_needed_bytes(registry.gauge(
          gauge("berth_decision_log_needed_bytes",
                "The least that the decision log must be allowed to hold for this cluster."))),
      quota_nominal(registry,
                    gauge("berth_quota_nominal", "What a quota owns, in the resource's base unit."),
                    {"quota", "resource"}),
      quota_used(registry,
                 gauge("berth_quota_used", "What a quota uses, in the resource's base unit."),
                 {"quota", "resource"}),
      quota_borrowed(registry,
                     gauge("berth_quota_borrowed",
                           "What a quota uses beyond its own, in the resource's base unit."),
                     {"quota", "resource"}),
      quota_pending_workloads(
          registry, gauge("berth_quota_pending_workloads", "Workloads of a quota that wait."),
          {"quota"}),
      quota_share_ratio(registry,
                        gauge("berth_quota_share_ratio",
                              "The borrowed part of what a quota's tree can lend, by weight: who "
                              "has more than its siblings comes after them."),
                        {"quota"}),
      quota_burst_budget_seconds(
          registry,
          gauge("berth_quota_burst_budget_seconds", "How long a quota may still burst in a pool."),
          {"quota", "pool", "resource"}),
      pool_capacity(registry,
                    gauge("berth_pool_capacity", "What a pool has, in the resource's base unit."),
                    {"pool", "resource"}),
      pool_used(registry,
                gauge("berth_pool_used", "What is used of a pool, in the resource's base unit."),
                {"pool", "resource"}),
      pool_pressure_level(registry,
                          gauge("berth_pool_pressure_level",
                                "Pressure of a pool by its measured use: 0 none, 1 Warning, 2 "
                                "Critical, 3 Emergency."),
                          {"pool"}),
      pool_degradation_steps(registry,
                             gauge("berth_pool_degradation_steps",
                                   "Steps that a pool gives up because of its measured use, as its "
                                   "ScalingPolicy says."),
                             {"pool"}) {}

AnalyzerMetrics::AnalyzerMetrics(Registry& registry)
    : cycle_duration_seconds(registry.histogram(
          seconds("berth_analyzer_cycle_duration_seconds", "Time of one analysis."))),
      interval_seconds(registry.gauge(
          gauge("berth_analyzer_interval_seconds", "The time between two analyses."))),
      newest_sample_timestamp_seconds(
          registry.gauge(gauge("berth_analyzer_newest_sample_timestamp_seconds",
                               "The time of the newest measurement seen."))),
      source_queries(registry, counter("berth_analyzer_source_queries_total",
                                       "Queries for measurements, by outcome.")),
      recommendations(registry, counter("berth_analyzer_recommendations_total",
                                        "Recommendations written to the API server, by outcome.")),
      samples(registry, counter("berth_analyzer_samples_total",
                                "Measurements that sources gave, by what became of them.")),
      samples_missing(registry.counter(
          counter("berth_analyzer_samples_missing_total",
                  "Intervals between two measurements of a series that had none."))),
      series(registry.gauge(gauge("berth_analyzer_series", "Series in the history."))),
      series_stale(registry.gauge(gauge("berth_analyzer_series_stale",
                                        "Series without a measurement of the last intervals."))),
      marks(registry.gauge(
          gauge("berth_analyzer_marks",
                "What containers needed to start and were killed at, as far as it is kept."))),
      marks_refused(
          registry.counter(counter("berth_analyzer_marks_refused_total",
                                   "Times that such a value was not kept for want of room."))),
      history_bytes(registry.gauge(
          gauge("berth_analyzer_history_bytes", "Memory that the history takes up."))),
      history_seconds(registry.gauge(gauge(
          "berth_analyzer_history_seconds",
          "How long five-minute steps are kept: two weeks, or fewer days for want of room."))),
      forecasts(registry, counter("berth_analyzer_forecasts_verified_total",
                                  "Forecasts compared with what came, by how far ahead they were "
                                  "and whether they held; four in five should.")),
      verified_recommendations(
          registry,
          counter("berth_analyzer_recommendations_verified_total",
                  "Recommendations whose forecast was compared with what came, by kind.")),
      actions(registry,
              counter("berth_analyzer_actions_total",
                      "Changes of targets sent to the API server, undoing included, by kind.")),
      deferred_targets(registry.gauge(gauge(
          "berth_analyzer_deferred_targets",
          "Workloads of which something is to be written that waits for the next cycle, since what "
          "is urgent goes first and this one's time was over."))),
      pending_plans(registry, gauge("berth_analyzer_pending_plans",
                                    "Recommendations that stand and are not applied, by kind.")),
      current_usage_ratio(registry,
                          gauge("berth_analyzer_current_usage_ratio",
                                "What the nodes of a pool use now, as a part of what they have."),
                          {"pool", "resource"}),
      forecast_trust_ratio(registry,
                           gauge("berth_analyzer_forecast_trust_ratio",
                                 "How far forecasts of a pool's use can be trusted, by how often "
                                 "they held lately: 0 to 1."),
                           {"pool", "resource"}),
      in_burst_mode(registry,
                    gauge("berth_analyzer_in_burst_mode", "1 while a pool is in a burst, else 0."),
                    {"pool"}),
      anomalies(registry,
                counter("berth_analyzer_anomalies_total",
                        "Anomalies that were told of in the use of pools and of policies' targets, "
                        "by kind.")),
      anomaly_series(registry, gauge("berth_analyzer_anomaly_series",
                                     "Series that are watched for anomalies, and those that there "
                                     "is no room to watch.")),
      bottlenecks(registry, gauge("berth_analyzer_bottlenecks",
                                  "What holds work back now, or within the hour by the forecasts: "
                                  "resources of pools, and throttled containers, by kind and "
                                  "severity.")),
      pattern_confidence_ratio(registry,
                               gauge("berth_analyzer_pattern_confidence_ratio",
                                     "How sure a pattern in the use of a pool is: 0.7 to 1. No "
                                     "series: there is none."),
                               {"pool", "resource", "pattern"}),
      trend_usage_ratio(registry,
                        gauge("berth_analyzer_trend_usage_ratio",
                              "What the nodes of a pool use in an hour by the trend alone, seasons "
                              "left out, as a part of what they have."),
                        {"pool", "resource"}),
      trend_slope_ratio(registry,
                        gauge("berth_analyzer_trend_slope_ratio",
                              "By how much the use of a pool grows in an hour by its trend, as a "
                              "part of what its nodes have."),
                        {"pool", "resource"}) {}

ExternalMetricsMetrics::ExternalMetricsMetrics(Registry& registry)
    : requests(registry, counter("berth_external_metrics_requests_total",
                                 "Requests for external metrics, by what was answered.")),
      access_reviews(registry,
                     counter("berth_external_metrics_access_reviews_total",
                             "Rights to external metrics that the API server was asked about.")),
      forecasts_timestamp_seconds(
          registry.gauge(gauge("berth_external_metrics_forecasts_timestamp_seconds",
                               "When the forecasts that are served were made."))) {}

HttpServerMetrics::HttpServerMetrics(Registry& registry, std::string_view server)
    : connections_open(
          registry.gauge(gauge("berth_http_connections_open", "Open connections of a server."),
                         label("server", server))),
      connections_accepted(registry.counter(
          counter("berth_http_connections_accepted_total", "Connections accepted by a server."),
          label("server", server))),
      connections_refused(
          registry.counter(counter("berth_http_connections_refused_total",
                                   "Connections closed at once because a server had too many."),
                           label("server", server))),
      connections_evicted(
          registry.counter(counter("berth_http_connections_evicted_total",
                                   "Idle connections closed to make room for others."),
                           label("server", server))),
      accepts_failed(registry.counter(
          counter("berth_http_accepts_failed_total",
                  "Connections that could not be accepted, such as for want of file descriptors."),
          label("server", server))),
      handshakes_failed(registry.counter(
          counter("berth_http_handshakes_failed_total", "TLS handshakes that failed."),
          label("server", server))),
      requests_refused(
          registry.counter(counter("berth_http_requests_refused_total",
                                   "Requests that were malformed, too large or too slow."),
                           label("server", server))) {}

void HttpServerMetrics::follow(const http::ServerCounters& counters) {
  connections_open.set(static_cast<double>(counters.connections_open));
  connections_accepted.set_total(static_cast<double>(counters.connections_accepted));
  connections_refused.set_total(static_cast<double>(counters.connections_refused));
  connections_evicted.set_total(static_cast<double>(counters.connections_evicted));
  accepts_failed.set_total(static_cast<double>(counters.accepts_failed));
  handshakes_failed.set_total(static_cast<double>(counters.handshakes_failed));
  requests_refused.set_total(static_cast<double>(counters.requests_refused));
}

CertificateMetrics::CertificateMetrics(Registry& registry, std::string_view use)
    : reloads(registry,
              counter("berth_certificate_reloads_total",
                      "Certificates taken up from files or made anew, by use and outcome."),
              label("use", use)),
      expiration_timestamp_seconds(
          registry.gauge(gauge("berth_certificate_expiration_timestamp_seconds",
                               "When the certificate in use stops to be valid."),
                         label("use", use))) {}

void CertificateMetrics::set_expiration(TimePoint end) {
  const std::chrono::duration<double> since_epoch = end.time_since_epoch();
  expiration_timestamp_seconds.set(since_epoch.count());
}

void CertificateMetrics::note_reload(const Result<TimePoint>& outcome) {
  reloads(outcome ? Outcome::Ok : Outcome::Error).add();
  if (outcome)
    set_expiration(*outcome);
}

TraceMetrics::TraceMetrics(Registry& registry)
    : spans(registry, counter("berth_trace_spans_total",
                              "Spans of traced pods, by whether the collector has them.")) {}

ProcessMetrics::ProcessMetrics(Registry& registry, std::string_view program)
    : build_info(registry.gauge(gauge("berth_build_info", "Always 1; its labels say what runs."),
                                {{"program", std::string(program)}, {"version", BERTH_VERSION}})),
      start_time_seconds(registry.gauge(
          gauge("process_start_time_seconds", "When the process was started (Unix time)."))),
      cpu_seconds(
          registry.counter(counter("process_cpu_seconds_total", "CPU time used by the process."))),
      resident_memory_bytes(registry.gauge(
          gauge("process_resident_memory_bytes", "Memory of the process that is in RAM."))),
      open_fds(registry.gauge(gauge("process_open_fds", "Open file descriptors."))),
      log_lines_dropped(registry.counter(counter("berth_log_lines_dropped_total",
                                                 "Log lines lost because stderr was too slow."))) {
  build_info.set(1);
}

} // namespace berth::telemetry
