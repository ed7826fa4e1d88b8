#include "analyzer/backtest/options.hpp"

#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "analyzer/model/forecast/bank.hpp"

namespace berth::analyzer {
namespace {

constexpr const char* kProgram = "berth-analyzer";
constexpr const char* kCommand = "backtest";

void add_output(CLI::App& command, std::string& output) {
  command.add_option("-o,--output", output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

} // namespace

bool asks_for_backtest(int argc, const char* const* argv) {
  return argc > 1 && std::string_view(argv[1]) == kCommand;
}

BacktestLine parse_backtest_line(int argc, const char* const* argv) {
  BacktestLine line;
  auto& options = line.options;
  std::string output = "text";
  CLI::App app{"Tests the analyzer's models on series whose future is known.",
               std::string(kProgram) + " " + kCommand};
  app.require_subcommand(1);
  auto* forecast = app.add_subcommand("forecast", "the forecast on the hourly series of M4");
  forecast->add_option("--m4", options.folder, "folder of Hourly-train.csv and Hourly-test.csv")
      ->required();
  add_output(*forecast, output);
  auto* anomaly = app.add_subcommand("anomaly", "the detection of anomalies on NAB");
  anomaly->add_option("--nab", options.folder, "folder of data/ and labels/")->required();
  anomaly->add_option("--scores", options.scores, "folder to write the scores of each row to");
  add_output(*anomaly, output);
  auto* series = app.add_subcommand("series", "pattern, forecast and anomalies of any series");
  series->add_option("file", options.file, "CSV with a header and columns timestamp,value")
      ->required();
  series->add_option("--picture", options.picture, "SVG file to draw to");
  series->add_option("--horizon", options.horizon, "steps to look ahead; default: two seasons")
      ->check(CLI::Range(1, static_cast<int>(kHorizonStepsMax)));
  add_output(*series, output);
  line.end = program::read_command_line(app, argc - 1, argv + 1,
                                        [] { return std::vector<std::string>{}; });
  options.json = output == "json";
  if (anomaly->parsed())
    options.kind = BacktestOptions::Kind::Anomaly;
  else if (series->parsed())
    options.kind = BacktestOptions::Kind::Series;
  return line;
}

} // namespace berth::analyzer
