#pragma once
// Advisor: the analyzer's loop. Each interval it measures, decides for every pool and for every
// workload that a policy names, and writes what differs. It measures whether or not it leads, so
// that a standby that takes over knows the past.

#include <functional>
#include <optional>
#include <stop_token>

#include "analyzer/advise/act.hpp"
#include "analyzer/advise/facts.hpp"
#include "analyzer/advise/operator_life.hpp"
#include "analyzer/advise/settings.hpp"
#include "analyzer/sources/prometheus.hpp"
#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

struct AdvisorParts {
  kube::Client& client;
  async::Executor& executor;
  Caches caches;
  telemetry::AnalyzerMetrics& metrics;
  telemetry::Logger log{};
  Prometheus* prometheus = nullptr; ///< null: no policy's metric is read
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
  [[nodiscard]] async::Task<void> read_metrics();
  /// What is new of one metric: nothing where the last answer is younger than a step.
  [[nodiscard]] std::optional<RangeQuery> query_for(const api::ScalingMetric& metric,
                                                    const std::string& series) const;
  /// Notes how the query ended; the samples of an answer.
  [[nodiscard]] std::vector<UsageSample> take(Result<UsageList> list, const char* of) const;
  [[nodiscard]] async::Task<void> carry_out(Decision decision);
  void show(const ClusterView& view, const std::vector<PoolFacts>& facts);
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
  std::optional<TimePoint> history_kept_;
};

} // namespace berth::analyzer
