#include "analyzer/advise/measured_status.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace berth::analyzer {
namespace {

using api::ConditionStatus;
using resources::Amount;
using resources::ResourceName;

std::optional<api::PoolResourceStatus> published(const api::ResourcePoolStatus& status,
                                                 const ResourceName& name) {
  for (const auto& resource : status.resources)
    if (resource.name == name)
      return resource;
  return std::nullopt;
}

/// Whether `before` says the same as `now`, as far as it is worth a write. `capacity` is that of
/// the nodes that take work, so that there may be use without any.
bool is_close(Amount before, Amount now, Amount capacity, double deadband_percent) {
  const double difference =
      std::abs(static_cast<double>(now.value()) - static_cast<double>(before.value()));
  const auto whole = static_cast<double>(std::max(capacity, before).value());
  return difference * 100 < deadband_percent * whole;
}

api::Condition metrics_condition(const PoolUsage& usage, bool enough) {
  api::Condition condition;
  condition.type = std::string(api::kMetricsAvailable);
  condition.status = enough ? ConditionStatus::True : ConditionStatus::False;
  const std::string counted =
      std::to_string(usage.nodes_fresh) + " of " + std::to_string(usage.nodes_ready);
  if (enough)
    condition.reason = Reason::MetricsAvailable;
  else if (usage.nodes_ready == 0)
    condition.reason = Reason::NoNodes;
  else
    condition.reason = usage.newest ? Reason::MetricsStale : Reason::MetricsMissing;
  condition.message = usage.nodes_ready == 0 ? "The pool has no ready node to measure"
                                             : counted + " ready nodes have fresh measurements";
  return condition;
}

bool is_measured(const PoolUsage& usage, const AdvisorOptions& options) {
  return usage.nodes_fresh > 0 && usage.coverage_percent() >= options.coverage_percent_min &&
         usage.unmeasured.size() <= api::kUnmeasuredNodesMax;
}

/// Whether the use is so high that the operator may wait for each measurement of it (T1, T3).
bool is_busy(const PoolUsage& usage, const AdvisorOptions& options) {
  return std::ranges::any_of(pool_resources(), [&](const ResourceName& resource) {
    const Amount whole = usage.measured_capacity.get(resource);
    return whole > Amount{} && resources::scaled(usage.used.get(resource), 100, whole.value()) >=
                                   Amount{options.busy_percent};
  });
}

/// Whether nothing but the time has changed, and that is told often enough.
bool is_told(const api::ResourcePoolStatus& before, const api::ResourcePoolStatus& now,
             const PoolUsage& usage, const AdvisorOptions& options) {
  return before.resources == now.resources && before.unmeasured_nodes == now.unmeasured_nodes &&
         before.measured_at && usage.newest_fresh &&
         *usage.newest_fresh - *before.measured_at < options.used_renewal &&
         !is_busy(usage, options) && !before.degradation;
}

/// Of what a pool is judged by; a sample of anything else makes that no older.
std::optional<TimePoint> oldest_sample(const PoolUsage& usage) {
  std::optional<TimePoint> oldest;
  for (const ResourceName& resource : pool_resources())
    if (const auto samples = usage.samples.find(resource); samples != usage.samples.end())
      oldest = std::min(oldest.value_or(samples->second.oldest), samples->second.oldest);
  return oldest;
}

/// What is said to be used of what no node has; nobody knows the measure of that.
void add_pushed(api::ResourcePoolStatus& status, const resources::ResourceVector& pushed) {
  for (const auto& [resource, amount] : pushed) {
    auto& entry = status.resources.emplace_back();
    entry.name = resource;
    entry.used = amount;
  }
  std::ranges::sort(status.resources, {}, &api::PoolResourceStatus::name);
}

/// Within the deadband what was written stays.
api::PoolResourceStatus measured_row(const api::ResourcePoolStatus& before, const PoolUsage& usage,
                                     const ResourceName& resource, const AdvisorOptions& options) {
  api::PoolResourceStatus row;
  row.name = resource;
  row.used = usage.used.get(resource);
  row.measured_capacity = usage.measured_capacity.get(resource);
  const auto last = published(before, resource);
  if (last && last->used && !is_busy(usage, options) &&
      is_close(*last->used, *row.used, usage.capacity.get(resource), options.used_deadband_percent))
    row.used = last->used;
  return row;
}

} // namespace

std::vector<UsePercent> measured_percents(const PoolUsage& usage, const AdvisorOptions& options) {
  std::vector<UsePercent> percents;
  for (const ResourceName& resource : pool_resources())
    if (const Amount whole = usage.measured_capacity.get(resource);
        is_measured(usage, options) && whole > Amount{} && usage.used.contains(resource) &&
        usage.coverage_percent(resource) >= options.coverage_percent_min)
      percents.push_back(
          {resource,
           static_cast<std::int32_t>(
               resources::scaled(usage.used.get(resource), 100, whole.value()).value()),
           usage.samples.at(resource).oldest});
  return percents;
}

api::ResourcePoolStatus measured_status(const PoolView& view, const PoolFacts& facts,
                                        const DecideContext& context) {
  const PoolUsage& usage = facts.usage;
  const AdvisorOptions& options = context.options;
  const api::ResourcePoolStatus before = api::measured_part(view.pool->status);
  api::ResourcePoolStatus status;
  const bool enough = is_measured(usage, options);
  for (const ResourceName& resource : pool_resources())
    if (enough && usage.used.contains(resource))
      status.resources.push_back(measured_row(before, usage, resource, options));
  const bool is_anything_measured = !status.resources.empty();
  add_pushed(status, facts.pushed);
  if (is_anything_measured) {
    status.unmeasured_nodes = usage.unmeasured;
    std::ranges::sort(status.unmeasured_nodes);
    const bool told = is_told(before, status, usage, options);
    status.measured_at = told ? before.measured_at : usage.newest_fresh;
    status.oldest_measured_at = told ? before.oldest_measured_at : oldest_sample(usage);
  }
  status.conditions = before.conditions;
  api::Condition condition = metrics_condition(usage, enough);
  condition.observed_generation = view.pool->meta.generation;
  api::set_condition(status.conditions, std::move(condition), context.now);
  return status;
}

} // namespace berth::analyzer
