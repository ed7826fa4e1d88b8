#pragma once
// WatchMetrics: copies what reflectors count into the program's metrics, on their executor. For the
// Observer of operator and extender, and for the analyzer's caches.

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/cluster/observer.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::cluster {

class WatchMetrics {
public:
  /// What is reflected and how that goes; the same resources each time it is asked.
  using Resources = std::function<std::vector<ObservedResource>()>;

  /// Makes the series of each resource, at zero.
  WatchMetrics(Resources resources, async::Executor& executor, telemetry::Registry& registry);

  /// Copies every few seconds until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  void copy();

private:
  Resources resources_;
  async::Executor& executor_;
  std::map<std::string, std::unique_ptr<telemetry::ReflectorMetrics>> by_resource_;
};

} // namespace berth::cluster
