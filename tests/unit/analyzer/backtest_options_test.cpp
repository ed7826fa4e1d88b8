#include "analyzer/backtest/options.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

BacktestLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"berth-analyzer", "backtest"});
  return parse_backtest_line(static_cast<int>(arguments.size()), arguments.data());
}

} // namespace

TEST_CASE("only the word backtest asks for a back-test") {
  const char* plain[] = {"berth-analyzer", "--interval-seconds=60"};
  const char* asked[] = {"berth-analyzer", "backtest"};
  CHECK_FALSE(asks_for_backtest(1, plain));
  CHECK_FALSE(asks_for_backtest(2, plain));
  CHECK(asks_for_backtest(2, asked));
}

TEST_CASE("each back-test takes its files as flags") {
  const auto forecast = parse({"forecast", "--m4", "data", "-o", "json"});
  CHECK_FALSE(forecast.end.ends);
  CHECK(forecast.options.kind == BacktestOptions::Kind::Forecast);
  CHECK(forecast.options.folder == "data");
  CHECK(forecast.options.json);
  const auto anomaly = parse({"anomaly", "--nab", "nab", "--scores", "out"});
  CHECK(anomaly.options.kind == BacktestOptions::Kind::Anomaly);
  CHECK(anomaly.options.scores == "out");
  CHECK_FALSE(anomaly.options.json);
  const auto series = parse({"series", "use.csv", "--picture", "use.svg", "--horizon", "12"});
  CHECK(series.options.kind == BacktestOptions::Kind::Series);
  CHECK(series.options.file == "use.csv");
  CHECK(series.options.picture == "use.svg");
  CHECK(series.options.horizon == 12);
}

TEST_CASE("a back-test without its files, or of another name, ends with a line that says so") {
  for (const auto& wrong :
       std::vector<std::vector<const char*>>{{},
                                             {"forecast"},
                                             {"anomaly"},
                                             {"series"},
                                             {"luck"},
                                             {"forecast", "--m4", "x", "-o", "xml"},
                                             {"series", "x.csv", "--horizon", "0"}}) {
    const auto line = parse(wrong);
    CHECK(line.end.ends);
    CHECK(line.end.exit_code == 2);
    CHECK(line.end.text.starts_with("berth-analyzer backtest: "));
  }
}

} // namespace berth::analyzer
