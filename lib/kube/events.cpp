#include "lib/kube/events.hpp"

#include <deque>
#include <utility>

#include "lib/api/json.hpp"
#include "lib/async/signal.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/backoff.hpp"
#include "lib/kube/event_series.hpp"

namespace berth::kube {
namespace {

using Item = EventSeries::Item;

constexpr Duration kFlushMax = std::chrono::seconds{1};
constexpr Duration kRetryInitial = std::chrono::seconds{1};
constexpr Duration kRetryMax = std::chrono::seconds{30};

/// Events about cluster-scoped objects live in "default", as the API demands.
std::string namespace_of(const RecordedEvent& event) {
  return event.about.key.ns.empty() ? "default" : event.about.key.ns;
}

api::Json series_json(const RecordedEvent& event) {
  return {{"count", event.count}, {"lastObservedTime", format_micro_time(event.last_seen)}};
}

std::string event_text(const RecordedEvent& event, const EventRecorderOptions& options) {
  const auto& about = event.about;
  api::Json json{{"apiVersion", types::event().api_version()}, {"kind", types::event().kind}};
  json["metadata"] = {{"namespace", namespace_of(event)}, {"name", event.name}};
  json["eventTime"] = format_micro_time(event.first_seen);
  json["reportingController"] = options.component;
  json["reportingInstance"] = options.instance;
  json["action"] = event.action;
  json["reason"] = to_string(event.reason);
  json["regarding"] = {{"apiVersion", about.api_version},
                       {"kind", about.kind},
                       {"name", about.key.name},
                       {"uid", about.uid}};
  if (!about.key.ns.empty())
    json["regarding"]["namespace"] = about.key.ns;
  json["note"] = event.note;
  json["type"] = event.severity == EventSeverity::Warning ? "Warning" : "Normal";
  if (event.count > 1)
    json["series"] = series_json(event);
  return api::to_text(json);
}

bool may_succeed_later(Code code) {
  return code == Code::Throttled || code == Code::Unavailable || code == Code::Timeout;
}

} // namespace

struct EventRecorder::Impl {
  Client& client;
  async::Executor& executor;
  EventRecorderOptions options;
  EventSeries series;
  async::Signal arrived;
  std::deque<Item> pending;
  std::size_t dropped = 0;
  async::TimerId sweep_timer = 0;

  void enqueue(const Item& item);
  void leave_out(std::size_t events);
  void tell_sent(bool written) const;
  void sweep();
  async::Task<void> write(Item item, std::stop_token stop);
  async::Task<Result<void>> write_once(const RecordedEvent& event);
};

EventRecorder::EventRecorder(Client& client, async::Executor& executor,
                             EventRecorderOptions options)
    : impl_(std::make_unique<Impl>(Impl{client,
                                        executor,
                                        options,
                                        EventSeries{executor.clock(), options},
                                        async::Signal{executor},
                                        {}})) {}

EventRecorder::~EventRecorder() {
  impl_->executor.cancel(impl_->sweep_timer);
}

void EventRecorder::record(const ObjectReference& about, EventSeverity severity, Reason reason,
                           std::string action, std::string note) {
  RecordedEvent event;
  event.about = about;
  event.severity = severity;
  event.reason = reason;
  event.action = std::move(action);
  event.note = std::move(note);
  const Item item = impl_->series.add(std::move(event));
  if (!item || item->given_up) {
    impl_->leave_out(1);
    return;
  }
  const auto since_written = impl_->executor.clock().steady_now() - item->last_written;
  if (item->count <= 2 || since_written >= impl_->options.series_interval)
    impl_->enqueue(item);
}

async::Task<void> EventRecorder::run(std::stop_token stop) {
  co_await async::switch_to(impl_->executor);
  impl_->sweep();
  const auto& clock = impl_->executor.clock();
  std::optional<SteadyPoint> flush_until;
  for (;;) {
    if (stop.stop_requested() && !flush_until) {
      impl_->executor.cancel(impl_->sweep_timer);
      flush_until = clock.steady_now() + kFlushMax;
    }
    if (flush_until && (impl_->pending.empty() || clock.steady_now() >= *flush_until))
      break;
    if (impl_->pending.empty()) {
      co_await impl_->arrived.wait(stop);
      continue;
    }
    Item item = std::move(impl_->pending.front());
    impl_->pending.pop_front();
    item->queued = false;
    co_await impl_->write(std::move(item), stop);
  }
  impl_->leave_out(std::exchange(impl_->pending, {}).size());
}

std::size_t EventRecorder::dropped() const {
  return impl_->dropped;
}

std::size_t EventRecorder::pending() const {
  return impl_->pending.size();
}

void EventRecorder::Impl::enqueue(const Item& item) {
  if (item->queued)
    return;
  if (pending.size() >= options.pending_max) {
    leave_out(1);
    return;
  }
  item->queued = true;
  pending.push_back(item);
  arrived.notify();
}

void EventRecorder::Impl::leave_out(std::size_t events) {
  dropped += events;
  if (options.on_left_out && events > 0)
    options.on_left_out(events);
}

void EventRecorder::Impl::tell_sent(bool written) const {
  if (options.on_sent)
    options.on_sent(written);
}

/// Writes counts that were raised and not written, once in each interval.
void EventRecorder::Impl::sweep() {
  for (const Item& item : series.overdue(options.series_interval))
    enqueue(item);
  sweep_timer = executor.post_after(options.series_interval, [this] { sweep(); });
}

async::Task<void> EventRecorder::Impl::write(Item item, std::stop_token stop) {
  for (std::size_t tries = 1;; ++tries) {
    const std::uint64_t count = item->count;
    auto written = co_await write_once(*item);
    item->last_written = executor.clock().steady_now();
    if (written) {
      item->count_written = count;
      tell_sent(true);
      co_return;
    }
    if (item->count_written > 0 && written.error().code == Code::NotFound) {
      item->count_written = 0; // it has expired on the server: the next try makes it again
      continue;
    }
    item->given_up = !may_succeed_later(written.error().code);
    if (item->given_up || tries >= options.tries_max || stop.stop_requested()) {
      item->count_lost = count;
      ++dropped;
      tell_sent(false);
      co_return;
    }
    const Duration pause =
        exponential_delay(kRetryInitial, kRetryMax, static_cast<unsigned>(tries - 1));
    co_await async::sleep_for(executor, pause, stop);
  }
}

async::Task<Result<void>> EventRecorder::Impl::write_once(const RecordedEvent& event) {
  Result<std::string> answer;
  if (event.count_written == 0) {
    answer =
        co_await client.create(types::event(), namespace_of(event), event_text(event, options));
    // Ours, from a try whose answer was lost.
    if (!answer && answer.error().code == Code::AlreadyExists)
      co_return Result<void>{};
  } else {
    const api::Json patch{{"series", series_json(event)}};
    const ObjectKey key{namespace_of(event), event.name};
    const WriteOptions plain;
    answer =
        co_await client.patch(types::event(), key, PatchType::Merge, api::to_text(patch), plain);
  }
  if (!answer)
    co_return fail(std::move(answer).error());
  co_return Result<void>{};
}

} // namespace berth::kube
