#include "analyzer/advise/advisor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "analyzer/advise/burst.hpp"
#include "analyzer/advise/history_file.hpp"
#include "analyzer/advise/quota_facts.hpp"
#include "analyzer/advise/series_names.hpp"

namespace berth::analyzer {
namespace {

/// How soon it looks again while the caches are being filled.
constexpr Duration kSyncPoll = std::chrono::seconds{1};
/// A crash forgets no more than this.
constexpr Duration kHistoryKeptEvery = std::chrono::minutes{10};

/// What quotas ask for over a day does not change from minute to minute. Less than half of the time
/// that a recommendation is valid for must be left then.
constexpr Duration kQuotasEvery = std::chrono::minutes{10};

/// What pods were asked for is in the statuses of quotas and pools after this at the latest.
constexpr Duration kStatusFollowsWithin = std::chrono::seconds{60};

/// Each may take its whole time-out, and a cycle is to end.
constexpr std::size_t kMetricQueriesPerCycleMax = 100;

resources::ResourceVector largest_node(const kube::Store<cluster::Node>& nodes) {
  resources::ResourceVector largest;
  for (const auto& [key, node] : nodes.items())
    largest.raise_to(node->view.allocatable);
  return largest;
}

/// What the pods say, and what the operator has left for them.
void look_at_pods(WorkloadFacts& facts, const WorkloadView& view, const WorkloadPods& pods,
                  RoomBook& book, bool is_operator_dead) {
  if (const auto found = pods.find(view.ref); found != pods.end())
    facts.pods = found->second;
  facts.room = book.room_for(view);
  if (view.admission)
    facts.growth_room = is_operator_dead ? GrowthRoom{} : book.growth_room(view.admission->to);
}

telemetry::AdviceKind label_of(api::RecommendationKind kind) {
  return static_cast<telemetry::AdviceKind>(kind);
}

} // namespace

Advisor::Advisor(AdvisorParts parts, AdvisorOptions options, std::function<bool()> has_synced,
                 std::function<bool()> may_write)
    : parts_(std::move(parts)), options_(std::move(options)), has_synced_(std::move(has_synced)),
      may_write_(std::move(may_write)), act_{parts_.client, parts_.metrics, parts_.log,
                                             parts_.events, may_write_,     parts_.pool_webhook},
      recorder_(options_, parts_.metrics), forecaster_(parts_.metrics),
      operator_(parts_.client, options_.operator_lease),
      providers_(parts_.client, parts_.pool_webhook != nullptr) {}

async::Task<void> Advisor::run(std::stop_token stop) {
  parts_.metrics.interval_seconds.set(std::chrono::duration<double>(options_.interval).count());
  read_history();
  for (;;) {
    const SteadyPoint began = parts_.executor.clock().steady_now();
    const bool synced = has_synced_();
    if (synced)
      co_await cycle();
    const auto took =
        std::chrono::duration_cast<Duration>(parts_.executor.clock().steady_now() - began);
    const Duration pause =
        synced ? std::max(options_.interval - took, Duration::zero()) : kSyncPoll;
    const bool due = co_await async::sleep_for(parts_.executor, pause, stop);
    if (!due)
      break;
  }
  keep_history(parts_.executor.clock().now(), true);
}

async::Task<void> Advisor::cycle() {
  const SteadyPoint began = parts_.executor.clock().steady_now();
  co_await measure();
  const TimePoint now = parts_.executor.clock().now();
  recorder_.forget_what_is_gone(parts_.caches);
  std::erase_if(grown_, [now](const Growth& one) { return now - one.at >= kStatusFollowsWithin; });
  const ClusterView view = observe(parts_.caches, recorder_.node_samples());
  const WorkloadPods pods = pods_by_workload(parts_.caches);
  recorder_.record(view, pods, now, operator_.is_alive());
  forecaster_.begin_cycle(recorder_.history(), now);
  const TrackRecords records = track_records(parts_.caches.recommendations);
  const DecideContext context{options_, records, now, operator_.is_dead()};
  const FactsSources sources{recorder_, forecaster_};
  std::vector<PoolFacts> pools;
  for (const auto& pool : view.pools) {
    pools.push_back(facts_of(pool, sources, now));
    co_await ask_provider(pool, pools.back());
    Decision decision = decide(pool, pools.back(), context);
    co_await carry_out(std::move(decision));
  }
  const auto largest = largest_node(parts_.caches.nodes);
  std::vector<WorkloadFacts> shown;
  if (parts_.on_facts) {
    for (const auto& workload : view.workloads)
      shown.push_back(facts_of(workload, sources, largest, now));
    parts_.on_facts({view, pools, shown, now});
  }
  RoomBook book(view);
  for (const auto& [at, of, amounts] : grown_)
    book.take(of, amounts);
  std::size_t resizes = 0;
  // Each is the first at some time, since what all share goes to the first.
  const std::size_t first = view.workloads.empty() ? 0 : cycles_++ % view.workloads.size();
  for (std::size_t i = 0; i < view.workloads.size(); ++i) {
    const std::size_t at = (first + i) % view.workloads.size();
    const WorkloadView& workload = view.workloads[at];
    WorkloadFacts facts =
        parts_.on_facts ? std::move(shown[at]) : facts_of(workload, sources, largest, now);
    look_at_pods(facts, workload, pods, book, operator_.is_dead());
    facts.resizes_max = kPodResizesPerCycleMax - resizes;
    Decision decision = decide(workload, facts, context);
    resizes += decision.plan.resizes.size();
    note_growth(book, workload, decision.plan, now);
    co_await carry_out(std::move(decision));
  }
  if (!quotas_looked_at_ || now - *quotas_looked_at_ >= kQuotasEvery) {
    quotas_looked_at_ = now;
    std::vector<QuotaFacts> quotas;
    for (const QuotaView& quota : view.quotas)
      quotas.push_back(facts_of(quota, sources, now));
    auto decisions = decide_quotas(view.quotas, quotas, view.pools, context);
    for (Decision& decision : decisions)
      co_await carry_out(std::move(decision));
  }
  for (const IdlePolicy& idle : view.idle_policies) {
    Decision decision;
    decision.plan = decide(idle, now);
    co_await carry_out(std::move(decision));
  }
  Decision orphans;
  orphans.plan = decide_orphans(view.orphans, options_, now);
  co_await carry_out(std::move(orphans));
  show(view, pools);
  tell_of_limits();
  keep_history(now, false);
  const auto took = parts_.executor.clock().steady_now() - began;
  parts_.metrics.cycle_duration_seconds.observe(std::chrono::duration<double>(took).count());
}

async::Task<void> Advisor::ask_provider(const PoolView& view, PoolFacts& facts) {
  const auto& elastic = view.pool->spec.elastic;
  const bool acts = options_.acts && settings_of(view, options_).acts && may_write_();
  if (acts && elastic && elastic->provider != api::ElasticProvider::None)
    facts.provider = co_await providers_.read(*elastic);
}

async::Task<void> Advisor::measure() {
  auto nodes = co_await read_node_metrics(parts_.client);
  recorder_.take_nodes(take(std::move(nodes), "nodes"), parts_.executor.clock().now());
  auto pods = co_await read_pod_metrics(parts_.client);
  recorder_.take_pods(take(std::move(pods), "pods"), parts_.executor.clock().now());
  co_await operator_.look(parts_.executor.clock().now());
  if (operator_.is_assumed() && !std::exchange(told_of_no_lease_, true))
    parts_.log.warn("Found no Lease of the operator, which is taken to live from now on",
                    {{"lease", to_string(options_.operator_lease)}});
  co_await read_metrics();
}

std::optional<RangeQuery> Advisor::query_for(const api::ScalingMetric& metric,
                                             const std::string& series) const {
  const Series* known = recorder_.history().find(series);
  const auto latest = known == nullptr ? std::nullopt : known->latest();
  RangeQuery query;
  query.expression = metric.query;
  query.step = options_.interval;
  query.end = parts_.executor.clock().now();
  const TimePoint first = query.end - recorder_.history().options().window;
  query.start = latest ? std::max(latest->at + query.step, first) : first;
  return query.start > query.end ? std::nullopt : std::optional(query);
}

async::Task<void> Advisor::read_metrics() {
  std::size_t left = parts_.prometheus == nullptr ? 0 : kMetricQueriesPerCycleMax;
  // A copy: the cache may change while an answer is waited for.
  const auto policies = parts_.caches.policies.items();
  for (const auto& [key, policy] : policies) {
    for (const api::ScalingMetric& metric : policy->spec.metrics) {
      if (metric.source != api::ScalingMetricSource::Prometheus || left == 0)
        continue;
      --left;
      const std::string name = metric_series(*policy, metric.name);
      auto query = query_for(metric, name);
      if (!query)
        continue;
      auto samples = co_await parts_.prometheus->read(std::move(*query));
      parts_.metrics.source_queries(samples ? telemetry::Outcome::Ok : telemetry::Outcome::Error)
          .add();
      if (samples) {
        recorder_.take_metric(name, *samples, parts_.executor.clock().now());
        continue;
      }
      parts_.log.warn("Failed to read a metric of a ScalingPolicy", samples.error(),
                      {{"policy", to_string(key)}, {"metric", metric.name}});
      const Code code = samples.error().code;
      if (code == Code::Unavailable || code == Code::Timeout)
        co_return;
    }
  }
}

std::vector<UsageSample> Advisor::take(Result<UsageList> list, const char* of) const {
  parts_.metrics.source_queries(list ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  if (!list) {
    parts_.log.warn("Failed to read the metrics API", list.error(), {{"of", of}});
    return {};
  }
  for (const auto& bad : list->malformed)
    parts_.log.warn("Left out a measurement that cannot be read",
                    {{"of", of}, {"name", to_string(bad.key)}, {"why", bad.why}});
  return std::move(list->samples);
}

async::Task<void> Advisor::carry_out(Decision decision) {
  if (decision.plan.empty() || !may_write_())
    co_return;
  for (const Verified& verified : decision.verified)
    parts_.metrics
        .verified_recommendations(label_of(verified.kind), verified.held
                                                               ? telemetry::ForecastOutcome::Held
                                                               : telemetry::ForecastOutcome::Missed)
        .add();
  co_await act_.run(std::move(decision.plan));
}

void Advisor::note_growth(RoomBook& book, const WorkloadView& workload, const Plan& plan,
                          TimePoint now) {
  if (!workload.admission)
    return;
  const PodAdmission& of = workload.admission->to;
  book.take(of, plan.growth);
  if (!plan.growth.is_nothing() && may_write_())
    grown_.push_back({now, of, plan.growth});
  // New replicas wait at the gate, and the workload tells of them from the next cycle on.
  if (plan.scale)
    book.take(of,
              replica_request(*workload.workload, std::max(plan.scale->to - plan.scale->from, 0)));
}

void Advisor::show(const ClusterView& view, const std::vector<PoolFacts>& facts) {
  std::vector<telemetry::ObjectGauges::Sample> ratios;
  std::vector<telemetry::ObjectGauges::Sample> trusts;
  std::vector<telemetry::ObjectGauges::Sample> bursts;
  const TimePoint now = parts_.executor.clock().now();
  for (std::size_t i = 0; i < view.pools.size(); ++i) {
    const std::string& name = view.pools[i].pool->meta.name;
    bursts.push_back({{name}, is_in_burst(*view.pools[i].pool, now) ? 1.0 : 0.0});
    for (const Outlook& outlook : facts[i].used) {
      if (outlook.metrics != Reason::MetricsAvailable)
        continue;
      const std::string resource(outlook.resource.str());
      ratios.push_back({{name, resource}, outlook.use_now / outlook.capacity});
      trusts.push_back({{name, resource}, outlook.trust});
    }
  }
  parts_.metrics.current_usage_ratio.replace(std::move(ratios));
  parts_.metrics.forecast_trust_ratio.replace(std::move(trusts));
  parts_.metrics.in_burst_mode.replace(std::move(bursts));
  std::array<double, api::kRecommendationKinds> pending{};
  for (const auto& [key, one] : parts_.caches.recommendations.items())
    if (api::is_true(one->status.conditions, "Valid") && !one->status.applied_at &&
        one->spec.expires_at > now)
      pending[static_cast<std::size_t>(one->spec.kind)] += 1;
  for (std::size_t i = 0; i < pending.size(); ++i)
    parts_.metrics.pending_plans(static_cast<telemetry::AdviceKind>(i)).set(pending[i]);
}

void Advisor::tell_of_limits() {
  const HistoryTotals& totals = recorder_.history().totals();
  if (series_refused_.is_news(totals.refused))
    parts_.log.warn("Had no room for another series; what it is of is not advised on",
                    {{"series", totals.series}});
  if (marks_refused_.is_news(totals.marks_refused))
    parts_.log.warn("Had no room for what a container needed to start or was killed at; its "
                    "requests may be advised too low",
                    {{"marks", totals.marks}});
}

void Advisor::read_history() {
  if (options_.history_file.empty())
    return;
  const TimePoint now = parts_.executor.clock().now();
  const auto read = read_history_file(options_.history_file, now, recorder_.history());
  if (read)
    parts_.log.info(
        "Read the history of before",
        {{"file", options_.history_file}, {"series", recorder_.history().series().size()}});
  else if (read.error().code != Code::NotFound)
    parts_.log.warn("Failed to read the history of before; it is measured anew", read.error());
}

void Advisor::keep_history(TimePoint now, bool at_once) {
  if (options_.history_file.empty())
    return;
  history_kept_ = history_kept_.value_or(now);
  if (!at_once && now - *history_kept_ < kHistoryKeptEvery)
    return;
  history_kept_ = now;
  if (const auto kept = write_history_file(options_.history_file, recorder_.history()); !kept)
    parts_.log.warn("Failed to keep the history", kept.error());
}

} // namespace berth::analyzer
