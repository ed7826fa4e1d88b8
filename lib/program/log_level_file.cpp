#include "lib/program/log_level_file.hpp"

#include <cstddef>
#include <utility>

#include "lib/base/file.hpp"
#include "lib/base/text.hpp"

namespace berth::program {
namespace {

constexpr std::size_t kFileBytesMax = 64;

Result<telemetry::Level> read_level(const std::string& path) {
  BERTH_TRY(const std::string text, read_file(path, kFileBytesMax));
  const auto level = telemetry::level_from(trimmed_end(text, " \t\r\n"));
  if (!level)
    return fail(Code::Invalid, path + ": must be debug, info, warn or error");
  return *level;
}

} // namespace

LogLevelFile::LogLevelFile(std::string path, telemetry::Log& log)
    : path_(std::move(path)), log_(log), logger_(log.logger("log")) {}

async::Task<void> LogLevelFile::run(async::Executor& executor, std::stop_token stop) {
  for (bool due = true; due;) {
    due = co_await async::sleep_for(executor, kInterval, stop);
    if (due)
      check();
  }
}

void LogLevelFile::check() {
  const Result<telemetry::Level> level = read_level(path_);
  if (level) {
    fault_.clear();
    use(*level);
    return;
  }
  const bool is_known = std::exchange(fault_, level.error().message) == level.error().message;
  if (!is_known)
    logger_.warn("Kept the log level; its file cannot be used", level.error(),
                 {{"kept", log_.level()}});
}

void LogLevelFile::use(telemetry::Level level) {
  const telemetry::Level before = log_.level();
  if (level == before)
    return;
  const auto tell = [&] {
    logger_.info("Changed the log level", {{"before", before}, {"after", level}});
  };
  if (level > before) // told while it is still written
    tell();
  log_.set_level(level);
  if (level < before)
    tell();
}

} // namespace berth::program
