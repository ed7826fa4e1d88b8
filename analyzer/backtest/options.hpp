#pragma once
// Options of `berth-analyzer backtest`: what to test on, and how to print it. Needs no cluster.

#include <string>

#include "lib/program/command_line.hpp"

namespace berth::analyzer {

struct BacktestOptions {
  enum class Kind { Forecast, Anomaly, Series };
  Kind kind = Kind::Forecast;
  bool json = false;
  std::string folder;  ///< of the benchmark's files
  std::string scores;  ///< Anomaly: folder for the scores of each row; may be empty
  std::string file;    ///< Series: a CSV file
  std::string picture; ///< Series: the SVG file to write; may be empty
  int horizon = 0;     ///< Series: steps ahead; 0 chooses
};

struct BacktestLine {
  BacktestOptions options;
  program::CommandLineEnd end;
};

/// Whether the command line asks for a back-test.
[[nodiscard]] bool asks_for_backtest(int argc, const char* const* argv);
/// `argv` as main() got it, "backtest" included.
[[nodiscard]] BacktestLine parse_backtest_line(int argc, const char* const* argv);

} // namespace berth::analyzer
