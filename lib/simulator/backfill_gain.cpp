#include "lib/simulator/backfill_gain.hpp"

namespace berth::simulator {

std::int64_t BackfillGain::permille() const {
  if (fifo_mean_wait == Duration{})
    return 0;
  return (fifo_mean_wait - mean_wait).count() * 1000 / fifo_mean_wait.count();
}

BackfillGain compare_with_fifo(const ScenarioRun& run, const ScenarioRun& fifo) {
  BackfillGain gain;
  for (std::size_t i = 0; i < run.waits.size(); ++i)
    if (run.waits[i] && fifo.waits[i]) {
      ++gain.compared;
      gain.mean_wait += *run.waits[i];
      gain.fifo_mean_wait += *fifo.waits[i];
    }
  if (gain.compared > 0) {
    gain.mean_wait /= static_cast<std::int64_t>(gain.compared);
    gain.fifo_mean_wait /= static_cast<std::int64_t>(gain.compared);
  }
  gain.fifo_makespan = fifo.report.makespan;
  gain.fifo_never_started = fifo.report.never_started;
  return gain;
}

} // namespace berth::simulator
