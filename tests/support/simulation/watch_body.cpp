#include "tests/support/simulation/watch_body.hpp"

#include <algorithm>

namespace berth::simulation {
namespace {

/// The API server's own limit where the client sets none (its --min-request-timeout).
constexpr Duration kTimeoutDefault = std::chrono::seconds{1800};
constexpr Duration kBookmarkInterval = std::chrono::seconds{60};
/// A last bookmark comes this long before the end.
constexpr Duration kLastBookmarkBeforeEnd = std::chrono::seconds{2};

Duration until(SteadyPoint when, SteadyPoint now) {
  return std::max(Duration{0}, std::chrono::ceil<Duration>(when - now));
}

} // namespace

async::Task<Result<std::string>> TextBody::next(std::stop_token stop) {
  if (stop.stop_requested())
    co_return fail(Code::Cancelled, "stopped");
  co_return std::exchange(text_, {});
}

WatchBody::WatchBody(std::shared_ptr<TransportState> state, http::Request request, Watch watch,
                     Duration idle_timeout)
    : state_(std::move(state)), request_(std::move(request)), watch_(std::move(watch)),
      idle_timeout_(idle_timeout), wakeup_(std::make_shared<Wakeup>(state_->server.executor())),
      epoch_(state_->stream_epoch), bytes_left_(state_->cut_after_bytes) {
  const SteadyPoint now = state_->server.executor().steady_now();
  const Duration timeout =
      watch_.timeout_seconds() ? std::chrono::seconds{*watch_.timeout_seconds()} : kTimeoutDefault;
  ends_at_ = now + timeout;
  bookmark_at_ = std::min(now + kBookmarkInterval, ends_at_ - kLastBookmarkBeforeEnd);
  last_delivery_ = now;
  state_->cache->follow(wakeup_);
  ++state_->open_streams;
}

WatchBody::~WatchBody() {
  --state_->open_streams;
}

async::Task<Result<std::string>> WatchBody::next(std::stop_token stop) {
  auto piece = co_await next_piece(std::move(stop));
  co_await async::switch_to(state_->home);
  co_return piece;
}

async::Task<Result<std::string>> WatchBody::next_piece(std::stop_token stop) {
  async::SimulatedExecutor& executor = state_->server.executor();
  while (true) {
    if (stop.stop_requested())
      co_return fail(Code::Cancelled, "stopped");
    if (is_broken())
      co_return fail(Code::Unavailable, "the connection broke inside the stream");
    const SteadyPoint now = executor.steady_now();
    if (!state_->partitioned)
      collect();
    if (!pending_.empty() && !state_->partitioned) {
      const bool arrived = co_await async::sleep_for(executor, state_->faults.latency(), stop);
      if (arrived && !is_broken())
        co_return deliver();
      continue;
    }
    if (!state_->partitioned && (ended_ || now >= ends_at_))
      co_return std::string{};
    if (now - last_delivery_ >= idle_timeout_)
      co_return fail(Code::Timeout, "nothing came for too long");
    const Duration quiet = quiet_time();
    const bool woken = co_await wakeup_->wait_for(quiet, stop);
    if (!woken)
      co_return fail(Code::Cancelled, "stopped");
  }
}

void WatchBody::collect() {
  for (auto& line : watch_.take(state_->server.state(), state_->cache->visible())) {
    if (state_->faults.for_stream(Fault::LoseEvent, request_))
      continue;
    if (state_->faults.for_stream(Fault::RepeatEvent, request_))
      pending_ += line;
    pending_ += line;
  }
  ended_ = ended_ || watch_.over();
  collect_bookmark();
}

void WatchBody::collect_bookmark() {
  const SteadyPoint now = state_->server.executor().steady_now();
  if (now < bookmark_at_)
    return;
  const SteadyPoint last = ends_at_ - kLastBookmarkBeforeEnd;
  bookmark_at_ =
      bookmark_at_ >= last ? SteadyPoint::max() : std::min(now + kBookmarkInterval, last);
  if (const auto bookmark = watch_.bookmark())
    pending_ += *bookmark;
}

Result<std::string> WatchBody::deliver() {
  std::size_t size = pending_.size();
  FaultPlan& faults = state_->faults;
  if (state_->split_bytes_max > 0)
    size =
        std::min(size, 1 + static_cast<std::size_t>(faults.rng().below(state_->split_bytes_max)));
  if (bytes_left_ && *bytes_left_ <= size) {
    size = std::exchange(*bytes_left_, 0);
    epoch_ = state_->stream_epoch - 1;
  } else if (bytes_left_) {
    *bytes_left_ -= size;
  }
  if (faults.for_stream(Fault::CutStream, request_)) {
    size = static_cast<std::size_t>(faults.rng().below(size + 1));
    epoch_ = state_->stream_epoch - 1;
  }
  if (size == 0)
    return fail(Code::Unavailable, "the connection broke inside the stream");
  last_delivery_ = state_->server.executor().steady_now();
  std::string piece = pending_.substr(0, size);
  pending_.erase(0, size);
  return piece;
}

Duration WatchBody::quiet_time() const {
  const SteadyPoint now = state_->server.executor().steady_now();
  const SteadyPoint idle_at = last_delivery_ + idle_timeout_;
  if (state_->partitioned)
    return until(idle_at, now);
  return until(std::min({idle_at, ends_at_, bookmark_at_}), now);
}

} // namespace berth::simulation
