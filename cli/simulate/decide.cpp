#include "cli/simulate/decide.hpp"

#include <cmath>

namespace berth::cli {

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
                             const simulator::RunOptions& options, const Stopwatch& stopwatch) {
  ScenarioView view;
  const auto before = stopwatch();
  view.run = run(scenario, options);
  view.cpu = stopwatch() - before;
  simulator::RunOptions fifo;
  fifo.seed = options.seed;
  fifo.is_fifo = true;
  view.gain = simulator::compare_with_fifo(view.run, run(scenario, fifo));
  for (const auto& set : scenario.workloads)
    view.workloads += static_cast<std::size_t>(set.count);
  return view;
}

} // namespace berth::cli
