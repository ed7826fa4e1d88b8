// How much is logged, changed while a program runs.

#include "lib/program/log_level_file.hpp"

#include <filesystem>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"
#include "tests/unit/kube/temporary_folder.hpp"

using namespace berth;
using namespace std::chrono_literals;
using telemetry::Level;

namespace {

/// A log of level info that follows a file in simulated time.
struct FollowedLog {
  FollowedLog() { async::spawn(executor, file.run(executor, stop.get_token())); }
  ~FollowedLog() {
    stop.request_stop();
    executor.run_for(1min);
  }
  FollowedLog(const FollowedLog&) = delete;
  FollowedLog& operator=(const FollowedLog&) = delete;

  void write(const std::string& text) {
    folder.write("level", text);
    executor.run_for(program::LogLevelFile::kInterval);
  }

  kube::testing::TemporaryFolder folder;
  async::SimulatedExecutor executor{TimePoint{}};
  std::vector<std::string> lines;
  telemetry::Log log{executor, options()};
  program::LogLevelFile file{folder.path("level"), log};
  std::stop_source stop;

private:
  telemetry::LogOptions options() {
    telemetry::LogOptions kept;
    kept.queue_lines_max = 0;
    kept.sink = [this](std::string_view line) { lines.emplace_back(line); };
    return kept;
  }
};

} // namespace

TEST_CASE("What the file says holds from the next look on, without a restart") {
  FollowedLog followed;
  const telemetry::Logger logger = followed.log.logger("a part");
  followed.write("debug\n");
  CHECK(followed.log.level() == Level::Debug);
  CHECK(logger.enabled(Level::Debug));
  followed.write("error");
  CHECK(followed.log.level() == Level::Error);
  CHECK_FALSE(logger.enabled(Level::Warn));
}

TEST_CASE("A change is told, be it to more or to less, and an unchanged file is not") {
  FollowedLog followed;
  followed.write("debug");
  REQUIRE(followed.lines.size() == 1);
  CHECK_THAT(followed.lines[0], Catch::Contains(R"("before":"info","after":"debug")"));
  followed.executor.run_for(1h);
  CHECK(followed.lines.size() == 1);
  followed.write("warn");
  REQUIRE(followed.lines.size() == 2);
  CHECK_THAT(followed.lines[1], Catch::Contains(R"("before":"debug","after":"warn")"));
}

TEST_CASE("What is no level changes nothing and is told once") {
  FollowedLog followed;
  const std::string text = GENERATE("", "loud", "Debug", "debug info", std::string(100, 'x'));
  CAPTURE(text);
  followed.write(text);
  followed.executor.run_for(1h);
  CHECK(followed.log.level() == Level::Info);
  REQUIRE(followed.lines.size() == 1);
  CHECK_THAT(followed.lines[0], Catch::Contains(followed.folder.path("level")));
  followed.write("debug");
  CHECK(followed.log.level() == Level::Debug);
}

TEST_CASE("A file that goes leaves the level as it was, and one that comes is used") {
  FollowedLog followed;
  followed.executor.run_for(1h);
  CHECK(followed.log.level() == Level::Info);
  CHECK(followed.lines.size() == 1);
  followed.write("warn");
  CHECK(followed.log.level() == Level::Warn);
  std::filesystem::remove(followed.folder.path("level"));
  followed.executor.run_for(1h);
  CHECK(followed.log.level() == Level::Warn);
}
