#include "lib/async/asio_executor.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <unordered_map>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace berth::async {

namespace asio = boost::asio;

struct AsioExecutor::Impl {
  explicit Impl(const Clock& used) : clock(used) {}

  const Clock& clock;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  asio::signal_set signals{context};
  std::atomic<TimerId> last_timer{0};
  /// Touched on the executor's thread only.
  std::unordered_map<TimerId, std::unique_ptr<asio::steady_timer>> timers;

  void start_timer(TimerId id, SteadyPoint due, std::function<void()> work) {
    auto timer = std::make_unique<asio::steady_timer>(context);
    timer->expires_at(due);
    timer->async_wait([this, id, run = std::move(work)](boost::system::error_code cancelled) {
      // A timer that is due already may be cancelled before its turn comes: then it is gone here.
      if (timers.erase(id) > 0 && !cancelled)
        run();
    });
    timers.emplace(id, std::move(timer));
  }

  void await_second_signal() {
    signals.async_wait([](boost::system::error_code error, int) {
      if (!error)
        std::_Exit(EXIT_FAILURE);
    });
  }
};

AsioExecutor::AsioExecutor(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}

AsioExecutor::~AsioExecutor() = default;

void AsioExecutor::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

TimerId AsioExecutor::post_after(Duration delay, std::function<void()> work) {
  const TimerId id = ++impl_->last_timer;
  const SteadyPoint due = SteadyPoint::clock::now() + std::clamp(delay, Duration{0}, kDelayMax);
  asio::dispatch(impl_->context, [impl = impl_.get(), id, due, run = std::move(work)]() mutable {
    impl->start_timer(id, due, std::move(run));
  });
  return id;
}

void AsioExecutor::cancel(TimerId timer) {
  asio::dispatch(impl_->context, [impl = impl_.get(), timer] { impl->timers.erase(timer); });
}

bool AsioExecutor::is_current() const {
  return impl_->context.get_executor().running_in_this_thread();
}

const Clock& AsioExecutor::clock() const {
  return impl_->clock;
}

void AsioExecutor::run() {
  impl_->context.run();
}

void AsioExecutor::stop() {
  impl_->context.stop();
}

void AsioExecutor::on_termination(std::function<void()> on_signal) {
  impl_->signals.add(SIGINT);
  impl_->signals.add(SIGTERM);
  impl_->signals.async_wait(
      [impl = impl_.get(), run = std::move(on_signal)](boost::system::error_code error, int) {
        if (error)
          return;
        impl->await_second_signal();
        run();
      });
}

asio::io_context& AsioExecutor::context() {
  return impl_->context;
}

} // namespace berth::async
