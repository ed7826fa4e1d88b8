#include "analyzer/advise/advisor.hpp"

#include <algorithm>
#include <utility>

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

/// What changes no target is written for this part of the interval; the rest is found anew in the
/// next cycle.
constexpr int kChoresPartOfInterval = 10;
/// Plans that are kept until everything is decided, of those that press and of the others: about
/// as many as there is time for.
constexpr std::size_t kChoresMax = 500;

/// Each may take its whole time-out, and a cycle is to end.
constexpr std::size_t kMetricQueriesPerCycleMax = 100;
/// A slow Prometheus does not keep the cycle: what was not asked for is asked for in the next.
constexpr Duration kMetricReadingMax = std::chrono::seconds{20};

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
      providers_(parts_.client, parts_.pool_webhook != nullptr), anomalies_(options_.anomalies) {}

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
  bottlenecks_.begin_cycle();
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
  Chores chores;
  // Each is the first at some time, since what all share goes to the first.
  const std::size_t first = view.workloads.empty() ? 0 : next_first_ % view.workloads.size();
  for (std::size_t i = 0; i < view.workloads.size(); ++i) {
    const std::size_t at = (first + i) % view.workloads.size();
    const WorkloadView& workload = view.workloads[at];
    WorkloadFacts facts =
        parts_.on_facts ? std::move(shown[at]) : facts_of(workload, sources, largest, now);
    bottlenecks_.add(facts);
    look_at_pods(facts, workload, pods, book, operator_.is_dead());
    facts.resizes_max = kPodResizesPerCycleMax - resizes;
    Decision decision = decide(workload, facts, context);
    resizes += decision.plan.resizes.size();
    note_growth(book, workload, decision.plan, now);
    if (decision.plan.acts())
      co_await carry_out(std::move(decision));
    else
      chores.add(at, std::move(decision));
  }
  co_await advise_on_quotas(view, context);
  for (const IdlePolicy& idle : view.idle_policies)
    chores.add(first, Decision{decide(idle, now), {}});
  const std::size_t goes_on_at = co_await do_chores(std::move(chores), first);
  next_first_ = goes_on_at;
  Decision orphans;
  orphans.plan = decide_orphans(view.orphans, options_, now);
  co_await carry_out(std::move(orphans));
  show(view, pools);
  show_habits(view, pools);
  notice(view, pools, now);
  tell_of_limits();
  tell_of_pushed_usage(view);
  keep_history(now, false);
  const auto took = parts_.executor.clock().steady_now() - began;
  parts_.metrics.cycle_duration_seconds.observe(std::chrono::duration<double>(took).count());
}

async::Task<void> Advisor::advise_on_quotas(const ClusterView& view, const DecideContext& context) {
  if (quotas_looked_at_ && context.now - *quotas_looked_at_ < kQuotasEvery)
    co_return;
  quotas_looked_at_ = context.now;
  std::vector<QuotaFacts> quotas;
  for (const QuotaView& quota : view.quotas)
    quotas.push_back(facts_of(quota, {recorder_, forecaster_}, context.now));
  auto decisions = decide_quotas(view.quotas, quotas, view.pools, context);
  for (Decision& decision : decisions)
    co_await carry_out(std::move(decision));
}

async::Task<void> Advisor::ask_provider(const PoolView& view, PoolFacts& facts) {
  const auto& elastic = view.pool->spec.elastic;
  const bool acts = options_.acts && settings_of(view, options_).acts && may_write_();
  if (acts && elastic && elastic->provider != api::ElasticProvider::None)
    facts.provider = co_await providers_.read(*elastic);
}

async::Task<void> Advisor::measure() {
  auto nodes = co_await cluster::read_node_metrics(parts_.client);
  recorder_.take_nodes(take(std::move(nodes), "nodes"), parts_.executor.clock().now());
  auto pods = co_await cluster::read_pod_metrics(parts_.client);
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

std::vector<Advisor::AskedMetric> Advisor::metrics_to_read() const {
  std::vector<AskedMetric> asked;
  if (parts_.prometheus == nullptr)
    return asked;
  for (const auto& [key, policy] : parts_.caches.policies.items())
    for (const api::ScalingMetric& metric : policy->spec.metrics)
      if (metric.source == api::ScalingMetricSource::Prometheus)
        asked.push_back({policy, &metric});
  return asked;
}

/// Goes on where the last cycle left off, so that many policies or a slow server leave nobody out.
async::Task<void> Advisor::read_metrics() {
  const auto asked = metrics_to_read();
  const std::size_t most = std::min(asked.size(), kMetricQueriesPerCycleMax);
  const SteadyPoint end = parts_.executor.clock().steady_now() + kMetricReadingMax;
  for (std::size_t read = 0; read < most; ++read) {
    const AskedMetric& next = asked[metrics_read_++ % asked.size()];
    const bool is_there = co_await read_metric(next);
    if (!is_there)
      co_return;
    if (parts_.executor.clock().steady_now() >= end && read + 1 < most) {
      parts_.log.warn("Prometheus is slow: some metrics of ScalingPolicies wait for the next cycle",
                      {{"read", read + 1}, {"of", asked.size()}});
      co_return;
    }
  }
}

async::Task<bool> Advisor::read_metric(AskedMetric asked) {
  const std::string name = metric_series(*asked.policy, asked.metric->name);
  auto query = query_for(*asked.metric, name);
  if (!query)
    co_return true;
  auto samples = co_await parts_.prometheus->read(std::move(*query));
  parts_.metrics.source_queries(samples ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  if (samples) {
    recorder_.take_metric(name, *samples, parts_.executor.clock().now());
    co_return true;
  }
  parts_.log.warn(
      "Failed to read a metric of a ScalingPolicy", samples.error(),
      {{"policy", to_string(asked.policy->meta.key())}, {"metric", asked.metric->name}});
  const Code code = samples.error().code;
  co_return code != Code::Unavailable&& code != Code::Timeout;
}

std::vector<cluster::UsageSample> Advisor::take(Result<cluster::UsageList> list,
                                                const char* of) const {
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

void Advisor::Chores::add(std::size_t at, Decision decision) {
  if (decision.plan.empty())
    return;
  auto& plans = decision.plan.is_pressing() ? pressing : others;
  if (plans.size() < kChoresMax)
    plans.emplace_back(at, std::move(decision));
  else
    left_out.push_back(at);
}

async::Task<std::size_t> Advisor::do_chores(Chores chores, std::size_t first) {
  const SteadyPoint end =
      parts_.executor.clock().steady_now() + options_.interval / kChoresPartOfInterval;
  std::vector<std::size_t> waiting = std::move(chores.left_out);
  for (auto* plans : {&chores.pressing, &chores.others})
    for (auto& [at, decision] : *plans)
      if (parts_.executor.clock().steady_now() < end)
        co_await carry_out(std::move(decision));
      else
        waiting.push_back(at);
  parts_.metrics.deferred_targets.set(static_cast<double>(waiting.size()));
  // A cycle goes round: what is before `first` comes after all others.
  const auto next = std::ranges::min_element(
      waiting, {}, [first](std::size_t at) { return std::pair(at < first, at); });
  co_return next == waiting.end() ? first + 1 : *next;
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
