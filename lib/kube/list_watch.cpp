#include "lib/kube/list_watch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/kube/backoff.hpp"
#include "lib/kube/watch_stream.hpp"

namespace berth::kube {
namespace {

/// A list of more pages than this is no list but a server that repeats itself.
constexpr std::size_t kPagesMax = 20'000;
/// Watches that fail in a row for reasons of the server's own before the list is read again.
constexpr std::size_t kFailedWatchesMax = 3;
/// A watch that ends sooner than this was no watch: the next one waits.
constexpr Duration kShortWatch = std::chrono::seconds{1};
/// A server's timeoutSeconds has passed by this much: the connection is dead.
constexpr Duration kWatchEndGrace = std::chrono::seconds{15};
constexpr Duration kRetryAfterMax = std::chrono::seconds{120};

/// Says nothing about how we asked, so asking otherwise cannot help. 404 is among them: a CRD that
/// is not served yet means "unknown", never "none" (F21).
bool is_outage(Code code) {
  switch (code) {
  case Code::Unavailable:
  case Code::Timeout:
  case Code::Throttled:
  case Code::Unauthorized:
  case Code::NotFound:
  case Code::Cancelled: return true;
  default: return false;
  }
}

/// The states, with what leads from one to another:
///
///   list ──complete──► watch ──closed, broken, outage──► watch (same version, after a pause)
///    ▲                   │
///    └── 410, unreadable, keeps failing, audit due ◄─────┘
class ListWatcher {
public:
  ListWatcher(Client& client, async::Executor& executor, Rng rng, ResourceType type,
              ListWatchOptions options, ListWatchSink& sink, std::stop_token stop)
      : client_(client), executor_(executor), rng_(rng), type_(std::move(type)),
        options_(std::move(options)), sink_(sink), stop_(std::move(stop)),
        streaming_(options_.streaming_list),
        backoff_(Rng{rng_.next()}, BackoffOptions{options_.backoff_initial, options_.backoff_max,
                                                  options_.backoff_reset}) {}

  async::Task<void> run();

private:
  enum class Step { Event, InitialEventsEnd, Closed };

  async::Task<void> list(RelistReason reason);
  async::Task<Result<void>> list_by_stream();
  async::Task<Result<void>> list_by_pages(bool exact);
  async::Task<Result<void>> add_pages(ListOptions query);
  /// Ends with the reason to list again, or nothing to watch again from the same version.
  async::Task<std::optional<RelistReason>> watch();
  async::Task<Result<void>> open_stream(bool send_initial_events);
  async::Task<Result<Step>> read_event();
  async::Task<std::optional<RelistReason>> judge(Error error);
  async::Task<void> pause(std::optional<Duration> asked);

  [[nodiscard]] SteadyPoint now() const { return executor_.clock().steady_now(); }
  [[nodiscard]] bool audit_due() const { return audit_due_ && now() >= *audit_due_; }
  [[nodiscard]] Duration watch_time_left() const;

  Client& client_;
  async::Executor& executor_;
  Rng rng_;
  ResourceType type_;
  ListWatchOptions options_;
  ListWatchSink& sink_;
  std::stop_token stop_;

  bool streaming_;
  Backoff backoff_;
  std::string resource_version_;
  std::optional<SteadyPoint> audit_due_;
  std::optional<WatchStream> stream_; ///< the watch under way
  SteadyPoint stream_ends_{};
  std::size_t failed_watches_ = 0;
};

async::Task<void> ListWatcher::run() {
  std::optional<RelistReason> due = RelistReason::Start;
  while (!stop_.stop_requested()) {
    if (due) {
      co_await list(*due);
      due.reset();
    } else {
      due = co_await watch();
    }
  }
}

async::Task<void> ListWatcher::list(RelistReason reason) {
  sink_.on_relist(reason);
  bool exact = reason == RelistReason::Audit;
  while (!stop_.stop_requested()) {
    const bool by_stream = !exact && streaming_;
    Result<void> listed;
    if (by_stream)
      listed = co_await list_by_stream();
    else
      listed = co_await list_by_pages(exact);
    if (listed) {
      failed_watches_ = 0;
      if (options_.audit_interval > Duration{0})
        audit_due_ = now() + options_.audit_interval;
      co_return;
    }
    sink_.abandon_list();
    stream_.reset();
    if (stop_.stop_requested())
      co_return;
    sink_.on_failure(listed.error());
    const Code code = listed.error().code;
    if (exact && is_outage(code)) {
      // What the sink has is still good, and a server in need is not helped by a whole list.
      audit_due_ = now() + options_.audit_interval;
      co_return;
    }
    if (std::exchange(exact, false)) {
      // The history may not reach back to our version any more: then nothing can be audited.
      sink_.on_relist(code == Code::Gone ? RelistReason::Gone : RelistReason::Error);
    } else if (by_stream && !is_outage(code)) {
      streaming_ = false;
    } else {
      co_await pause(listed.error().retry_after);
    }
  }
}

async::Task<Result<void>> ListWatcher::list_by_stream() {
  auto opened = co_await open_stream(true);
  if (!opened)
    co_return opened;
  stream_->end_after(options_.streaming_list_timeout);
  sink_.begin_list();
  for (;;) {
    auto step = co_await read_event();
    if (!step && step.error().code == Code::Cancelled && !stop_.stop_requested())
      co_return fail(Code::Invalid, "the server did not complete a streaming list in time");
    if (!step)
      co_return fail(std::move(step).error());
    if (*step == Step::Closed)
      co_return fail(Code::Unavailable, "the server closed a streaming list before its end");
    if (*step == Step::Event)
      continue;
    sink_.finish_list();
    co_return Result<void>{};
  }
}

async::Task<Result<void>> ListWatcher::list_by_pages(bool exact) {
  ListOptions query;
  query.ns = options_.ns;
  query.label_selector = options_.label_selector;
  query.field_selector = options_.field_selector;
  query.limit = options_.page_items;
  query.exact = exact;
  if (exact)
    query.resource_version = resource_version_;
  auto added = co_await add_pages(query);
  if (!added && added.error().code == Code::Gone && !exact && query.limit > 0) {
    // The snapshot of the first pages was compacted away. Pages of two snapshots are never merged:
    // everything in one answer (F4).
    sink_.abandon_list();
    query.limit = 0;
    added = co_await add_pages(query);
  }
  co_return added;
}

async::Task<Result<void>> ListWatcher::add_pages(ListOptions query) {
  sink_.begin_list();
  for (std::size_t pages = 0; pages < kPagesMax; ++pages) {
    auto text = co_await client_.list(type_, query);
    if (!text)
      co_return fail(std::move(text).error());
    auto page = sink_.add_page(std::move(*text));
    if (!page)
      co_return fail(std::move(page).error());
    sink_.on_progress();
    if (stop_.stop_requested())
      co_return fail(Code::Cancelled, "the list was stopped");
    if (!page->continue_token.empty()) {
      query.continue_token = std::move(page->continue_token);
      continue;
    }
    if (page->resource_version.empty())
      co_return fail(Code::Invalid, "the list has no resourceVersion");
    resource_version_ = std::move(page->resource_version);
    sink_.finish_list();
    co_return Result<void>{};
  }
  co_return fail(Code::TooLarge, "the list has more than " + std::to_string(kPagesMax) + " pages");
}

async::Task<std::optional<RelistReason>> ListWatcher::watch() {
  const SteadyPoint began = now();
  if (!stream_) {
    auto opened = co_await open_stream(false);
    if (!opened) {
      auto verdict = co_await judge(std::move(opened).error());
      // A watch that never opens must not put the audit off for ever.
      if (!verdict && audit_due())
        verdict = RelistReason::Audit;
      co_return verdict;
    }
  }
  stream_->end_after(watch_time_left());
  for (;;) {
    auto step = co_await read_event();
    if (step && *step != Step::Closed) {
      failed_watches_ = 0;
      continue;
    }
    stream_.reset();
    if (audit_due())
      co_return RelistReason::Audit;
    if (!step && step.error().code != Code::Cancelled)
      co_return co_await judge(std::move(step).error());
    if (now() - began < kShortWatch)
      co_await pause(std::nullopt);
    co_return std::nullopt;
  }
}

async::Task<Result<void>> ListWatcher::open_stream(bool send_initial_events) {
  WatchOptions query;
  query.ns = options_.ns;
  query.label_selector = options_.label_selector;
  query.field_selector = options_.field_selector;
  query.send_initial_events = send_initial_events;
  if (!send_initial_events)
    query.resource_version = resource_version_;
  const auto span = (options_.watch_timeout_max - options_.watch_timeout_min).count();
  query.timeout = options_.watch_timeout_min +
                  Duration{static_cast<Duration::rep>(rng_.below(
                      static_cast<std::uint64_t>(std::max<Duration::rep>(span, 0)) + 1))};
  stream_ends_ = now() + query.timeout + kWatchEndGrace;
  auto body = co_await client_.watch(type_, query);
  if (!body)
    co_return fail(std::move(body).error());
  stream_.emplace(executor_, std::move(*body), options_.event_bytes_max, stop_);
  co_return Result<void>{};
}

async::Task<Result<ListWatcher::Step>> ListWatcher::read_event() {
  auto line = co_await stream_->next();
  if (!line)
    co_return fail(std::move(line).error());
  if (!line->has_value())
    co_return Step::Closed;
  auto event = sink_.add_event(**line);
  if (!event)
    co_return fail(event.error().while_doing("read a watch event"));
  if (event->type == ListWatchSink::EventType::Error) {
    const Code code = event->status_code == 410   ? Code::Gone
                      : event->status_code == 429 ? Code::Throttled
                                                  : Code::Internal;
    co_return fail(Error{code, std::move(event->message), event->retry_after});
  }
  if (!event->resource_version.empty())
    resource_version_ = std::move(event->resource_version);
  sink_.on_progress();
  co_return event->initial_events_end ? Step::InitialEventsEnd : Step::Event;
}

async::Task<std::optional<RelistReason>> ListWatcher::judge(Error error) {
  if (stop_.stop_requested())
    co_return std::nullopt;
  sink_.on_failure(error);
  co_await pause(error.retry_after);
  if (error.code == Code::Gone)
    co_return RelistReason::Gone;
  if (error.code == Code::Invalid || error.code == Code::TooLarge)
    co_return RelistReason::Error;
  if (!is_outage(error.code) && ++failed_watches_ >= kFailedWatchesMax)
    co_return RelistReason::Error;
  co_return std::nullopt;
}

async::Task<void> ListWatcher::pause(std::optional<Duration> asked) {
  const Duration own = backoff_.next(now());
  const Duration longest = std::max(own, std::min(asked.value_or(Duration{0}), kRetryAfterMax));
  co_await async::sleep_for(executor_, longest, stop_);
}

Duration ListWatcher::watch_time_left() const {
  const SteadyPoint end = audit_due_ ? std::min(*audit_due_, stream_ends_) : stream_ends_;
  return std::chrono::ceil<Duration>(end - now());
}

} // namespace

async::Task<void> run_list_watch(Client& client, async::Executor& executor, Rng rng,
                                 ResourceType type, ListWatchOptions options, ListWatchSink& sink,
                                 std::stop_token stop) {
  co_await async::switch_to(executor);
  ListWatcher watcher(client, executor, rng, std::move(type), std::move(options), sink,
                      std::move(stop));
  co_await watcher.run();
}

} // namespace berth::kube
