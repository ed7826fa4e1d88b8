#pragma once
// AsioExecutor: the executor of real programs, one thread around a Boost.Asio io_context. Asio
// stays out of this header; lib/http reaches the io_context for its sockets.

#include <memory>

#include "lib/async/executor.hpp"

namespace boost::asio {
class io_context;
}

namespace berth::async {

class AsioExecutor final : public Executor {
public:
  explicit AsioExecutor(const Clock& clock);
  ~AsioExecutor() override;

  void post(std::function<void()> work) override;
  TimerId post_after(Duration delay, std::function<void()> work) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] bool is_current() const override;
  [[nodiscard]] const Clock& clock() const override;

  /// Serves the calling thread until stop(); the work left then is dropped.
  void run();
  /// Makes run() return; from any thread.
  void stop();
  /// Calls `on_signal` on this executor for SIGINT and SIGTERM; a second signal ends the process.
  void on_termination(std::function<void()> on_signal);

  [[nodiscard]] boost::asio::io_context& context();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::async
