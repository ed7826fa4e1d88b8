#pragma once
// EventRecorder: Events on users' objects. It merges repetitions, limits how many one object may
// get, and never makes its caller wait; events that cannot be sent in time are dropped and counted.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/reason.hpp"
#include "lib/kube/client.hpp"

namespace berth::kube {

/// What an event is about.
struct ObjectReference {
  std::string api_version;
  std::string kind;
  ObjectKey key;
  std::string uid;
};

enum class EventSeverity { Normal, Warning };

struct EventRecorderOptions {
  std::string component; ///< reportingController: "berth.dev/operator"
  std::string instance;  ///< reportingInstance: the pod's name
  std::size_t pending_max = 4096;
  /// Token bucket per object and reason, as client-go's spam filter: 25 at once, one per 5 minutes.
  std::size_t burst_per_object = 25;
  Duration refill_per_object = std::chrono::minutes{5};
  /// A repetition within this time raises the series count instead of making a new event.
  Duration merge_window = std::chrono::minutes{10};
  /// A raised count is written at once the first time, then no more often than this.
  Duration series_interval = std::chrono::minutes{1};
  std::size_t series_max = 4096; ///< repetitions of older events make new ones
  std::size_t tries_max = 5;     ///< of one write, while the server is away or busy
  /// Told of each event, or raised count, that was written, or given up after its tries.
  std::function<void(bool written)> on_sent{};
  /// Told of events that were left out: too many pending, or too many of one object.
  std::function<void(std::size_t events)> on_left_out{};
};

/// Belongs to one executor.
class EventRecorder {
public:
  EventRecorder(Client& client, async::Executor& executor, EventRecorderOptions options);
  ~EventRecorder();

  /// `action` says what was done ("Admit"), `note` is the sentence for people (cut at 1024 bytes).
  void record(const ObjectReference& about, EventSeverity severity, Reason reason,
              std::string action, std::string note);

  /// Sends what is pending until `stop`, then flushes: no new request begins after a second.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);
  /// Events that were lost: too many pending, too many of one object, or refused by the server.
  [[nodiscard]] std::size_t dropped() const;
  [[nodiscard]] std::size_t pending() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::kube
