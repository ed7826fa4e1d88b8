#include "cli/simulate/decide.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace berth::cli {
namespace {

/// "simulated 43 %", at each whole percent.
std::function<void(std::size_t, std::size_t)> counter(const Onlooker& onlooker,
                                                      const std::string& what) {
  if (!onlooker.progress)
    return {};
  return [&onlooker, what, last = std::size_t{101}](std::size_t arrived, std::size_t all) mutable {
    if (const std::size_t percent = 100 * arrived / std::max<std::size_t>(all, 1); percent != last)
      onlooker.progress(what + " " + std::to_string(last = percent) + " %");
  };
}

} // namespace

double percent_of(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

PackingView decide_packing(const simulator::PackingInput& input,
                           const simulator::PackingOptions& options, SeedRange seeds) {
  PackingView view;
  view.strategy = to_string(options.strategy);
  view.load_percent = options.load_percent;
  double squares = 0;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    simulator::PackingOptions seeded = options;
    seeded.seed = seed;
    const auto& run = view.runs.emplace_back(pack(input, seeded));
    view.mean += percent_of(run.allocated_milli, run.capacity_milli);
    view.upper_bound += percent_of(run.upper_bound_milli, run.capacity_milli);
  }
  const auto count = static_cast<double>(view.runs.size());
  view.mean /= count;
  view.upper_bound /= count;
  for (const auto& run : view.runs)
    squares += std::pow(percent_of(run.allocated_milli, run.capacity_milli) - view.mean, 2);
  view.deviation = view.runs.size() < 2 ? 0 : std::sqrt(squares / (count - 1));
  return view;
}

ScenarioView decide_scenario(const simulator::Scenario& scenario,
                             const simulator::RunOptions& options, const Onlooker& onlooker) {
  ScenarioView view;
  simulator::RunOptions told = options;
  told.progress = counter(onlooker, "simulated");
  const auto before = onlooker.processor_time();
  view.run = run(scenario, told);
  view.cpu = onlooker.processor_time() - before;
  simulator::RunOptions fifo;
  fifo.seed = options.seed;
  fifo.is_fifo = true;
  fifo.progress = counter(onlooker, "without backfill");
  view.gain = simulator::compare_with_fifo(view.run, run(scenario, fifo));
  for (const auto& set : scenario.workloads)
    view.workloads += static_cast<std::size_t>(set.count);
  if (onlooker.progress)
    onlooker.progress("");
  return view;
}

} // namespace berth::cli
