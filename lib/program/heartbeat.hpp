#pragma once
// Heartbeat: whether the program's executor still runs what is posted to it. The health server
// answers on threads of its own, so without this a loop that hangs would look alive for ever.

#include <atomic>
#include <stop_token>

#include "lib/async/executor.hpp"
#include "lib/base/result.hpp"

namespace berth::program {

class Heartbeat {
public:
  /// Counts as alive from now on. `executor` must outlive it.
  explicit Heartbeat(async::Executor& executor);

  /// Beats until `stop`.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Unavailable once no beat has come for longer than kSilenceMax. From any thread.
  [[nodiscard]] Result<void> check() const;

  static constexpr Duration kInterval = std::chrono::seconds{1};
  /// Far above the longest cycle and the decoding of the largest list.
  static constexpr Duration kSilenceMax = std::chrono::seconds{60};

private:
  void beat();

  async::Executor& executor_;
  std::atomic<SteadyPoint> last_;
};

} // namespace berth::program
