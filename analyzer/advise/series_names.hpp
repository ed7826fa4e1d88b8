#pragma once
// What the advisor's series and marks are called in the history. A pool by its uid: one that is
// made anew under its old name starts without a past. A workload by its name: it keeps its past
// when it is installed anew.

#include <string>

#include "analyzer/model/history/history.hpp"
#include "analyzer/sources/workloads.hpp"
#include "lib/api/scaling_recommendation.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::analyzer {

/// What a node uses.
[[nodiscard]] inline std::string node_series(std::string_view node,
                                             const resources::ResourceName& resource) {
  return series_name({"node", node, resource.str()});
}

/// What the nodes of a pool use together.
[[nodiscard]] inline std::string pool_series(std::string_view uid,
                                             const resources::ResourceName& resource) {
  return series_name({"pool", uid, resource.str()});
}

/// What is charged to the nodes of a pool, as the operator says.
[[nodiscard]] inline std::string pool_charged_series(std::string_view uid,
                                                     const resources::ResourceName& resource) {
  return series_name({"charged", uid, resource.str()});
}

/// A measure of a pool, by the name that recommendations give it (pool_measures.hpp).
[[nodiscard]] inline std::string measure_series(std::string_view uid, std::string_view metric) {
  return series_name({"measure", uid, metric});
}

/// Whether a container of the workload's busiest pod is held back by its cpu limit, in thousandths.
[[nodiscard]] inline std::string throttling_series(const WorkloadRef& workload,
                                                   std::string_view container) {
  return series_name(
      {"throttling", workload.key.ns, to_string(workload.kind), workload.key.name, container});
}

/// What a quota's work holds and waits for of a resource of a pool, as the operator says.
[[nodiscard]] inline std::string demand_series(std::string_view uid, const PoolName& pool,
                                               const resources::ResourceName& resource) {
  return series_name({"demand", uid, pool.str(), resource.str()});
}

/// What all pods of a workload use together.
[[nodiscard]] inline std::string workload_series(const WorkloadRef& workload,
                                                 const resources::ResourceName& resource) {
  return series_name(
      {"workload", workload.key.ns, to_string(workload.kind), workload.key.name, resource.str()});
}

/// What a container of the workload's busiest pod uses, start-ups left out.
[[nodiscard]] inline std::string busiest_series(const WorkloadRef& workload,
                                                std::string_view container,
                                                const resources::ResourceName& resource) {
  return series_name({"busiest", workload.key.ns, to_string(workload.kind), workload.key.name,
                      container, resource.str()});
}

/// What a policy's metric says, in thousandths.
[[nodiscard]] inline std::string metric_series(const api::ScalingPolicy& policy,
                                               std::string_view metric) {
  return series_name({"metric", policy.meta.ns, policy.meta.name, metric});
}

/// Marks: the most that a container used while it started; the highest memory limit it was killed
/// at; and when the last such kill was, in seconds since 1970.
[[nodiscard]] inline std::string startup_mark(const WorkloadRef& workload,
                                              std::string_view container,
                                              const resources::ResourceName& resource) {
  return series_name({"startup", workload.key.ns, to_string(workload.kind), workload.key.name,
                      container, resource.str()});
}
[[nodiscard]] inline std::string killed_mark(const WorkloadRef& workload,
                                             std::string_view container) {
  return series_name(
      {"killed", workload.key.ns, to_string(workload.kind), workload.key.name, container});
}
[[nodiscard]] inline std::string last_kill_mark(const WorkloadRef& workload,
                                                std::string_view container) {
  return series_name(
      {"last-kill", workload.key.ns, to_string(workload.kind), workload.key.name, container});
}

} // namespace berth::analyzer
