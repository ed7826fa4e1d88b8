#pragma once
// Suggestions: the smallest changes that would start AllocationRequests that wait (X1), for their
// statuses. Who makes a request is a program as a rule, which asks no CLI. A search plays cycles on
// the thread of the loop; so there is at most one after each cycle, of few trials, and none where
// much waits or runs: there `kubectl berth explain` says it.

#include <map>
#include <string>
#include <vector>

#include "lib/allocation/smallest_change.hpp"

namespace berth::op {

class Suggestions {
public:
  static constexpr Duration kSearchedAgainAfter = std::chrono::minutes{5};
  /// Also if the reason changes to and fro.
  static constexpr Duration kSearchedAgainAtSoonest = std::chrono::seconds{30};
  static constexpr std::size_t kWaitingMax = 200;
  static constexpr std::size_t kChargesMax = 5'000;
  static constexpr std::size_t kTrialsMax = 48;

  /// After each cycle: for the one that was looked at longest ago. Forgets requests that wait no
  /// more.
  void look_for(allocation::ChangeSearch::Input cycle);

  /// One sentence each, the best first; none for one that was not looked at yet.
  [[nodiscard]] std::vector<std::string> of(const WorkloadId& request) const;

private:
  struct Found {
    Reason reason = Reason::InsufficientQuota; ///< for which it waited then
    TimePoint at{};
    std::vector<std::string> changes{};
  };
  [[nodiscard]] bool is_due(const allocation::Waiting& request, TimePoint now) const;

  std::map<WorkloadId, Found> found_;
};

} // namespace berth::op
