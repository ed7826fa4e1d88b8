#pragma once
// SimulatedTransport: one client's connection to the simulated API server, behind the same face as
// the real transport, on simulated time. Each has its own latency, faults, lag and seed, so that
// two clients can live in different worlds.

#include <memory>
#include <string>
#include <vector>

#include "lib/http/transport.hpp"
#include "tests/support/simulation/faults.hpp"
#include "tests/support/simulation/watch_cache.hpp"

namespace berth::simulation {

/// One request as the server or the network answered it.
struct Exchange {
  std::string method;
  std::string target;
  int status = 0; ///< 0: no response came
};

class SimulatedTransport final : public http::Transport {
public:
  /// `user` is who the server takes the client for. Calls go on, and finish, on `home`.
  SimulatedTransport(SimulatedApiServer& server, std::string user, std::uint64_t seed,
                     async::Executor& home);
  /// With the simulation's own executor as home.
  SimulatedTransport(SimulatedApiServer& server, std::string user, std::uint64_t seed)
      : SimulatedTransport(server, std::move(user), seed, server.executor()) {}
  ~SimulatedTransport() override;

  [[nodiscard]] async::Task<Result<http::Response>> send(http::Request request,
                                                         http::SendOptions options) override;
  [[nodiscard]] async::Task<Result<http::StreamedResponse>>
  open(http::Request request, http::StreamOptions options) override;

  [[nodiscard]] FaultPlan& faults();
  /// The watch cache that answers this client.
  [[nodiscard]] WatchCache& cache();

  /// While partitioned nothing arrives in either direction: requests wait for their timeout, and
  /// what takes effect on the server stays unknown to the client.
  void partition(bool partitioned);
  /// While down, connections are refused and open streams break.
  void set_down(bool down);
  /// Breaks every open stream.
  void break_streams();
  /// Streams deliver pieces of 1 to so many bytes; 0: whole events.
  void split_streams(std::size_t bytes_max);
  /// The next streams opened break after exactly so many bytes.
  void cut_streams_after(std::optional<std::size_t> bytes);

  /// What was asked and answered so far, oldest first.
  [[nodiscard]] const std::vector<Exchange>& exchanges() const;
  [[nodiscard]] std::size_t open_streams() const;

private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace berth::simulation
