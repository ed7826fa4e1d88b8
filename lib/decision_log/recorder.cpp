#include "lib/decision_log/recorder.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace berth::decision_log {
namespace {

struct Queued {
  Cycle cycle{};
  std::uint64_t missing = 0; ///< cycles before it that had no room
};

} // namespace

struct Recorder::Shared {
  Shared(OpenLog open_log, RecorderEvents told)
      : open(std::move(open_log)), events(std::move(told)) {}

  void work();
  [[nodiscard]] std::optional<Queued> take();
  void write(Queued queued);
  [[nodiscard]] Result<void> put(const Cycle& cycle);
  [[nodiscard]] bool is_given_up() {
    const std::scoped_lock lock(mutex);
    return gives_up;
  }
  /// Nothing is told to whom is gone.
  template <class Event, class... Args>
  void tell(Event RecorderEvents::* event, Args&&... args) {
    const std::scoped_lock lock(telling);
    if (!is_left)
      (events.*event)(std::forward<Args>(args)...);
  }

  // The thread's.
  OpenLog open;
  std::unique_ptr<LogWriter> writer{};
  std::uint64_t missing = 0; ///< not told to the writer yet
  std::uint64_t needed = 0;
  TimePoint retry_at{};

  std::mutex telling{};
  RecorderEvents events;
  bool is_left = false; ///< by the recorder, under `telling`

  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<Queued> queue{};
  std::uint64_t gap = 0; ///< cycles without room since the last one that is queued
  bool stops = false;
  bool gives_up = false; ///< nothing more is written
  bool has_ended = false;
};

Recorder::Recorder(OpenLog open, RecorderEvents events, Duration end_wait_max)
    : shared_(std::make_shared<Shared>(std::move(open), std::move(events))),
      end_wait_max_(end_wait_max), thread_([shared = shared_] { shared->work(); }) {}

Recorder::~Recorder() {
  bool has_ended = false;
  {
    std::unique_lock lock(shared_->mutex);
    shared_->stops = true;
    shared_->changed.notify_all();
    has_ended =
        shared_->changed.wait_for(lock, end_wait_max_, [this] { return shared_->has_ended; });
    shared_->gives_up = !has_ended;
  }
  if (has_ended) {
    thread_.join();
    return;
  }
  const std::scoped_lock lock(shared_->telling);
  shared_->is_left = true;
  thread_.detach();
}

void Recorder::record(Cycle cycle) {
  bool is_first = false;
  {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->queue.size() < kQueueMax) {
      shared_->queue.push_back({std::move(cycle), std::exchange(shared_->gap, 0)});
      shared_->changed.notify_all();
      return;
    }
    is_first = ++shared_->gap == 1;
  }
  if (is_first)
    shared_->tell(&RecorderEvents::fell_behind);
  shared_->tell(&RecorderEvents::dropped);
}

void Recorder::Shared::work() {
  while (auto next = take())
    write(*std::move(next));
  writer.reset(); // its segment is on the disk before the end is told
  const std::scoped_lock lock(mutex);
  has_ended = true;
  changed.notify_all();
}

/// Nothing at the end.
std::optional<Queued> Recorder::Shared::take() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return stops || !queue.empty(); });
  if (queue.empty() || gives_up)
    return std::nullopt;
  Queued next = std::move(queue.front());
  queue.pop_front();
  return next;
}

void Recorder::Shared::write(Queued queued) {
  missing += queued.missing;
  if (queued.cycle.now < retry_at) {
    ++missing;
    tell(&RecorderEvents::dropped);
    return;
  }
  const auto written = put(queued.cycle);
  retry_at = written ? TimePoint{} : queued.cycle.now + kRetryInterval;
  if (written)
    tell(&RecorderEvents::recorded);
  else
    tell(&RecorderEvents::failed, written.error());
  if (writer == nullptr || writer->bytes_needed() == needed)
    return;
  needed = writer->bytes_needed();
  tell(&RecorderEvents::sized, needed);
}

Result<void> Recorder::Shared::put(const Cycle& cycle) {
  if (writer == nullptr) {
    auto opened = open();
    if (!opened) {
      ++missing;
      return fail(opened.error().while_doing("open the decision log"));
    }
    if (is_given_up())
      return fail(Code::Cancelled, "nobody waits for the decision log any more");
    writer = std::move(opened->writer);
    tell(&RecorderEvents::opened, writer->next_cycle(), opened->note);
  }
  if (missing > 0)
    writer->skip(std::exchange(missing, 0));
  const std::uint64_t lost = writer->missing();
  auto written = writer->append(cycle);
  if (written && lost > 0)
    tell(&RecorderEvents::resumed, lost);
  return written;
}

} // namespace berth::decision_log
