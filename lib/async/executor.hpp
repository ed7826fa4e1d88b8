#pragma once
// Executor: where coroutines run and how they wait. One executor runs one thing at a time, so the
// code of a program that stays on one executor needs no locks. Real programs use AsioExecutor;
// simulations use SimulatedExecutor, where waiting costs nothing and every run repeats exactly.

#include <cstdint>
#include <functional>
#include <stop_token>

#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"

namespace berth::async {

using TimerId = std::uint64_t;

/// Nothing waits longer than this: steady time in nanoseconds would overflow.
inline constexpr Duration kDelayMax = std::chrono::hours{24 * 365 * 10};

class Executor {
public:
  virtual ~Executor() = default;

  /// Runs `work` later on this executor, in the order posted. May be called from any thread.
  virtual void post(std::function<void()> work) = 0;
  /// Runs `work` on this executor once `delay` has passed (steady time; <= 0 means soon, more than
  /// kDelayMax means kDelayMax). May be called from any thread.
  virtual TimerId post_after(Duration delay, std::function<void()> work) = 0;
  /// Drops a timer that has not fired; nothing happens if it has. Called on the executor, `work`
  /// surely does not run afterwards.
  virtual void cancel(TimerId timer) = 0;
  /// Whether the caller runs on this executor.
  [[nodiscard]] virtual bool is_current() const = 0;
  [[nodiscard]] virtual const Clock& clock() const = 0;
};

/// Goes on running on `executor`; nothing happens if the caller is there already.
[[nodiscard]] Task<void> switch_to(Executor& executor);

/// Waits; true when the whole time passed, false as soon as `stop` was requested. Goes on running
/// on `executor` either way.
[[nodiscard]] Task<bool> sleep_for(Executor& executor, Duration delay, std::stop_token stop = {});

/// Starts `task` on `executor` and lets it run to its end on its own.
void spawn(Executor& executor, Task<void> task);

/// Starts `task` here and now and returns when it first waits; it goes on and ends on its own.
void start(Task<void> task);

} // namespace berth::async
