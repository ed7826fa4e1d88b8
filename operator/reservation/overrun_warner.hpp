#pragma once
// OverrunWarner: tells holders that run on after the window of their reservation so, once, where
// the reservation says Warn (R4). It evicts nobody. Called once per cycle.

#include <set>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/kube/events.hpp"

namespace berth::op {

class OverrunWarner {
public:
  explicit OverrunWarner(kube::EventRecorder& events) : events_(events) {}

  /// All that run on as of the newest plan.
  void report(const std::vector<allocation::OverrunWarning>& overruns);

private:
  kube::EventRecorder& events_;
  std::set<PodUid> told_; ///< of those in the last report
};

} // namespace berth::op
