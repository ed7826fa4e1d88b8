#include "lib/kube/work_queue.hpp"

#include <algorithm>
#include <utility>

#include "lib/async/task_group.hpp"
#include "lib/kube/backoff.hpp"

namespace berth::kube {

WorkQueue::WorkQueue(async::Executor& executor, WorkQueueOptions options)
    : executor_(executor), options_(std::move(options)), arrived_(executor),
      retries_(executor.clock(), options_.retry_qps, options_.retry_burst) {
  ensure(options_.workers > 0, "a work queue without workers does nothing");
}

WorkQueue::~WorkQueue() {
  for (const auto& [key, delayed] : delayed_)
    executor_.cancel(delayed.timer);
}

async::Task<void> WorkQueue::run(Reconcile reconcile, Observer observer, std::stop_token stop) {
  co_await async::switch_to(executor_);
  async::TaskGroup workers(executor_);
  for (std::size_t i = 0; i < options_.workers; ++i)
    workers.spawn(work(reconcile, observer, stop));
  co_await workers.join();
}

async::Task<void> WorkQueue::work(Reconcile& reconcile, Observer& observer, std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (ready_.empty()) {
      co_await arrived_.wait(stop);
      continue;
    }
    const ObjectKey key = take();
    const SteadyPoint began = executor_.clock().steady_now();
    const Outcome outcome = co_await reconcile(key);
    const auto took = std::chrono::duration_cast<Duration>(executor_.clock().steady_now() - began);
    settle(key, outcome);
    if (observer)
      observer(key, outcome, took);
  }
}

void WorkQueue::add(ObjectKey key) {
  if (working_.contains(key)) {
    again_.insert(std::move(key));
    return;
  }
  if (!waiting_.insert(key).second)
    return;
  ++stats_.adds;
  ready_.push_back({std::move(key), executor_.clock().steady_now()});
  arrived_.notify();
}

void WorkQueue::add_after(ObjectKey key, Duration delay) {
  if (delay <= Duration{0}) {
    add(std::move(key));
    return;
  }
  const SteadyPoint due = executor_.clock().steady_now() + std::min(delay, async::kDelayMax);
  const auto known = delayed_.find(key);
  if (known != delayed_.end()) {
    if (known->second.due <= due)
      return;
    executor_.cancel(known->second.timer);
  }
  const async::TimerId timer = executor_.post_after(delay, [this, key] {
    delayed_.erase(key);
    add(key);
  });
  delayed_.insert_or_assign(std::move(key), Delayed{due, timer});
}

ObjectKey WorkQueue::take() {
  Ready taken = std::move(ready_.front());
  ready_.pop_front();
  waiting_.erase(taken.key);
  working_.insert(taken.key);
  if (options_.on_taken)
    options_.on_taken(executor_.clock().steady_now() - taken.since);
  return std::move(taken.key);
}

void WorkQueue::settle(const ObjectKey& key, const Outcome& outcome) {
  working_.erase(key);
  if (again_.erase(key) > 0)
    add(key);
  if (outcome.kind() != Outcome::Kind::Retry)
    failures_.erase(key);
  if (outcome.kind() == Outcome::Kind::RequeueAfter)
    add_after(key, outcome.delay());
  if (outcome.kind() == Outcome::Kind::Retry) {
    ++stats_.retries;
    add_after(key, retry_delay(key, outcome));
  }
}

Duration WorkQueue::retry_delay(const ObjectKey& key, const Outcome& outcome) {
  const Duration own =
      exponential_delay(options_.backoff_initial, options_.backoff_max, failures_[key]++);
  const Duration shared = retries_.reserve(options_.backoff_max).value_or(options_.backoff_max);
  const Duration asked =
      outcome.error() ? outcome.error()->retry_after.value_or(Duration{0}) : Duration{0};
  return std::max({own, shared, std::min(asked, options_.backoff_max)});
}

} // namespace berth::kube
