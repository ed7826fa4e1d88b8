#pragma once
// AsioOperation: co_await for one asynchronous operation of Asio inside a Task. The operation's
// object (socket, timer) says where the coroutine goes on. Give it a name before awaiting it:
//   AsioOperation read([&](auto done) { socket.async_read_some(buffer, std::move(done)); });
//   const Completion completion = co_await read;

#include <coroutine>
#include <cstddef>
#include <utility>

#include <boost/system/error_code.hpp>

#include "lib/async/task.hpp"

namespace berth::http {

struct Completion {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

template <class Start>
class AsioOperation {
public:
  explicit AsioOperation(Start start) : start_(std::move(start)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    start_([this, waiting](boost::system::error_code error, std::size_t bytes = 0) {
      completion_.error = error;
      completion_.bytes = bytes;
      async::resume(waiting);
    });
  }
  [[nodiscard]] Completion await_resume() const noexcept { return completion_; }

private:
  Start start_;
  Completion completion_{};
};

} // namespace berth::http
