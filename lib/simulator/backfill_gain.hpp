#pragma once
// BackfillGain: what passing others in the queue brings: the waits of a run beside those of the
// same scenario first in, first out, where nobody passes anybody (RunOptions::is_fifo).

#include <cstddef>
#include <cstdint>

#include "lib/simulator/scenario.hpp"

namespace berth::simulator {

/// Means are of the workloads that started in both runs.
struct BackfillGain {
  Duration mean_wait{};
  Duration fifo_mean_wait{};
  std::size_t compared = 0; ///< workloads that started in both
  Duration fifo_makespan{};
  std::size_t fifo_never_started = 0;

  /// By how much of the wait under FIFO it is shorter, in thousandths; negative if it is longer,
  /// and 0 if nobody waits under FIFO.
  [[nodiscard]] std::int64_t permille() const;
};
[[nodiscard]] BackfillGain compare_with_fifo(const ScenarioRun& run, const ScenarioRun& fifo);

} // namespace berth::simulator
