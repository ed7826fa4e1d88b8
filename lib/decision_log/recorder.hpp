#pragma once
// Recorder: takes cycles from the strand that decides and writes them on a thread of its own. It
// never makes a cycle wait: what its queue has no room for is dropped and counted, and so is what
// the disk does not take; the next cycle that is written is then a whole picture.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "lib/decision_log/log_writer.hpp"

namespace berth::decision_log {

/// What happened, told from the recorder's thread or, for `dropped`, from that of record().
struct RecorderEvents {
  std::function<void()> recorded = [] {};
  std::function<void()> dropped = [] {};
  std::function<void(const Error&)> failed = [](const Error&) {}; ///< each cycle that is lost
};

class Recorder {
public:
  /// Plans and snapshots of large clusters are large: few of them wait.
  static constexpr std::size_t kQueueMax = 16;
  /// After a failure nothing is tried for so long, by the cycles' own times.
  static constexpr Duration kRetryInterval = std::chrono::seconds{30};

  Recorder(std::unique_ptr<LogWriter> writer, RecorderEvents events);
  /// Writes what waits.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Never blocks on the disk.
  void record(Cycle cycle);

private:
  struct Queued {
    Cycle cycle{};
    bool follows_gap = false; ///< cycles before it were dropped
  };
  void work();
  void write(const Queued& queued);

  std::unique_ptr<LogWriter> writer_; ///< the thread's
  RecorderEvents events_;
  TimePoint retry_at_{}; ///< the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Queued> queue_;
  bool gap_ = false; ///< cycles were dropped since the last one that is queued
  bool stops_ = false;
  std::thread thread_;
};

} // namespace berth::decision_log
