#include "lib/telemetry/log.hpp"

#include <limits>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lib/async/simulated_executor.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::telemetry {
namespace {

using nlohmann::json;

/// A log whose lines are kept, with a clock that stands still.
struct KeptLog {
  async::SimulatedExecutor clock{TimePoint{std::chrono::milliseconds{1'700'000'000'123}}};
  std::vector<std::string> lines;
  Log log{clock, options()};

  [[nodiscard]] json last() const { return json::parse(lines.back()); }

private:
  LogOptions options() {
    LogOptions kept;
    kept.queue_lines_max = 0;
    kept.sink = [this](std::string_view line) { lines.emplace_back(line); };
    return kept;
  }
};

enum class Fruit { Apple };
std::string_view to_string(Fruit) {
  return "Apple";
}

TEST_CASE("A line is one JSON object with time, level, message, logger and typed fields") {
  KeptLog kept;
  const Logger log = kept.log.logger("operator").named("quota");
  log.info("Admitted the workload", {{"workload", std::string("a/b")},
                                     {"quota", QuotaName{"red"}},
                                     {"cycle", 7},
                                     {"bytes", std::numeric_limits<std::uint64_t>::max()},
                                     {"share", 0.5},
                                     {"borrowed", true},
                                     {"fruit", Fruit::Apple},
                                     {"code", Code::Conflict},
                                     {"start", TimePoint{}}});
  CHECK(kept.lines.back() ==
        R"({"ts":"2023-11-14T22:13:20.123000Z","level":"info","msg":"Admitted the workload",)"
        R"("logger":"operator.quota","workload":"a/b","quota":"red","cycle":7,)"
        R"("bytes":18446744073709551615,"share":0.5,"borrowed":true,"fruit":"Apple",)"
        R"("code":"Conflict","start":"1970-01-01T00:00:00.000000Z"})");
}

TEST_CASE("Bound fields come with each line, failures with their code") {
  KeptLog kept;
  const Logger log = kept.log.logger("kube").with({{"request_id", 5}, {"verb", "watch"}});
  log.warn("Lost the watch", Error{Code::Unavailable, "reset by peer"}, {{"resource", "pods"}});
  const json line = kept.last();
  CHECK(line["level"] == "warn");
  CHECK(line["request_id"] == 5);
  CHECK(line["verb"] == "watch");
  CHECK(line["resource"] == "pods");
  CHECK(line["error_code"] == "Unavailable");
  CHECK(line["error"] == "reset by peer");
}

TEST_CASE("What users wrote cannot break out of its line or its terminal") {
  KeptLog kept;
  const std::string hostile = "a\n{\"level\":\"error\"}\x1b[2J\x7f\"\\\x00\xe2\x80\xae\xff"
                              "b";
  kept.log.logger("x").info("Read a name", {{"name", std::string_view(hostile)}});
  REQUIRE(kept.lines.size() == 1);
  for (const char c : kept.lines.back())
    CHECK((c >= ' ' && c < 0x7F));
  CHECK(kept.last()["name"].get<std::string>().find("a\n{") == 0);
  CHECK(kept.last()["level"] == "info");
}

TEST_CASE("A string value is cut at 256 bytes, not before") {
  KeptLog kept;
  const Logger log = kept.log.logger("x");
  log.info("Read a name", {{"name", std::string(256, 'n')}});
  CHECK(kept.last()["name"] == std::string(256, 'n'));
  log.info("Read a name", {{"name", std::string(257, 'n')}});
  CHECK(kept.last()["name"] == std::string(256, 'n') + "...");
  log.info("Read a name", {{"name", std::string(255, 'n') + "\xc3\xa4"}}); // cut inside a character
  CHECK(kept.last()["name"].get<std::string>().starts_with(std::string(255, 'n')));
}

TEST_CASE("Numbers that JSON cannot say are strings") {
  KeptLog kept;
  kept.log.logger("x").info("Measured", {{"inf", std::numeric_limits<double>::infinity()},
                                         {"nan", std::numeric_limits<double>::quiet_NaN()}});
  CHECK(kept.last()["inf"] == "inf");
  CHECK(kept.last()["nan"] == "nan");
}

TEST_CASE("The level holds for all loggers and changes while they are used") {
  KeptLog kept;
  const Logger log = kept.log.logger("x");
  log.debug("Looked");
  CHECK(kept.lines.empty());
  CHECK_FALSE(log.enabled(Level::Debug));
  kept.log.set_level(Level::Debug);
  log.debug("Looked");
  CHECK(kept.lines.size() == 1);
  kept.log.set_level(Level::Error);
  log.warn("Looked again");
  CHECK(kept.lines.size() == 1);
  log.error("Failed");
  CHECK(kept.last()["level"] == "error");
}

TEST_CASE("Levels are read by name") {
  for (const Level level : {Level::Debug, Level::Info, Level::Warn, Level::Error})
    CHECK(level_from(to_string(level)) == level);
  CHECK(level_from("INFO") == std::nullopt);
  CHECK(level_from("") == std::nullopt);
}

TEST_CASE("A logger without a log, and one that outlived it, are silent") {
  const Logger none;
  none.error("Nobody hears this");
  CHECK_FALSE(none.enabled(Level::Error));
  Logger left;
  {
    KeptLog kept;
    left = kept.log.logger("x");
  }
  left.error("Nobody hears this");
  CHECK_FALSE(left.enabled(Level::Error));
}

TEST_CASE("A slow reader costs the oldest lines, never the caller; the loss is counted") {
  SystemClock clock;
  std::mutex held;
  std::atomic<int> written{0};
  LogOptions options;
  options.queue_lines_max = 8;
  options.sink = [&](std::string_view) {
    const std::lock_guard lock(held);
    ++written;
  };
  constexpr int kLines = 100;
  std::uint64_t dropped = 0;
  {
    Log log(clock, std::move(options));
    const Logger logger = log.logger("x");
    std::unique_lock lock(held);
    for (int line = 0; line < kLines; ++line)
      logger.info("Went on");
    dropped = log.lines_dropped();
    CHECK(dropped >= kLines - 8 - 1); // one may be in the writer's hands
  }
  CHECK(static_cast<std::uint64_t>(written) + dropped == kLines); // the rest was written at the end
}

TEST_CASE("Lines of many threads stay whole") {
  SystemClock clock;
  std::vector<std::string> lines;
  LogOptions options;
  options.sink = [&](std::string_view line) { lines.emplace_back(line); };
  {
    Log log(clock, std::move(options));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([logger = log.logger("t").with({{"thread", thread}})] {
        for (int line = 0; line < 500; ++line)
          logger.info("Counted", {{"line", line}});
      });
    for (std::thread& thread : threads)
      thread.join();
  }
  REQUIRE(lines.size() == 2000);
  for (const std::string& line : lines)
    REQUIRE(json::accept(line));
}

} // namespace
} // namespace berth::telemetry
