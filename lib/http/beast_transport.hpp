#pragma once
// BeastTransport: the real Transport, HTTP/1.1 over TCP or TLS to one server. It keeps idle
// connections for send(), opens a separate one for each open(), verifies the server's certificate
// and name, and closes everything when its credentials change. Runs on one AsioExecutor.

#include <cstddef>
#include <memory>
#include <string>

#include "lib/async/asio_executor.hpp"
#include "lib/http/tls.hpp"
#include "lib/http/transport.hpp"

namespace berth::http {

struct Endpoint {
  bool tls = true;
  std::string host; ///< name or address; IPv6 without brackets
  std::string port;
  std::string base_path; ///< put in front of every target, without a trailing slash

  /// From "https://host:port/path"; Invalid says what is wrong with it.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view url);
};

struct TransportLimits {
  std::size_t idle_connections_max = 32;
  /// Calls beyond this many at once wait for a connection.
  std::size_t connections_max = 64;
  Duration connect_timeout = std::chrono::seconds{10};
  Duration idle_timeout = std::chrono::seconds{90};
  std::size_t header_bytes_max = std::size_t{64} << 10U;
};

class BeastTransport final : public Transport {
public:
  /// Invalid when the TLS material cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<BeastTransport>> create(async::AsioExecutor& executor,
                                                                      Endpoint endpoint,
                                                                      ClientTls tls,
                                                                      TransportLimits limits = {});
  ~BeastTransport() override;

  [[nodiscard]] async::Task<Result<Response>> send(Request request, SendOptions options) override;
  [[nodiscard]] async::Task<Result<StreamedResponse>> open(Request request,
                                                           StreamOptions options) override;
  /// Uses other credentials from now on and closes all connections made with the old ones, streams
  /// too. Invalid: nothing changed.
  [[nodiscard]] Result<void> set_tls(ClientTls tls);

private:
  struct Impl;
  explicit BeastTransport(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

} // namespace berth::http
