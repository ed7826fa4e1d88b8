#pragma once
// SimulatedDisruptionController: keeps the status of PodDisruptionBudgets, by which evictions are
// judged: healthy pods counted, minAvailable or maxUnavailable (numbers or percentages) applied.
// Expected pods are those that match: scales of owners are not looked at.

#include "tests/support/simulation/change_feed.hpp"

namespace berth::simulation {

class SimulatedDisruptionController {
public:
  explicit SimulatedDisruptionController(SimulatedApiServer& server)
      : server_(server), feed_(server) {}

  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  void reconcile_all();
  void reconcile(const Json& budget);
  [[nodiscard]] Json status_of(const Json& budget) const;

  SimulatedApiServer& server_;
  ChangeFeed feed_;
};

} // namespace berth::simulation
