#include "analyzer/backtest/nab_score.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "analyzer/backtest/anomaly_backtest.hpp"

namespace berth::analyzer {
namespace {

const std::vector<RowRange> kWindow{{40, 49}};

/// 2 / (1 + e^(5y)) - 1, as the benchmark's paper gives it.
double s(double y) {
  return 2 / (1 + std::exp(5 * y)) - 1;
}

/// A file of 100 rows with one window, in which the given rows ring.
NabScored ringing(const std::vector<std::size_t>& rows) {
  NabScored file{kWindow, std::vector<double>(100, 0.0)};
  for (const std::size_t row : rows)
    file.scores[row] = 1;
  return file;
}

double standard(const NabScored& file) {
  return score_at(std::vector{file}, kNabStandard, 0.5).score;
}

} // namespace

TEST_CASE("15 % of a file are for learning, at most 750 rows") {
  CHECK(probation_rows(100) == 15);
  CHECK(probation_rows(1999) == 299);
  CHECK(probation_rows(4032) == 604);
  CHECK(probation_rows(100'000) == 750);
}

TEST_CASE("the earlier in its window an alarm is, the more it is worth") {
  CHECK(worth_of_alarm(kWindow, 40) == Approx(1));
  CHECK(worth_of_alarm(kWindow, 45) == Approx(s(-0.5) / s(-1)));
  CHECK(worth_of_alarm(kWindow, 49) == Approx(s(-0.1) / s(-1)));
}

TEST_CASE("an alarm after a window costs the less the closer it is, one before all of it") {
  CHECK(worth_of_alarm(kWindow, 50) == Approx(s(1.0 / 9)));
  CHECK(worth_of_alarm(kWindow, 76) == Approx(s(3)));
  CHECK(worth_of_alarm(kWindow, 77) == -1);
  CHECK(worth_of_alarm(kWindow, 39) == -1);
  CHECK(worth_of_alarm({}, 39) == -1);
}

TEST_CASE("a perfect detector scores 100 and a silent one 0") {
  CHECK(standard(ringing({40})) == Approx(100));
  CHECK(standard(ringing({})) == Approx(0));
}

TEST_CASE("only the best alarm of a window counts, and alarms outside are paid for") {
  CHECK(standard(ringing({40, 45, 49})) == Approx(100));
  CHECK(standard(ringing({45})) == Approx(100 * (1 + s(-0.5) / s(-1)) / 2));
  // 0.11 of the range of 2 for an alarm far before; in probation it is free.
  CHECK(standard(ringing({40, 20})) == Approx(100 * (2 - 0.11) / 2));
  CHECK(standard(ringing({40, 3})) == Approx(100));
}

TEST_CASE("the profiles weigh misses and false alarms as published") {
  const std::vector file{ringing({20})};
  CHECK(score_at(file, kNabStandard, 0.5).score == Approx(-100 * 0.11 / 2));
  CHECK(score_at(file, kNabRewardLowFp, 0.5).score == Approx(-100 * 0.22 / 2));
  CHECK(score_at(file, kNabRewardLowFn, 0.5).score == Approx(-100 * 0.11 / 3));
}

TEST_CASE("the best threshold is the one for all files that scores most") {
  NabScored good = ringing({});
  good.scores[40] = 0.9;
  good.scores[20] = 0.6;
  NabScored bad = ringing({});
  bad.scores[20] = 0.8;
  const auto best = best_score(std::vector{good, bad}, kNabStandard);
  CHECK(best.threshold == 0.9);
  CHECK(best.score == Approx(50));
  const auto silent = best_score(std::vector{bad}, kNabStandard);
  CHECK(silent.score == 0);
  CHECK(silent.threshold == std::numeric_limits<double>::infinity());
}

TEST_CASE("the benchmark's files are read with the rows of their windows") {
  const auto windows = decode_nab_windows(
      R"({"a/b.csv": [["2015-01-01 00:01:00.000000", "2015-01-01 00:02:30.000000"]]})");
  REQUIRE(windows);
  const auto file = decode_nab_file("a/b.csv",
                                    "timestamp,value\n2015-01-01 00:00:00,1\n"
                                    "2015-01-01 00:01:00,2.5\n2015-01-01 00:02:00,3\n"
                                    "2015-01-01 00:03:00,4\n",
                                    windows->at("a/b.csv"));
  REQUIRE(file);
  CHECK(file->values == std::vector<double>{1, 2.5, 3, 4});
  CHECK(file->windows == std::vector<RowRange>{{1, 2}});
}

TEST_CASE("what is wrong with the benchmark's files is said with its place") {
  CHECK(decode_nab_windows("[]").error().code == Code::Invalid);
  CHECK(decode_nab_windows(R"({"../x.csv": []})").error().code == Code::Invalid);
  CHECK(decode_nab_windows(R"({"x.csv": [["2015-01-01 00:01:00"]]})").error().code ==
        Code::Invalid);
  CHECK(decode_nab_file("x", "t,v\n2015-01-01 00:00:00,one\n", {}).error().message ==
        "line 2: \"one\" is no number");
  CHECK(decode_nab_file("x", "t,v\n1,2,3\n", {}).error().message ==
        "line 2: must be timestamp,value");
  CHECK(decode_nab_file("x", "t,v\n2015-01-02,1\n2015-01-01,1\n", {}).error().message ==
        "rows must be in the order of time");
  CHECK(decode_nab_file("x", "t,v\n2015-01-01,1\n", {{"2016", "2017"}}).error().message ==
        "no row from 2016 to 2017");
}

TEST_CASE("the back-test runs each detector and writes the scores of the analyzer's") {
  NabFile file{"a.csv", {}, {}, {{300, 330}}};
  for (int i = 0; i < 400; ++i) {
    file.times.push_back("2015-01-01 00:00:00");
    file.values.push_back(i == 305 ? 90 : i % 7);
  }
  const auto report = backtest_anomaly(std::vector{file});
  CHECK(report.windows == 1);
  CHECK(report.detectors.front().one_threshold.standard.score > 90);
  REQUIRE(report.scores.size() == 1);
  CHECK(report.scores[0][305] > 2);
  const auto csv = render_scores(file, report.scores[0]);
  CHECK(csv.starts_with("timestamp,value,anomaly_score,label\n2015-01-01 00:00:00,0,0.000000,0\n"));
  CHECK(render_json(report).find("\"rewardLowFN\"") != std::string::npos);
  CHECK(render_text(report).find("1 files, 1 windows") != std::string::npos);
}

} // namespace berth::analyzer
