#pragma once
// await(): runs a task to its end on the simulated executor, from synchronous test code.

#include <memory>
#include <optional>

#include "lib/async/simulated_executor.hpp"

namespace berth::simulation {

/// The task's result. Time goes on as it needs; a task that has not ended after `limit` of
/// simulated time ends the test program.
template <class T>
[[nodiscard]] T await(async::SimulatedExecutor& executor, async::Task<T> task,
                      Duration limit = std::chrono::hours{1}) {
  struct Run {
    static async::Task<void> into(std::shared_ptr<std::optional<T>> result,
                                  async::Task<T> awaited) {
      result->emplace(co_await std::move(awaited));
    }
  };
  const auto result = std::make_shared<std::optional<T>>();
  async::spawn(executor, Run::into(result, std::move(task)));
  const bool done = executor.run_until([&] { return result->has_value(); }, limit);
  ensure(done, "the awaited task did not end in time");
  return std::move(**result);
}

} // namespace berth::simulation
