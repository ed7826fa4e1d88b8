#include "lib/cluster/watch_metrics.hpp"

#include <utility>

namespace berth::cluster {
namespace {

constexpr Duration kCopyInterval = std::chrono::seconds{5};

} // namespace

WatchMetrics::WatchMetrics(Resources resources, async::Executor& executor,
                           telemetry::Registry& registry)
    : resources_(std::move(resources)), executor_(executor) {
  for (const auto& resource : resources_())
    by_resource_.emplace(resource.plural,
                         std::make_unique<telemetry::ReflectorMetrics>(registry, resource.plural));
}

async::Task<void> WatchMetrics::run(std::stop_token stop) {
  for (bool due = true; due;) {
    copy();
    due = co_await async::sleep_for(executor_, kCopyInterval, stop);
  }
}

void WatchMetrics::copy() {
  // Progress is kept in steady time; what is exposed is wall time.
  const TimePoint now = executor_.clock().now();
  const SteadyPoint steady_now = executor_.clock().steady_now();
  for (const auto& resource : resources_()) {
    telemetry::ReflectorMetrics& metrics = *by_resource_.at(resource.plural);
    for (std::size_t reason = 0; reason < resource.stats.relists.size(); ++reason)
      metrics.relists(static_cast<telemetry::RelistReason>(reason))
          .set_total(static_cast<double>(resource.stats.relists[reason]));
    for (std::size_t type = 0; type < resource.stats.events.size(); ++type)
      metrics.events(static_cast<telemetry::WatchEventType>(type))
          .set_total(static_cast<double>(resource.stats.events[type]));
    metrics.objects.set(static_cast<double>(resource.objects));
    metrics.synced.set(resource.synced ? 1 : 0);
    if (resource.stats.last_progress == SteadyPoint{})
      continue;
    const std::chrono::duration<double> at =
        now.time_since_epoch() - (steady_now - resource.stats.last_progress);
    metrics.last_event_timestamp_seconds.set(at.count());
  }
}

} // namespace berth::cluster
