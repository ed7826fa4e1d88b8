#pragma once
// Every metric of the product, grouped by who counts it. A program makes the groups it needs on its
// Registry; docs/reference/metrics.md is written from this list by tools of the build and a test
// keeps it fresh. Names of Kubernetes' own components are reused where the meaning is the same.
// Times of events are exposed as timestamps: a lag is time() - metric.

#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/telemetry/labels.hpp"
#include "lib/telemetry/metrics.hpp"

namespace berth::http {
struct ServerCounters;
}

namespace berth::telemetry {

/// Calls of kube-scheduler, and how old the picture is that they are answered from.
struct ExtenderMetrics {
  explicit ExtenderMetrics(Registry& registry);

  HistogramFamily<ExtenderVerb, CallOutcome> request_duration_seconds;
  CounterFamily<Reason> node_rejections;
  Counter& callers_refused;
  Gauge& snapshot_timestamp_seconds;
};

/// The webhook that puts the gate on pods, where it is used.
struct GateMetrics {
  explicit GateMetrics(Registry& registry);

  CounterFamily<GateOutcome> reviews;
};

/// One reflector: a cache of one resource filled by list and watch.
struct ReflectorMetrics {
  /// `resource` as in the URL, for example "pods".
  ReflectorMetrics(Registry& registry, std::string_view resource);

  CounterFamily<RelistReason> relists;
  CounterFamily<WatchEventType> events;
  Gauge& last_event_timestamp_seconds;
  Gauge& synced;
  Gauge& objects;
};

/// Calls to the API server.
struct RestClientMetrics {
  explicit RestClientMetrics(Registry& registry);

  CounterFamily<StatusCode, HttpMethod> requests;
  HistogramFamily<HttpMethod> request_duration_seconds;
};

/// One work queue, with the names that controller-runtime uses.
struct WorkQueueMetrics {
  WorkQueueMetrics(Registry& registry, std::string_view name);

  Gauge& depth;
  Counter& adds;
  Counter& retries;
  Histogram& queue_duration_seconds;
  Histogram& work_duration_seconds;
};

/// One controller's reconciles.
struct ReconcilerMetrics {
  ReconcilerMetrics(Registry& registry, std::string_view controller);

  CounterFamily<ReconcileOutcome> reconciles;
  Histogram& duration_seconds;
};

struct LeaderElectionMetrics {
  LeaderElectionMetrics(Registry& registry, std::string_view lease);

  Gauge& is_leader;
};

/// Events written to the API for people.
struct EventMetrics {
  explicit EventMetrics(Registry& registry);

  CounterFamily<Outcome> events;
  Counter& dropped;
};

/// The allocation cycle: who waits, who was admitted, what it cost.
struct AllocationMetrics {
  explicit AllocationMetrics(Registry& registry);

  HistogramFamily<CyclePhase> cycle_duration_seconds;
  CounterFamily<PlacementMode> admissions;
  CounterFamily<AdmissionOutcome> admission_writes;
  ObjectHistograms admission_wait_seconds;
  GaugeFamily<Reason> waiting_workloads;
  CounterFamily<EvictionCause> evictions;
  Counter& evictions_refused;
  Counter& preemption_plans_given_up;
  GaugeFamily<ReservationState> reservations;
  CounterFamily<WindowOutcome> reservation_windows;
  Counter& ledger_audits;
  ObjectGauges ledger_drift;
  CounterFamily<LogOutcome> decision_log_cycles;
  Gauge& decision_log_limit_bytes;
  Gauge& decision_log_needed_bytes;
  ObjectGauges quota_nominal;
  ObjectGauges quota_used;
  ObjectGauges quota_borrowed;
  ObjectGauges quota_pending_workloads;
  ObjectGauges quota_share_ratio;
  ObjectGauges quota_burst_budget_seconds;
  ObjectGauges pool_capacity;
  ObjectGauges pool_used;
  ObjectGauges pool_pressure_level;
  ObjectGauges pool_degradation_steps;
};

/// The analyzer's own work.
struct AnalyzerMetrics {
  explicit AnalyzerMetrics(Registry& registry);

  Histogram& cycle_duration_seconds;
  Gauge& interval_seconds;
  Gauge& newest_sample_timestamp_seconds;
  CounterFamily<Outcome> source_queries;
  CounterFamily<Outcome> recommendations;
  CounterFamily<SampleOutcome> samples;
  Counter& samples_missing;
  Gauge& series;
  Gauge& series_stale;
  Gauge& marks;
  Counter& marks_refused;
  Gauge& history_bytes;
  Gauge& history_seconds;
  CounterFamily<ForecastReach, ForecastOutcome> forecasts;
  CounterFamily<AdviceKind, ForecastOutcome> verified_recommendations;
  CounterFamily<AdviceKind, Outcome> actions;
  Gauge& deferred_targets;
  GaugeFamily<AdviceKind> pending_plans;
  ObjectGauges current_usage_ratio;
  ObjectGauges forecast_trust_ratio;
  ObjectGauges in_burst_mode;
  CounterFamily<AnomalyLabel> anomalies;
  GaugeFamily<WatchState> anomaly_series;
  GaugeFamily<BottleneckLabel, SeverityLabel> bottlenecks;
  ObjectGauges pattern_confidence_ratio;
  ObjectGauges trend_usage_ratio;
  ObjectGauges trend_slope_ratio;
};

/// What is served to HorizontalPodAutoscalers, where it is.
struct ExternalMetricsMetrics {
  explicit ExternalMetricsMetrics(Registry& registry);

  CounterFamily<MetricsAnswer> requests;
  CounterFamily<ReviewOutcome> access_reviews;
  Gauge& forecasts_timestamp_seconds;
};

/// One HTTP server of the program.
struct HttpServerMetrics {
  HttpServerMetrics(Registry& registry, std::string_view server);
  /// Takes the server's counts over; to be called before each exposition.
  void follow(const http::ServerCounters& counters);

  Gauge& connections_open;
  Counter& connections_accepted;
  Counter& connections_refused;
  Counter& connections_evicted;
  Counter& accepts_failed;
  Counter& handshakes_failed;
  Counter& requests_refused;
};

/// Certificates and keys: read from files by who shows them, or made by who keeps them.
struct CertificateMetrics {
  /// `use` says for what, for example "extender".
  CertificateMetrics(Registry& registry, std::string_view use);
  /// When the one in use stops to be valid.
  void set_expiration(TimePoint end);
  /// Counts that one was taken up, until when it is valid, or why it could not be: then the one
  /// before stays in use.
  void note_reload(const Result<TimePoint>& outcome);

  CounterFamily<Outcome> reloads;
  Gauge& expiration_timestamp_seconds;
};

/// Spans of traces, where they are asked for (--otlp-endpoint).
struct TraceMetrics {
  explicit TraceMetrics(Registry& registry);

  CounterFamily<SpanOutcome> spans;
};

/// The program itself; refresh_process() fills it in.
struct ProcessMetrics {
  ProcessMetrics(Registry& registry, std::string_view program);

  Gauge& build_info;
  Gauge& start_time_seconds;
  Counter& cpu_seconds;
  Gauge& resident_memory_bytes;
  Gauge& open_fds;
  Counter& log_lines_dropped;
};

} // namespace berth::telemetry
