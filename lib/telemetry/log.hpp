#pragma once
// Log: JSON lines on stderr. A line is a constant message and typed key/values, never a formatted
// sentence and never a whole object; user strings are capped and control characters escaped.
// main() makes one Log and injects Logger copies; there is no global logger.
//
//   log.info("Admitted the workload", {{"workload", key}, {"quota", quota}, {"cycle", cycle}});

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::telemetry {

enum class Level { Debug, Info, Warn, Error };

[[nodiscard]] std::string_view to_string(Level level);
/// From "debug", "info", "warn" or "error"; nothing for another word.
[[nodiscard]] std::optional<Level> level_from(std::string_view name);

/// Longest string value of a line; the rest is cut and marked with "...".
inline constexpr std::size_t kLogValueBytesMax = 256;

/// A text known when the program is compiled, so that lines can be counted and searched by it.
class Constant {
public:
  consteval Constant(const char* text) : text_(text) {} // NOLINT(misc-explicit-constructor)
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

private:
  std::string_view text_;
};

/// One key/value of a line. Views its argument: to be used within the logging call only.
class Field {
public:
  using Value =
      std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, TimePoint>;

  Field(Constant key, bool value) : key_(key), value_(value) {}
  template <std::signed_integral I>
  Field(Constant key, I value) : key_(key), value_(std::int64_t{value}) {}
  template <std::unsigned_integral I>
  Field(Constant key, I value) : key_(key), value_(std::uint64_t{value}) {}
  Field(Constant key, double value) : key_(key), value_(value) {}
  Field(Constant key, TimePoint value) : key_(key), value_(value) {}
  Field(Constant key, const char* value) : key_(key), value_(std::string_view(value)) {}
  Field(Constant key, std::string_view value) : key_(key), value_(value) {}
  Field(Constant key, const std::string& value) : key_(key), value_(std::string_view(value)) {}
  /// A strong id.
  template <class Id>
    requires requires(const Id& id) {
      { id.str() } -> std::same_as<const std::string&>;
    }
  Field(Constant key, const Id& value) : key_(key), value_(std::string_view(value.str())) {}
  /// A closed enum whose to_string() is found by its namespace.
  template <class E>
    requires std::is_enum_v<E>
  Field(Constant key, E value) : key_(key), value_(std::string_view(to_string(value))) {}

  [[nodiscard]] std::string_view key() const { return key_.text(); }
  [[nodiscard]] const Value& value() const { return value_; }

private:
  Constant key_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

/// Writes lines of one part of the program, with ids that stay the same. Cheap to copy; may be used
/// from several threads.
class Logger {
public:
  /// Drops everything.
  Logger() = default;

  void debug(Constant message, Fields fields = {}) const { write(Level::Debug, message, fields); }
  void info(Constant message, Fields fields = {}) const { write(Level::Info, message, fields); }
  void warn(Constant message, Fields fields = {}) const { write(Level::Warn, message, fields); }
  void error(Constant message, Fields fields = {}) const { write(Level::Error, message, fields); }
  /// The same with the failure's code and message as "error_code" and "error".
  void warn(Constant message, const Error& error, Fields fields = {}) const;
  void error(Constant message, const Error& error, Fields fields = {}) const;

  /// Whether a line of this level would be written; to guard costly values.
  [[nodiscard]] bool enabled(Level level) const;
  /// A logger for a part: "operator" named "quota" is "operator.quota".
  [[nodiscard]] Logger named(std::string_view part) const;
  /// A logger that adds `fields` to each of its lines.
  [[nodiscard]] Logger with(Fields fields) const;

private:
  friend class Log;
  struct Core;
  Logger(std::shared_ptr<Core> core, std::string name);
  void write(Level level, Constant message, Fields fields, const Error* error = nullptr) const;

  std::shared_ptr<Core> core_;
  std::string name_;
  /// The bound fields, already written as JSON: ',"key":value' each.
  std::string bound_;
};

struct LogOptions {
  Level level = Level::Info;
  /// Lines that wait for a slow stderr; the oldest is dropped and counted beyond that.
  /// 0 writes within the call, for tests and short-lived programs.
  std::size_t queue_lines_max = 8192;
  /// Takes the lines (without the newline) instead of stderr.
  std::function<void(std::string_view)> sink{};
};

/// The one place where lines go; outlives nothing: loggers keep what they need alive.
class Log {
public:
  explicit Log(const Clock& clock, LogOptions options = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] Logger logger(std::string_view name) const;
  /// From any thread; holds for all loggers at once.
  void set_level(Level level);
  [[nodiscard]] Level level() const;
  /// Lines lost because stderr was too slow.
  [[nodiscard]] std::uint64_t lines_dropped() const;

private:
  std::shared_ptr<Logger::Core> core_;
};

} // namespace berth::telemetry
