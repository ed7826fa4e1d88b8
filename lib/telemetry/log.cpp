#include "lib/telemetry/log.hpp"

#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>

#include "lib/base/timestamp.hpp"

namespace berth::telemetry {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
/// Above every level: nothing is written.
constexpr int kSilent = static_cast<int>(kLevels.size());

void append_field(std::string& line, const Field& field);
void append_pair(std::string& line, std::string_view key, std::string_view value);
void append_string(std::string& line, std::string_view text);

/// Hands each line on as it is; spdlog brings the queue, its thread and the locking.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit LineSink(std::function<void(std::string_view)> take) : take_(std::move(take)) {}

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    take_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

private:
  std::function<void(std::string_view)> take_;
};

void write_to_stderr(std::string_view line) {
  std::string with_end(line);
  with_end += '\n'; // in one write, so that lines of several processes do not mix
  std::fwrite(with_end.data(), 1, with_end.size(), stderr);
}

} // namespace

struct Logger::Core {
  explicit Core(const Clock& used) : clock(used) {}

  const Clock& clock;
  std::atomic<int> level{kSilent};
  std::shared_ptr<spdlog::details::thread_pool> queue; ///< null: lines are written in the call
  std::shared_ptr<spdlog::logger> lines;
};

Log::Log(const Clock& clock, LogOptions options) : core_(std::make_shared<Logger::Core>(clock)) {
  auto take = options.sink ? std::move(options.sink) : write_to_stderr;
  const auto sink = std::make_shared<LineSink>(std::move(take));
  if (options.queue_lines_max == 0) {
    core_->lines = std::make_shared<spdlog::logger>("", sink);
  } else {
    core_->queue = std::make_shared<spdlog::details::thread_pool>(options.queue_lines_max, 1);
    core_->lines = std::make_shared<spdlog::async_logger>(
        "", sink, core_->queue, spdlog::async_overflow_policy::overrun_oldest);
  }
  set_level(options.level);
}

Log::~Log() {
  core_->level = kSilent;
  core_->queue.reset(); // writes what waits
}

Logger Log::logger(std::string_view name) const {
  return Logger(core_, std::string(name));
}

void Log::set_level(Level level) {
  core_->level = static_cast<int>(level);
}

Level Log::level() const {
  return static_cast<Level>(core_->level.load());
}

std::uint64_t Log::lines_dropped() const {
  return core_->queue ? core_->queue->overrun_counter() : 0;
}

Logger::Logger(std::shared_ptr<Core> core, std::string name)
    : core_(std::move(core)), name_(std::move(name)) {}

bool Logger::enabled(Level level) const {
  return core_ && static_cast<int>(level) >= core_->level.load(std::memory_order_relaxed);
}

Logger Logger::named(std::string_view part) const {
  Logger narrower = *this;
  narrower.name_.append(name_.empty() ? "" : ".").append(part);
  return narrower;
}

Logger Logger::with(Fields fields) const {
  Logger bound = *this;
  for (const Field& field : fields)
    append_field(bound.bound_, field);
  return bound;
}

void Logger::warn(Constant message, const Error& error, Fields fields) const {
  write(Level::Warn, message, fields, &error);
}

void Logger::error(Constant message, const Error& error, Fields fields) const {
  write(Level::Error, message, fields, &error);
}

void Logger::write(Level level, Constant message, Fields fields, const Error* error) const {
  if (!enabled(level))
    return;
  std::string line = "{\"ts\":\"";
  line.append(format_micro_time(core_->clock.now()));
  line.append("\",\"level\":\"").append(to_string(level)).append("\"");
  append_pair(line, "msg", message.text());
  append_pair(line, "logger", name_);
  line.append(bound_);
  for (const Field& field : fields)
    append_field(line, field);
  if (error != nullptr) {
    append_pair(line, "error_code", berth::to_string(error->code));
    append_pair(line, "error", error->message);
  }
  line.append("}");
  core_->lines->log(spdlog::level::info, line); // the level was checked above
}

std::string_view to_string(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

std::optional<Level> level_from(std::string_view name) {
  for (std::size_t level = 0; level < kLevels.size(); ++level) {
    if (kLevels[level] == name)
      return static_cast<Level>(level);
  }
  return std::nullopt;
}

namespace {

/// Writes one value as JSON.
struct ValueWriter {
  std::string& line;
  void operator()(bool value) const { line.append(value ? "true" : "false"); }
  void operator()(std::int64_t value) const {
    fmt::format_to(std::back_inserter(line), "{}", value);
  }
  void operator()(std::uint64_t value) const {
    fmt::format_to(std::back_inserter(line), "{}", value);
  }
  void operator()(double value) const {
    if (std::isfinite(value))
      fmt::format_to(std::back_inserter(line), "{}", value);
    else // JSON has no such number
      fmt::format_to(std::back_inserter(line), "\"{}\"", value);
  }
  void operator()(std::string_view value) const { append_string(line, value); }
  void operator()(TimePoint value) const { append_string(line, format_micro_time(value)); }
};

void append_field(std::string& line, const Field& field) {
  line.append(",\"").append(field.key()).append("\":");
  std::visit(ValueWriter{line}, field.value());
}

void append_pair(std::string& line, std::string_view key, std::string_view value) {
  line.append(",\"").append(key).append("\":");
  append_string(line, value);
}

void append_string(std::string& line, std::string_view text) {
  std::string shown(text.substr(0, kLogValueBytesMax));
  if (text.size() > kLogValueBytesMax)
    shown.append("...");
  // As ASCII: neither control characters nor text direction marks reach a terminal.
  constexpr bool kAsciiOnly = true;
  const nlohmann::json quoted = std::move(shown);
  line.append(quoted.dump(-1, ' ', kAsciiOnly, nlohmann::json::error_handler_t::replace));
}

} // namespace

} // namespace berth::telemetry
