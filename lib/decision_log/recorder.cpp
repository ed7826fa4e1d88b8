#include "lib/decision_log/recorder.hpp"

#include <utility>

namespace berth::decision_log {

Recorder::Recorder(std::unique_ptr<LogWriter> writer, RecorderEvents events)
    : writer_(std::move(writer)), events_(std::move(events)), thread_([this] { work(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Recorder::record(Cycle cycle) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < kQueueMax) {
      queue_.push_back({std::move(cycle), std::exchange(gap_, false)});
      changed_.notify_one();
      return;
    }
    gap_ = true;
  }
  events_.dropped();
}

void Recorder::work() {
  for (;;) {
    Queued next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stops_ || !queue_.empty(); });
      if (queue_.empty())
        return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    write(next);
  }
}

void Recorder::write(const Queued& queued) {
  if (queued.follows_gap)
    writer_->skip();
  if (queued.cycle.now < retry_at_) {
    writer_->skip();
    events_.dropped();
    return;
  }
  const auto written = writer_->append(queued.cycle);
  retry_at_ = written ? TimePoint{} : queued.cycle.now + kRetryInterval;
  if (written)
    events_.recorded();
  else
    events_.failed(written.error());
}

} // namespace berth::decision_log
