#include "analyzer/advise/advisor.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "analyzer/advise/decide.hpp"
#include "analyzer/model/pool_usage.hpp"

namespace berth::analyzer {
namespace {

/// How soon it looks again while the caches are being filled.
constexpr Duration kSyncPoll = std::chrono::seconds{1};

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

} // namespace

Advisor::Advisor(AdvisorParts parts, AdvisorOptions options, std::function<bool()> has_synced,
                 std::function<bool()> may_write)
    : parts_(std::move(parts)), options_(std::move(options)), has_synced_(std::move(has_synced)),
      may_write_(std::move(may_write)), act_{parts_.client, parts_.metrics, parts_.log},
      cadence_(options_.interval) {}

async::Task<void> Advisor::run(std::stop_token stop) {
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
      co_return;
  }
}

async::Task<void> Advisor::cycle() {
  const SteadyPoint began = parts_.executor.clock().steady_now();
  co_await measure();
  const TimePoint now = parts_.executor.clock().now();
  const ClusterView view = observe(parts_.caches, samples_);
  forget_what_is_gone(view);
  const Duration interval = cadence_.interval();
  for (const auto& pool : view.pools) {
    const PoolUsage usage = add_up(pool.nodes, now, Series::kStaleIntervals * interval);
    PoolCourse& course = course_of(pool);
    course.record(usage, interval, now);
    PoolPlan plan = decide(pool, usage, course, options_, now);
    if (!plan.empty() && may_write_())
      co_await act_.run(std::move(plan));
  }
  PoolPlan orphans = decide_orphans(view.orphans, options_, now);
  if (!orphans.empty() && may_write_())
    co_await act_.run(std::move(orphans));
  const auto took = parts_.executor.clock().steady_now() - began;
  parts_.metrics.cycle_duration_seconds.observe(std::chrono::duration<double>(took).count());
}

async::Task<void> Advisor::measure() {
  auto list = co_await read_node_metrics(parts_.client);
  parts_.metrics.source_queries(list ? telemetry::Outcome::Ok : telemetry::Outcome::Error).add();
  if (!list) {
    parts_.log.warn("Failed to read the metrics API", list.error());
    co_return;
  }
  const TimePoint now = parts_.executor.clock().now();
  std::vector<Duration> spacings;
  for (const auto& sample : list->samples)
    if (const auto spacing = remember(sample, now))
      spacings.push_back(*spacing);
  cadence_.add(spacings);
  for (const auto& bad : list->malformed)
    parts_.log.warn("Left out a measurement that cannot be read",
                    {{"node", to_string(bad.key)}, {"why", bad.why}});
}

std::optional<Duration> Advisor::remember(const UsageSample& sample, TimePoint now) {
  if (sample.at > now + options_.interval)
    return std::nullopt; // kept, it would turn away all that come after it
  auto& newest = parts_.metrics.newest_sample_timestamp_seconds;
  newest.set(std::max(newest.value(), seconds(sample.at.time_since_epoch())));
  const auto [known, is_new] =
      samples_.try_emplace(NodeName(sample.key.name), sample.at, sample.used);
  if (is_new || sample.at <= known->second.at)
    return std::nullopt;
  const Duration spacing = sample.at - known->second.at;
  known->second = {sample.at, sample.used};
  return spacing;
}

void Advisor::forget_what_is_gone(const ClusterView& view) {
  std::erase_if(samples_, [&](const auto& sample) {
    return parts_.caches.nodes.find({"", sample.first.str()}) == nullptr;
  });
  std::set<std::string> uids;
  for (const auto& pool : view.pools)
    uids.insert(pool.pool->meta.uid);
  std::erase_if(courses_, [&](const auto& course) { return !uids.contains(course.first); });
}

PoolCourse& Advisor::course_of(const PoolView& view) {
  return courses_.try_emplace(view.pool->meta.uid, options_).first->second;
}

} // namespace berth::analyzer
