#pragma once
// Recorder: takes in what was measured and writes the analyzer's history with it: each node, each
// pool, each workload and its containers. What is missing stays a gap. It decides nothing.

#include <map>
#include <optional>

#include "analyzer/advise/pool_measures.hpp"
#include "analyzer/advise/pool_placement.hpp"
#include "analyzer/advise/settings.hpp"
#include "analyzer/advise/view.hpp"
#include "analyzer/advise/workload_usage.hpp"
#include "analyzer/model/cadence.hpp"
#include "analyzer/model/history/history.hpp"
#include "lib/cluster/metrics_api.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::analyzer {

/// What waits for less than this may only be on its way from the gate to a node.
inline constexpr Duration kWaitsAfter = std::chrono::minutes{2};

class Recorder {
public:
  Recorder(const AdvisorOptions& options, telemetry::AnalyzerMetrics& metrics);

  /// The newest samples of nodes; the beat of the source is learned from them.
  void take_nodes(const std::vector<cluster::UsageSample>& samples, TimePoint now);
  void take_pods(const std::vector<cluster::UsageSample>& samples, TimePoint now);
  /// What Prometheus says of a policy's metric, added as it is; the beat is that of the analyzer.
  void take_metric(const std::string& series, const std::vector<Sample>& samples, TimePoint now);
  /// Forgets samples of what the API server does not have any more.
  void forget_what_is_gone(const Caches& caches);
  /// Adds this cycle's measurements to the history, and keeps its limits. `is_charge_known`:
  /// whether the operator lives, so that what it says is charged is so now.
  void record(const ClusterView& view, const WorkloadPods& pods, TimePoint now,
              bool is_charge_known);

  [[nodiscard]] const NodeSamples& node_samples() const { return node_samples_; }
  [[nodiscard]] PoolUsage usage_of(const PoolView& pool, TimePoint now) const;
  /// What is said to be used of what the pool has and no node does, unless that is too old.
  [[nodiscard]] resources::ResourceVector pushed_use(const api::ResourcePool& pool,
                                                     TimePoint now) const;
  /// Whether work was seen to wait for it in each cycle of the last kWaitsAfter.
  [[nodiscard]] bool is_waited_for(const PoolView& pool, TimePoint now) const;
  /// As of the last record(); empty for a workload without pods.
  [[nodiscard]] const WorkloadUsage& usage_of(const WorkloadRef& workload) const;
  /// As of the last record().
  [[nodiscard]] const PoolMeasures& measures_of(const PoolView& pool) const;
  /// What the pool's nodes and pods use of the resource, as far as fresh samples say.
  [[nodiscard]] MeasuredUse use_of(const PoolView& pool, const resources::ResourceName& resource,
                                   TimePoint now) const;
  [[nodiscard]] History& history() { return history_; }
  [[nodiscard]] const History& history() const { return history_; }

private:
  [[nodiscard]] Duration stale_after() const;
  [[nodiscard]] bool is_sane(const cluster::UsageSample& sample, TimePoint now);
  void record_pool(const PoolView& pool, TimePoint now, bool is_charge_known);
  void record_measures(const PoolView& pool, TimePoint now);
  void take_pushed(const WorkloadView& view, TimePoint now);
  void record_demand(const api::Quota& quota, TimePoint now);
  void record_waiting(const ClusterView& view, TimePoint now);
  /// `view`: null for what no policy names.
  void record_workload(const WorkloadRef& ref, const WorkloadUsage& usage, const WorkloadView* view,
                       TimePoint now);
  void record_kills(const WorkloadRef& ref, const std::string& container,
                    const std::vector<MemoryKill>& kills, const WorkloadView* view, TimePoint now);
  /// What is known of a container that runs is not forgotten.
  void see_marks(const WorkloadRef& ref, const std::string& container, TimePoint now);
  void show();

  const AdvisorOptions& options_;
  telemetry::AnalyzerMetrics& metrics_;
  NodeSamples node_samples_;
  PodSamples pod_samples_;
  Cadence cadence_;
  std::map<WorkloadRef, WorkloadUsage> workloads_;
  std::map<std::string, TimePoint> waiting_since_; ///< pools by uid
  std::map<std::string, PoolMeasures> measures_;   ///< the same
  History history_;
};

} // namespace berth::analyzer
