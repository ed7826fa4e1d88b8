#pragma once
// Mirror: the analyzer's caches of the API server: nodes, pools and quotas, workloads and their
// pods, and what policies and recommendations say about them.

#include <memory>
#include <stop_token>
#include <vector>

#include "analyzer/advise/view.hpp"
#include "lib/async/executor.hpp"
#include "lib/base/rng.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/kube/client.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::analyzer {

class Mirror {
public:
  Mirror(kube::Client& client, async::Executor& executor, Rng rng, telemetry::Logger log);
  ~Mirror();

  /// Follows the API server until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Whether every cache has been filled once. On the executor.
  [[nodiscard]] bool has_synced() const;
  /// What is reflected, and how that goes; for metrics. On the executor.
  [[nodiscard]] std::vector<cluster::ObservedResource> resources() const;
  /// Valid as long as the mirror.
  [[nodiscard]] Caches caches() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::analyzer
