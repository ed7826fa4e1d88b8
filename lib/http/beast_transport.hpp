#pragma once
// BeastTransport: the real Transport, HTTP/1.1 over TCP or TLS to one server. It keeps idle
// connections for send(), opens a separate one for each open(), verifies the server's certificate
// and name, and starts afresh when its credentials change. It follows no redirect. Everything runs
// on one AsioExecutor, which must outlive it and on which callers go on.
//
// A kept connection may have been closed by the server just as it is used again. Such a call is
// made once more on a fresh connection if that is safe: nothing was answered, and nothing was sent
// or the method only reads.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

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
  /// The Host field: the port only where it is not the scheme's own.
  [[nodiscard]] std::string host_field() const;
};

struct TransportLimits {
  std::size_t idle_connections_max = 32;
  /// Calls beyond this many at once wait for a connection.
  std::size_t connections_max = 64;
  /// Calls beyond this many waiting fail at once.
  std::size_t waiting_calls_max = 4096;
  /// Streams open at once; one more fails at once.
  std::size_t streams_max = 256;
  Duration connect_timeout = std::chrono::seconds{10};
  /// Below the 90 s of the API server, so that it is this side that ends an idle connection.
  Duration idle_timeout = std::chrono::seconds{60};
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
  /// Uses other credentials from now on. Streams and idle connections made with the old ones are
  /// closed, calls in flight end first. From any thread. Invalid: nothing changed.
  [[nodiscard]] Result<void> set_tls(ClientTls tls);
  /// Connections made so far; for tests and metrics. On the executor.
  [[nodiscard]] std::size_t connections_made() const;

private:
  struct Impl;
  explicit BeastTransport(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

} // namespace berth::http
