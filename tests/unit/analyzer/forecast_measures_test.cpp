#include "analyzer/backtest/forecast_measures.hpp"

#include <catch2/catch.hpp>

#include "analyzer/backtest/csv.hpp"
#include "analyzer/backtest/forecast_backtest.hpp"

namespace berth::analyzer {
namespace {

using Values = std::vector<double>;

} // namespace

TEST_CASE("sMAPE is the difference in percent of the mean of both") {
  // 200 x 10 / 210 and 200 x 10 / 190, halved.
  CHECK(smape(Values{110, 90}, Values{100, 100}) == Approx((2000.0 / 210 + 2000.0 / 190) / 2));
  CHECK(smape(Values{0}, Values{5}) == 200);
  CHECK(smape(Values{0}, Values{0}) == 0);
}

TEST_CASE("MASE measures errors in what seasonal naive was wrong by in the past") {
  // |3-1|, |7-2|, |2-3|: their mean is 8/3.
  CHECK(seasonal_scale(Values{1, 2, 3, 7, 2}, 2) == Approx(8.0 / 3));
  CHECK(seasonal_scale(Values{1, 2}, 2) == 0);
  CHECK(mase(Values{10, 20}, Values{13, 19}, 2) == Approx(1));
}

TEST_CASE("MSIS is the width and forty times what lies outside a 95 % interval") {
  const std::vector<Interval> intervals{{0, 10}, {0, 10}, {0, 10}};
  CHECK(msis(Values{5, 12, -1}, intervals, 0.95, 2) == Approx((10 + 90 + 50) / 3.0 / 2));
  CHECK(covered_share(Values{5, 12, 10}, intervals) == Approx(2.0 / 3));
}

TEST_CASE("a line of values may have quotes around whole fields only") {
  CHECK(*csv_fields("a,\"b\",,4") == std::vector<std::string_view>{"a", "b", "", "4"});
  CHECK(csv_fields("a,\"b,c\"").error().code == Code::Invalid);
  CHECK(csv_fields("a,b\"c").error().code == Code::Invalid);
  CHECK(csv_fields(std::string(kCsvFieldsMax, ',')).error().code == Code::TooLarge);
  CHECK(*csv_number("-1.5e3") == -1500);
  for (const char* wrong : {"", "x", "1x", " 1", "nan", "inf", "1e999", "1e61", "-1e61"})
    CHECK(csv_number(wrong).error().code == Code::Invalid);
}

TEST_CASE("M4's files are joined by the names of the series") {
  const auto series =
      decode_m4("\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"1\",\"2.5\",\"\"\nH2,4,5,6\r\n",
                "V1,V2\nH2,7\nH3,8\n");
  REQUIRE(series);
  REQUIRE(series->size() == 1);
  CHECK(series->front().name == "H2");
  CHECK(series->front().past == Values{4, 5, 6});
  CHECK(series->front().future == Values{7});
}

TEST_CASE("a fault in M4's files names the file and the line") {
  const auto wrong = decode_m4("V1,V2\nH1,one\n", "V1\n");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message == "training file: line 2: \"one\" is no number");
  CHECK(decode_m4("V1,V2\nH1,1\n", "V1,V2\nH2,1\n").error().message ==
        "the two files have no series in common");
}

TEST_CASE("the back-test reports the halves apart and counts only what can be measured") {
  Values wave;
  for (int i = 0; i < 240; ++i)
    wave.push_back(i % 24 + (i % 5) * 0.1);
  std::vector<M4Series> series{{"H1", wave, Values(24, 12)},
                               {"H2", wave, Values(24, 12)},
                               {"H3", Values(240, 3), Values(24, 3)}};
  int asked = 0;
  const auto report =
      backtest_forecast(series, [&] { return std::chrono::microseconds{500'000 * asked++}; });
  CHECK(report.all.series == 2); // the constant one has no scale
  CHECK(report.tuned_on.series == 1);
  CHECK(report.held_out.series == 1);
  CHECK(report.all.mase == Approx((report.tuned_on.mase + report.held_out.mase) / 2));
  CHECK(report.series_per_second == Approx(4));
  CHECK(render_json(report).find("\"seriesPerSecond\": 4.0") != std::string::npos);
  CHECK(render_text(report).find("4 series per second of one core") != std::string::npos);
}

} // namespace berth::analyzer
