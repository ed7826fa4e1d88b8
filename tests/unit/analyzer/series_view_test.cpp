#include "analyzer/backtest/series_view.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace berth::analyzer {
namespace {

/// Ten days of 24 hours with a workday's shape, and one high value in the last but one.
NabFile ten_days() {
  NabFile series;
  series.name = "use <of> it.csv";
  for (int i = 0; i < 240; ++i) {
    series.times.push_back("2026-01-" + std::to_string(10 + i / 24) + " 00:00:00");
    series.values.push_back(i % 24 >= 8 && i % 24 < 18 ? 80 + i % 3 : 20 + i % 2);
  }
  series.values[200] = 400;
  return series;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

} // namespace

TEST_CASE("what Adaptive would do is said with its regret, where a season is known") {
  const auto view = view_series(ten_days(), 0);
  REQUIRE(view.replay);
  CHECK(render_text(view).find("ADAPTIVE (a day is 24 steps)") != std::string::npos);
  CHECK(render_text(view).find("in hindsight") != std::string::npos);
  CHECK(nlohmann::json::parse(render_json(view)).at("adaptive").contains("regret"));
  NabFile flat = ten_days();
  flat.values.assign(flat.values.size(), 5);
  CHECK_FALSE(view_series(flat, 0).replay);
}

TEST_CASE("a series is shown with its period, its forecast and what was unusual") {
  const auto view = view_series(ten_days(), 0);
  CHECK(view.forecast.points.size() == 48);
  REQUIRE(view.forecast.periods.size() == 1);
  CHECK(view.forecast.periods[0].steps == 24);
  REQUIRE_FALSE(view.alarms.empty());
  CHECK(view.alarms.back().row == 200);
  CHECK(view.alarms.back().kind == AnomalyKind::Spike);
  const auto text = render_text(view);
  CHECK(text.find("240 values from 2026-01-10") != std::string::npos);
  CHECK(text.find("repeats after 24 steps") != std::string::npos);
  CHECK(text.find("Spike") != std::string::npos);
}

TEST_CASE("the horizon that was asked for is kept") {
  CHECK(view_series(ten_days(), 7).forecast.points.size() == 7);
  CHECK(view_series(NabFile{"one.csv", {"now"}, {3}, {}}, 0).forecast.points.size() == 1);
}

TEST_CASE("the JSON of a series has a row for each step ahead and for each alarm") {
  const auto view = view_series(ten_days(), 12);
  const auto json = nlohmann::json::parse(render_json(view));
  CHECK(json["forecast"].size() == 12);
  CHECK(json["forecast"][0]["low"] <= json["forecast"][0]["expected"]);
  CHECK(json["anomalies"].size() == view.alarms.size());
  CHECK(json["periods"] == nlohmann::json::array({24}));
}

TEST_CASE("the picture has the course, the forecast, its band and a mark for each alarm") {
  const auto view = view_series(ten_days(), 0);
  const auto svg = draw_series(view);
  CHECK(svg.starts_with("<svg xmlns="));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "<path") == 3);
  CHECK(count(svg, "#cc79a7") == view.alarms.size());
  CHECK(svg.find("use &lt;of&gt; it.csv") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("a constant series and a single value can be drawn") {
  for (const std::size_t values : {1U, 2U, 5000U}) {
    NabFile series{
        "flat.csv", std::vector<std::string>(values, "now"), std::vector<double>(values, 7), {}};
    const auto svg = draw_series(view_series(std::move(series), 0));
    CHECK(svg.find("nan") == std::string::npos);
  }
}

} // namespace berth::analyzer
