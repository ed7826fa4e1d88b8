#pragma once
// ObserverMetrics: copies what the reflectors of an Observer count into the program's metrics, on
// the observer's executor.

#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "lib/cluster/observer.hpp"
#include "lib/telemetry/catalog.hpp"

namespace berth::cluster {

class ObserverMetrics {
public:
  ObserverMetrics(Observer& observer, async::Executor& executor, telemetry::Registry& registry);

  /// Copies every few seconds until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  void copy();

private:
  Observer& observer_;
  async::Executor& executor_;
  std::map<std::string, std::unique_ptr<telemetry::ReflectorMetrics>> by_resource_;
};

} // namespace berth::cluster
