#include "lib/kube/watch_stream.hpp"

#include <utility>

namespace berth::kube {

WatchStream::WatchStream(async::Executor& executor, std::unique_ptr<http::BodyStream> body,
                         std::size_t event_bytes_max, std::stop_token stop)
    : executor_(executor), body_(std::move(body)), framer_(event_bytes_max),
      on_stop_(std::move(stop), [ended = ended_]() mutable { ended.request_stop(); }) {}

WatchStream::~WatchStream() {
  if (timer_)
    executor_.cancel(*timer_);
}

void WatchStream::end_after(Duration delay) {
  if (timer_)
    executor_.cancel(*timer_);
  timer_ = executor_.post_after(delay, [ended = ended_]() mutable { ended.request_stop(); });
}

async::Task<Result<std::optional<std::string_view>>> WatchStream::next() {
  for (;;) {
    auto line = framer_.next();
    if (!line || line->has_value())
      co_return line;
    if (ended_.stop_requested())
      co_return fail(Code::Cancelled, "the watch was ended");
    auto piece = co_await body_->next(ended_.get_token());
    if (!piece)
      co_return fail(std::move(piece).error());
    if (piece->empty())
      co_return std::optional<std::string_view>{};
    framer_.push(*piece);
  }
}

} // namespace berth::kube
