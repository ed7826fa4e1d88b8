#pragma once
// ConnectionPool: every connection to one server, those kept for the next call and those in use, so
// that all of them can be closed. Lives on one executor; coroutines and streams share it, so it may
// outlive the BeastTransport that made it.

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/http/beast_transport.hpp"
#include "lib/http/connection.hpp"

namespace berth::http {

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
public:
  enum class Use { Idle, Call, Stream };

  ConnectionPool(async::AsioExecutor& executor, Endpoint endpoint, TransportLimits limits,
                 ClientTls tls, TlsContext context);

  /// A kept connection that seems alive, or null.
  [[nodiscard]] std::shared_ptr<Connection> take_idle();
  /// A fresh connection. Unavailable when that fails, Cancelled after close().
  [[nodiscard]] async::Task<Result<std::shared_ptr<Connection>>> connect(Use use, Duration timeout);
  /// Keeps a connection for another call, unless its credentials are old or there are enough.
  void keep(std::shared_ptr<Connection> connection);
  /// Closes a connection.
  void drop(const std::shared_ptr<Connection>& connection);
  /// Closes those that wait for a call: what silenced one connection may have silenced them all.
  void drop_idle();

  /// See BeastTransport::set_tls().
  void use_tls(ClientTls tls, TlsContext context);
  /// Closes every connection; no new one is made.
  void close();

  [[nodiscard]] bool is_closed() const { return closed_; }
  [[nodiscard]] async::AsioExecutor& executor() { return executor_; }
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] std::size_t streams() const;
  [[nodiscard]] std::size_t connections_made() const { return connections_made_; }

private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Known {
    std::weak_ptr<Connection> connection;
    Use use;
    std::size_t generation; ///< of the credentials it was made with
  };
  struct Kept {
    std::shared_ptr<Connection> connection;
    SteadyTime since;
  };

  void know(const std::shared_ptr<Connection>& connection, Use use, std::size_t generation);

  async::AsioExecutor& executor_;
  const Endpoint endpoint_;
  const TransportLimits limits_;
  ClientTls tls_;
  TlsContext tls_context_;
  std::size_t generation_ = 0;
  bool closed_ = false;
  std::vector<Kept> idle_; ///< the one used last stands last
  std::unordered_map<const Connection*, Known> known_;
  std::size_t connections_made_ = 0;
};

} // namespace berth::http
