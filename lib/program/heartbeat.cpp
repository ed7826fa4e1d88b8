#include "lib/program/heartbeat.hpp"

#include <string>

namespace berth::program {

Heartbeat::Heartbeat(async::Executor& executor)
    : executor_(executor), last_(executor.clock().steady_now()) {}

async::Task<void> Heartbeat::run(std::stop_token stop) {
  for (bool due = true; due;) {
    beat();
    due = co_await async::sleep_for(executor_, kInterval, stop);
  }
}

Result<void> Heartbeat::check() const {
  const auto silence = executor_.clock().steady_now() - last_.load(std::memory_order_relaxed);
  if (silence <= kSilenceMax)
    return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence).count();
  return fail(Code::Unavailable,
              "the program's loop has not run for " + std::to_string(seconds) + " s");
}

void Heartbeat::beat() {
  last_.store(executor_.clock().steady_now(), std::memory_order_relaxed);
}

} // namespace berth::program
