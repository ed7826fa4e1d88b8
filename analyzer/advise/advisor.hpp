#pragma once
// Advisor: the analyzer's loop. Each interval it measures, decides for every pool, and writes what
// differs. It measures whether or not it leads, so that a standby that takes over knows the past.

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "analyzer/advise/act.hpp"
#include "analyzer/advise/pool_course.hpp"
#include "analyzer/advise/settings.hpp"
#include "analyzer/advise/view.hpp"
#include "analyzer/model/cadence.hpp"
#include "analyzer/sources/metrics_api.hpp"
#include "lib/async/executor.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

struct AdvisorParts {
  kube::Client& client;
  async::Executor& executor;
  Caches caches;
  telemetry::AnalyzerMetrics& metrics;
  telemetry::Logger log{};
};

class Advisor {
public:
  /// `has_synced`: whether all caches are filled; nothing is done before. `may_write`: whether
  /// this replica leads; asked before each pool.
  Advisor(AdvisorParts parts, AdvisorOptions options, std::function<bool()> has_synced,
          std::function<bool()> may_write);

  /// One cycle per interval until `stop`; a cycle that has begun is finished.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Measures, decides, and writes where it may.
  [[nodiscard]] async::Task<void> cycle();

private:
  [[nodiscard]] async::Task<void> measure();
  /// Keeps the sample if it is newer than what is known of the node; the time between the two.
  [[nodiscard]] std::optional<Duration> remember(const UsageSample& sample, TimePoint now);
  void forget_what_is_gone(const ClusterView& view);
  [[nodiscard]] PoolCourse& course_of(const PoolView& view);

  AdvisorParts parts_;
  AdvisorOptions options_;
  std::function<bool()> has_synced_;
  std::function<bool()> may_write_;
  Act act_;
  NodeSamples samples_;
  Cadence cadence_;
  /// By the pool's uid: one that is made anew under its old name starts without a past.
  std::map<std::string, PoolCourse> courses_;
};

} // namespace berth::analyzer
