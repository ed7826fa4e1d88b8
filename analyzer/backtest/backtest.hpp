#pragma once
// `berth-analyzer backtest`: reads the benchmark's files, lets the models loose on them, prints. It
// talks to no cluster. Called by main().

#include <string>

#include "analyzer/backtest/forecast_backtest.hpp"
#include "analyzer/backtest/options.hpp"

namespace berth::analyzer {

/// What is to be printed; an error names the file.
[[nodiscard]] Result<std::string> run_backtest(const BacktestOptions& options,
                                               const Stopwatch& stopwatch);

} // namespace berth::analyzer
