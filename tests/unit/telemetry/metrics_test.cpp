#include "lib/telemetry/metrics.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "lib/telemetry/labels.hpp"

namespace berth::telemetry {
namespace {

constexpr MetricSpec kCalls{MetricKind::Counter, "test_calls_total", "Calls.", {}};
constexpr MetricSpec kDepth{MetricKind::Gauge, "test_depth", "Depth.", {}};
constexpr std::array<double, 2> kBounds{0.5, 1};
constexpr MetricSpec kSeconds{MetricKind::Histogram, "test_seconds", "Time.", kBounds};

TEST_CASE("Every series of a family is exposed at zero from the start") {
  Registry registry;
  const CounterFamily<ExtenderVerb, CallOutcome> calls(registry, kCalls);
  const std::string text = registry.exposition();
  for (const auto verb : Label<ExtenderVerb>::kValues)
    for (const auto outcome : Label<CallOutcome>::kValues) {
      const std::string line = "test_calls_total{verb=\"" + std::string(verb) + "\",outcome=\"" +
                               std::string(outcome) + "\"} 0\n";
      CAPTURE(line);
      CHECK(text.find(line) != std::string::npos);
    }
}

TEST_CASE("A family finds the series of its labels") {
  Registry registry;
  const CounterFamily<ExtenderVerb, CallOutcome> calls(registry, kCalls, {{"server", "a"}});
  calls(ExtenderVerb::Bind, CallOutcome::Error).add(3);
  calls(ExtenderVerb::Filter, CallOutcome::Ok).add();
  const std::string text = registry.exposition();
  CHECK(text.find("test_calls_total{server=\"a\",verb=\"bind\",outcome=\"error\"} 3\n") !=
        std::string::npos);
  CHECK(text.find("test_calls_total{server=\"a\",verb=\"filter\",outcome=\"ok\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("# HELP test_calls_total Calls.\n# TYPE test_calls_total counter\n") !=
        std::string::npos);
}

TEST_CASE("A histogram counts values up to and including each bound") {
  Registry registry;
  Histogram& seconds = registry.histogram(kSeconds);
  for (const double value : {0.1, 0.5, 0.6, 1.0, 2.0})
    seconds.observe(value);
  CHECK(seconds.counts() == std::vector<std::uint64_t>{2, 2, 1});
  const std::string text = registry.exposition();
  CHECK(text.find("test_seconds_count 5\n") != std::string::npos);
  CHECK(text.find("test_seconds_sum 4.2") != std::string::npos);
  CHECK(text.find("test_seconds_bucket{le=\"0.5\"} 2\n") != std::string::npos);
  CHECK(text.find("test_seconds_bucket{le=\"1\"} 4\n") != std::string::npos);
  CHECK(text.find("test_seconds_bucket{le=\"+Inf\"} 5\n") != std::string::npos);
}

TEST_CASE("The same series asked for twice is one cell") {
  Registry registry;
  Gauge& first = registry.gauge(kDepth, {{"name", "a"}});
  CHECK(&first == &registry.gauge(kDepth, {{"name", "a"}}));
  CHECK(&first != &registry.gauge(kDepth, {{"name", "b"}}));
}

TEST_CASE("Label values are escaped") {
  Registry registry;
  registry.gauge(kDepth, {{"name", "a\"b\\c\nd"}}).set(1);
  CHECK(registry.exposition().find(R"(test_depth{name="a\"b\\c\nd"} 1)") != std::string::npos);
}

TEST_CASE("Gauges by object follow what there is, up to a number of series") {
  Registry registry;
  ObjectGauges used(registry, kDepth, {"quota", "resource"}, 2);
  CHECK(registry.exposition().find("test_depth{") == std::string::npos);
  used.replace({{{"red", "cpu"}, 4}, {{"blue", "cpu"}, 2.5}});
  std::string text = registry.exposition();
  CHECK(text.find("test_depth{quota=\"red\",resource=\"cpu\"} 4\n") != std::string::npos);
  CHECK(text.find("test_depth{quota=\"blue\",resource=\"cpu\"} 2.5\n") != std::string::npos);
  used.replace({{{"blue", "cpu"}, 1}});
  CHECK(registry.exposition().find("red") == std::string::npos);
  used.replace({{{"a", "cpu"}, 1}, {{"b", "cpu"}, 1}, {{"c", "cpu"}, 1}});
  text = registry.exposition();
  CHECK(text.find("quota=\"c\"") == std::string::npos);
  CHECK(text.find("berth_metric_series_dropped{metric=\"test_depth\"} 1\n") != std::string::npos);
}

TEST_CASE("Histograms by object begin at zero and end with their object, up to a number of them") {
  Registry registry;
  ObjectHistograms waits(registry, kSeconds, {"quota"}, 2);
  CHECK(registry.exposition().find("test_seconds_count") == std::string::npos);
  waits.keep({{"blue"}, {"red"}});
  waits.observe({"red"}, 0.7);
  std::string text = registry.exposition();
  CHECK(text.find("test_seconds_count{quota=\"blue\"} 0\n") != std::string::npos);
  CHECK(text.find("test_seconds_bucket{quota=\"red\",le=\"0.5\"} 0\n") != std::string::npos);
  CHECK(text.find("test_seconds_bucket{quota=\"red\",le=\"1\"} 1\n") != std::string::npos);
  CHECK(text.find("test_seconds_sum{quota=\"red\"} 0.7\n") != std::string::npos);
  waits.keep({{"a"}, {"b"}, {"red"}}); // who has a series keeps it
  waits.observe({"b"}, 0.7);
  text = registry.exposition();
  CHECK(text.find("blue") == std::string::npos);
  CHECK(text.find("quota=\"b\"") == std::string::npos);
  CHECK(text.find("test_seconds_count{quota=\"red\"} 1\n") != std::string::npos);
  CHECK(text.find("berth_metric_series_dropped{metric=\"test_seconds\"} 1\n") != std::string::npos);
  waits.keep({{"b"}});
  waits.observe({"b"}, 0.2);
  CHECK(registry.exposition().find("test_seconds_count{quota=\"b\"} 1\n") != std::string::npos);
}

TEST_CASE("Values kept elsewhere are fetched before each exposition") {
  Registry registry;
  Counter& total = registry.counter(kCalls);
  double kept_elsewhere = 5;
  registry.before_exposition([&] { total.set_total(kept_elsewhere); });
  CHECK(registry.exposition().find("test_calls_total 5\n") != std::string::npos);
  kept_elsewhere = 8;
  CHECK(registry.exposition().find("test_calls_total 8\n") != std::string::npos);
}

TEST_CASE("Counts of many threads add up while they are exposed") {
  Registry registry;
  Counter& calls = registry.counter(kCalls);
  Histogram& seconds = registry.histogram(kSeconds);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int call = 0; call < 5000; ++call) {
        calls.add();
        seconds.observe(0.5);
      }
    });
  for (int scrape = 0; scrape < 20; ++scrape)
    CHECK_FALSE(registry.exposition().empty());
  for (std::thread& thread : threads)
    thread.join();
  CHECK(calls.value() == 20000);
  CHECK(seconds.counts() == std::vector<std::uint64_t>{20000, 0, 0});
  CHECK(seconds.sum() == 10000);
}

TEST_CASE("Statuses and methods have a label, known or not") {
  CHECK(status_code(200) == StatusCode::S200);
  CHECK(status_code(504) == StatusCode::S504);
  CHECK(status_code(418) == StatusCode::Other);
  CHECK(status_code(std::nullopt) == StatusCode::None);
  CHECK(http_method("PATCH") == HttpMethod::Patch);
  CHECK(http_method("BREW") == HttpMethod::Other);
}

} // namespace
} // namespace berth::telemetry
