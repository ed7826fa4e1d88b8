#pragma once
// NodeMeter: what nodes use, from the metrics API, for the pools that place by it (LoadAware, N2).
// Asks once a minute, and not at all where no pool wants to know. What it tells the observer is
// rounded, so that nodes do not change with every breath. The observe part; placement judges.

#include <map>
#include <stop_token>

#include "lib/cluster/metrics_api.hpp"
#include "lib/cluster/observer.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::op {

class NodeMeter {
public:
  struct Parts {
    kube::Client& client;
    async::Executor& executor;
    cluster::Observer& observer;
    telemetry::Logger log;
  };
  explicit NodeMeter(Parts parts) : parts_(std::move(parts)) {}

  static constexpr Duration kReadInterval = std::chrono::seconds{60};
  /// An older sample says nothing any more: the node counts by what is charged.
  static constexpr Duration kSampleAgeMax = std::chrono::minutes{5};
  /// In percent of what is allocatable; rounded up.
  static constexpr std::int64_t kStepPercent = 5;

  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  [[nodiscard]] async::Task<void> read();
  [[nodiscard]] bool is_anybody_interested() const;
  void forget_old_samples();
  void tell() const;

  struct Sample {
    TimePoint at{};
    allocation::NodeUse use{};
    /// At this reading. What a sample covers began before it, so charges of the reading before are
    /// taken for those that it knows: some work counts twice for a minute, none not at all.
    resources::ResourceVector charged{};
  };
  Parts parts_;
  std::map<NodeName, Sample> samples_; ///< of nodes in pools that place by it
  bool has_told_of_failure_ = false;
};

} // namespace berth::op
