#pragma once
// dial(): opens a connection to a server: address, TCP, TLS. Each step is bounded by one timeout.
// Used by BeastTransport only, on its executor.

#include <functional>
#include <memory>
#include <string>

#include "lib/async/asio_executor.hpp"
#include "lib/http/beast_transport.hpp"
#include "lib/http/connection.hpp"

namespace berth::http {

struct DialPlan {
  Endpoint endpoint;
  TlsContext tls;          ///< null: plain TCP
  std::string server_name; ///< asked for (SNI), and checked where certificates are
  Duration timeout{};
  /// Told of each connection before it is used, so that it can be closed from outside.
  std::function<void(const std::shared_ptr<Connection>&)> on_attempt;
};

/// Unavailable when no address answers in time, TLS fails or the attempt was closed.
[[nodiscard]] async::Task<Result<std::shared_ptr<Connection>>> dial(async::AsioExecutor& executor,
                                                                    DialPlan plan);

} // namespace berth::http
