#include "lib/http/call_slots.hpp"

#include <algorithm>

namespace berth::http {

struct CallSlots::Wait {
  CallSlots& slots;
  Duration patience;
  std::shared_ptr<Waiter> waiter = std::make_shared<Waiter>();

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiter->waiting = waiting;
    slots.waiters_.push_back(waiter);
    waiter->timer = slots.executor_.post_after(
        patience, [owner = &slots, late = waiter] { owner->wake(late, Turn::TooLate); });
  }
  [[nodiscard]] Turn await_resume() const { return waiter->turn; }
};

async::Task<Result<CallSlots::Slot>> CallSlots::acquire(Duration patience) {
  if (closed_)
    co_return fail(Code::Cancelled, "the transport was closed");
  if (free_ > 0) {
    --free_;
    co_return Slot(*this);
  }
  if (waiters_.size() >= waiting_max_)
    co_return fail(Code::Unavailable, "too many calls wait for a connection");
  Wait line{*this, patience};
  const Turn turn = co_await line;
  if (turn == Turn::Granted)
    co_return Slot(*this);
  if (turn == Turn::Closed)
    co_return fail(Code::Cancelled, "the transport was closed");
  co_return fail(Code::Unavailable, "no connection became free in time");
}

void CallSlots::close() {
  closed_ = true;
  while (!waiters_.empty())
    wake(waiters_.front(), Turn::Closed);
}

void CallSlots::release() {
  if (waiters_.empty())
    ++free_;
  else
    wake(waiters_.front(), Turn::Granted);
}

/// Takes the waiter out of the line, whose own reference goes away; it goes on in its own turn of
/// the executor.
void CallSlots::wake(std::shared_ptr<Waiter> woken, Turn turn) {
  std::erase(waiters_, woken);
  executor_.cancel(woken->timer);
  woken->turn = turn;
  executor_.post([woken] { async::resume(woken->waiting); });
}

} // namespace berth::http
