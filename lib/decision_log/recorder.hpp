#pragma once
// Recorder: takes cycles from the strand that decides and writes them on a thread of its own, which
// opens the log, too. It never makes a cycle wait: what its queue has no room for is dropped and
// counted, and so is what the disk does not take; the next cycle that is written is then a whole
// picture, and says how many are missing. A volume that hangs holds up its thread alone.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "lib/decision_log/log_writer.hpp"

namespace berth::decision_log {

/// What happened, told one at a time from the recorder's thread or from that of record(), and never
/// after the recorder is gone.
struct RecorderEvents {
  std::function<void(std::uint64_t next_cycle, const std::string& note)> opened =
      [](std::uint64_t, const std::string&) {};
  std::function<void()> recorded = [] {};
  std::function<void()> dropped = [] {};     ///< each cycle that had no room, or came in a pause
  std::function<void()> fell_behind = [] {}; ///< the first of several that had no room
  std::function<void(const Error&)> failed = [](const Error&) {}; ///< each cycle that is lost
  /// A whole picture was written after so many cycles that are in no record.
  std::function<void(std::uint64_t missing)> resumed = [](std::uint64_t) {};
  /// The least limit that would do has changed, in bytes.
  std::function<void(std::uint64_t needed)> sized = [](std::uint64_t) {};
};

/// Called on the recorder's thread; may take as long as it likes.
using OpenLog = std::function<Result<OpenedLog>()>;

class Recorder {
public:
  /// Plans and snapshots of large clusters are large: few of them wait.
  static constexpr std::size_t kQueueMax = 16;
  /// After a failure nothing is tried for so long, by the cycles' own times.
  static constexpr Duration kRetryInterval = std::chrono::seconds{30};
  /// How long its end waits for what is still to be written.
  static constexpr Duration kEndWaitMax = std::chrono::seconds{5};

  Recorder(OpenLog open, RecorderEvents events, Duration end_wait_max = kEndWaitMax);
  /// Writes what waits. If the disk does not let it within `end_wait_max`, the thread is left to
  /// itself: it writes nothing more, tells nothing, and ends when the disk lets it.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Never waits for the disk.
  void record(Cycle cycle);

private:
  struct Shared;
  std::shared_ptr<Shared> shared_; ///< with the thread, which may outlive this
  Duration end_wait_max_;
  std::thread thread_;
};

} // namespace berth::decision_log
