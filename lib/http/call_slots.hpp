#pragma once
// CallSlots: lets a bounded number of calls run at once; the others wait in line, first come first
// served, a bounded number of them and each until its own deadline. Used by BeastTransport, on one
// executor only.

#include <coroutine>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "lib/async/executor.hpp"
#include "lib/base/result.hpp"

namespace berth::http {

class CallSlots {
public:
  CallSlots(async::Executor& executor, std::size_t slots, std::size_t waiting_max)
      : executor_(executor), free_(slots), waiting_max_(waiting_max) {}

  /// Holds a slot until it goes away; the CallSlots must outlive it.
  class Slot {
  public:
    explicit Slot(CallSlots& slots) : slots_(&slots) {}
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr)
        slots_->release();
    }

  private:
    CallSlots* slots_;
  };

  /// Unavailable when the line is too long or `patience` ends first; Cancelled after close().
  [[nodiscard]] async::Task<Result<Slot>> acquire(Duration patience);
  /// Sends everyone who waits away, now and later.
  void close();

private:
  enum class Turn { Waiting, Granted, TooLate, Closed };
  struct Waiter {
    std::coroutine_handle<> waiting{};
    Turn turn = Turn::Waiting;
    async::TimerId timer = 0;
  };
  struct Wait;

  void release();
  void wake(std::shared_ptr<Waiter> woken, Turn turn);

  async::Executor& executor_;
  std::size_t free_;
  const std::size_t waiting_max_;
  bool closed_ = false;
  std::deque<std::shared_ptr<Waiter>> waiters_;
};

} // namespace berth::http
