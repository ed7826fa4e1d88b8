#pragma once
// LogLevelFile: a file that says how much is logged, followed while the program runs, such as a key
// of a mounted ConfigMap. As with certificates (lib/http/tls_files.hpp) the file itself is looked
// at again and again: mounted files are swapped by renaming links.

#include <stop_token>
#include <string>

#include "lib/async/executor.hpp"
#include "lib/telemetry/log.hpp"

namespace berth::program {

class LogLevelFile {
public:
  /// `log` must outlive it.
  LogLevelFile(std::string path, telemetry::Log& log);

  /// Looks every kInterval until `stop`.
  [[nodiscard]] async::Task<void> run(async::Executor& executor, std::stop_token stop);
  /// One look. What is no level, or cannot be read, changes nothing, and is told once.
  void check();

  static constexpr Duration kInterval = std::chrono::seconds{10};

private:
  void use(telemetry::Level level);

  std::string path_;
  telemetry::Log& log_;
  telemetry::Logger logger_;
  std::string fault_; ///< why what is in the file is not in use; empty: it is
};

} // namespace berth::program
