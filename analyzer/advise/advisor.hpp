#pragma once
// Advisor: the analyzer's loop. Each interval it measures, decides for every pool and for every
// workload that a policy names, and writes what differs. It measures whether or not it leads, so
// that a standby that takes over knows the past.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "analyzer/advise/act.hpp"
#include "analyzer/advise/bottleneck_board.hpp"
#include "analyzer/advise/facts.hpp"
#include "analyzer/advise/operator_life.hpp"
#include "analyzer/advise/pool_provider.hpp"
#include "analyzer/advise/settings.hpp"
#include "analyzer/model/anomaly/anomaly_watch.hpp"
#include "analyzer/sources/prometheus.hpp"
#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

/// What one cycle saw and expects, for who shows it to others.
struct CycleFacts {
  const ClusterView& view;
  const std::vector<PoolFacts>& pools;         ///< of view.pools, in their order
  const std::vector<WorkloadFacts>& workloads; ///< of view.workloads, in their order
  TimePoint now{};
};

struct AdvisorParts {
  kube::Client& client;
  async::Executor& executor;
  Caches caches;
  telemetry::AnalyzerMetrics& metrics;
  telemetry::Logger log{};
  Prometheus* prometheus = nullptr;      ///< null: no policy's metric is read
  kube::EventRecorder* events = nullptr; ///< of what is done to targets; null: none are written
  PoolWebhook* pool_webhook = nullptr;   ///< null: no pool is grown by one
  /// Called in each cycle, on the executor. Where it is empty the facts of one workload live at a
  /// time, else those of all at once.
  std::function<void(const CycleFacts&)> on_facts{};
};

/// Notices when a count of what was refused begins to rise.
class RefusalNotice {
public:
  /// Whether more was refused since the last call, and nothing in the one before.
  [[nodiscard]] bool is_news(std::uint64_t refused) {
    const bool rises = refused > last_;
    const bool is_new = rises && !rose_;
    last_ = refused;
    rose_ = rises;
    return is_new;
  }

private:
  std::uint64_t last_ = 0;
  bool rose_ = false;
};

class Advisor {
public:
  /// `has_synced`: whether all caches are filled; nothing is done before. `may_write`: whether
  /// this replica leads; asked before each target.
  Advisor(AdvisorParts parts, AdvisorOptions options, std::function<bool()> has_synced,
          std::function<bool()> may_write);

  /// One cycle per interval until `stop`; a cycle that has begun is finished. Begins with what the
  /// history file has, and leaves there what it knows.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Measures, decides, and writes where it may.
  [[nodiscard]] async::Task<void> cycle();

private:
  [[nodiscard]] async::Task<void> measure();
  /// Asks Prometheus for what its policies' metrics did since they were last read. One that does
  /// not answer is not asked again in this cycle: each question would take its whole time-out.
  /// A metric of a policy that Prometheus is asked for.
  struct AskedMetric {
    std::shared_ptr<const api::ScalingPolicy> policy{};
    const api::ScalingMetric* metric = nullptr; ///< of the policy
  };
  [[nodiscard]] std::vector<AskedMetric> metrics_to_read() const;
  [[nodiscard]] async::Task<void> read_metrics();
  /// Whether the server is there.
  [[nodiscard]] async::Task<bool> read_metric(AskedMetric asked);
  /// Asks the provider of a pool that is made larger and smaller without a hand.
  [[nodiscard]] async::Task<void> ask_provider(const PoolView& view, PoolFacts& facts);
  /// What is new of one metric: nothing where the last answer is younger than a step.
  [[nodiscard]] std::optional<RangeQuery> query_for(const api::ScalingMetric& metric,
                                                    const std::string& series) const;
  /// Notes how the query ended; the samples of an answer.
  [[nodiscard]] std::vector<cluster::UsageSample> take(Result<cluster::UsageList> list,
                                                       const char* of) const;
  [[nodiscard]] async::Task<void> carry_out(Decision decision);
  /// What is to be written about workloads and changes none of them: after all changes, and for a
  /// part of the interval only.
  struct Chores {
    void add(std::size_t at, Decision decision);

    /// With the place among the workloads.
    std::vector<std::pair<std::size_t, Decision>> pressing{};
    std::vector<std::pair<std::size_t, Decision>> others{};
    std::vector<std::size_t> left_out{}; ///< those that there was no room for
  };
  /// Where the next cycle begins: at the first that waits from `first` on, or behind that one.
  [[nodiscard]] async::Task<std::size_t> do_chores(Chores chores, std::size_t first);
  [[nodiscard]] async::Task<void> advise_on_quotas(const ClusterView& view,
                                                   const DecideContext& context);
  /// Looks for what is not as usual; only who leads tells of it.
  void notice(const ClusterView& view, const std::vector<PoolFacts>& facts, TimePoint now);
  /// Nobody after it is promised the same room.
  void note_growth(RoomBook& book, const WorkloadView& workload, const Plan& plan, TimePoint now);
  void show(const ClusterView& view, const std::vector<PoolFacts>& facts);
  void show_habits(const ClusterView& view, const std::vector<PoolFacts>& facts);
  /// Says that the history is full, when it becomes so.
  void tell_of_limits();
  void tell_of_pushed_usage(const ClusterView& view);
  void read_history();
  void keep_history(TimePoint now, bool at_once);

  AdvisorParts parts_;
  AdvisorOptions options_;
  std::function<bool()> has_synced_;
  std::function<bool()> may_write_;
  Act act_;
  Recorder recorder_;
  Forecaster forecaster_;
  OperatorLife operator_;
  PoolProviders providers_;
  AnomalyWatch anomalies_;
  BottleneckBoard bottlenecks_;
  bool told_of_no_lease_ = false;
  /// What running pods were lately asked for more; of a cycle kPodResizesPerCycleMax at most.
  struct Growth {
    TimePoint at{};
    PodAdmission of{};
    resources::ResourceVector amounts{};
  };
  std::vector<Growth> grown_;
  std::size_t next_first_ = 0; ///< among the workloads
  std::optional<TimePoint> history_kept_;
  std::optional<TimePoint> quotas_looked_at_;
  std::size_t metrics_read_ = 0; ///< in all cycles
  RefusalNotice series_refused_;
  RefusalNotice marks_refused_;
  std::map<std::string, std::string> usage_defects_; ///< told of, by object
};

} // namespace berth::analyzer
