#pragma once
// TransportState: what a SimulatedTransport shares with its requests and streams, which may outlive
// a call. Private to the transport's own files.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/simulation/faults.hpp"
#include "tests/support/simulation/transport.hpp"
#include "tests/support/simulation/watch_cache.hpp"

namespace berth::simulation {

struct TransportState {
  TransportState(SimulatedApiServer& api_server, std::string client_user, std::uint64_t seed,
                 async::Executor& client_home)
      : server(api_server), home(client_home), user(std::move(client_user)), faults(Rng(seed)),
        cache(WatchCache::create(api_server)) {}

  SimulatedApiServer& server;
  async::Executor& home;
  std::string user;
  FaultPlan faults;
  std::shared_ptr<WatchCache> cache;
  bool partitioned = false;
  bool down = false;
  /// Streams opened in an older epoch are broken.
  std::uint64_t stream_epoch = 0;
  std::size_t open_streams = 0;
  std::size_t split_bytes_max = 0;
  std::optional<std::size_t> cut_after_bytes{};
  std::vector<Exchange> exchanges{};
  /// Requests held back by a partition.
  std::vector<std::weak_ptr<Wakeup>> waiting{};

  void wake_all() {
    for (const auto& waiter : std::exchange(waiting, {}))
      if (const auto alive = waiter.lock())
        alive->notify();
    cache->wake_followers();
  }
};

} // namespace berth::simulation
