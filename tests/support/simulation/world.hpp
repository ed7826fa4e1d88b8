#pragma once
// World: the executor, API server and administrator that most simulated tests start with. It begins
// on a fixed day, so that times in assertions and logs do not move.

#include "tests/support/simulation/admin_client.hpp"
#include "tests/support/simulation/await.hpp"
#include "tests/support/simulation/transport.hpp"

namespace berth::simulation {

/// 2026-03-02T09:00:00Z, a Monday.
inline constexpr TimePoint kWorldStart =
    TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{9}};

struct World {
  explicit World(std::uint64_t seed = 1)
      : executor(kWorldStart), server(executor, seed), admin(server) {}

  async::SimulatedExecutor executor;
  SimulatedApiServer server;
  AdminClient admin;
};

} // namespace berth::simulation
