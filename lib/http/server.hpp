#pragma once
// Server: a bounded HTTP/1.1 server on Boost.Beast for the extender, health and metrics. It refuses
// what it does not understand (smuggled lengths, unknown transfer codings, absolute-form targets),
// puts a limit and a deadline on everything, and reloads its certificate without a restart.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/http/message.hpp"
#include "lib/http/tls.hpp"

namespace berth::http {

struct ServerLimits {
  std::size_t header_bytes_max = std::size_t{8} << 10U;
  std::size_t body_bytes_max = std::size_t{8} << 20U;
  /// Once they are all held, a new one takes the place of the one that has been idle the longest,
  /// of those whose clients have shown no certificate if there are any; if each has a request under
  /// way, the new one is refused. While evicted ones are being closed there may be so many of them
  /// besides.
  std::size_t connections_max = 1024;
  Duration handshake_timeout = std::chrono::seconds{5};
  Duration header_timeout = std::chrono::seconds{5};
  Duration body_timeout = std::chrono::seconds{10};
  Duration idle_timeout = std::chrono::seconds{60};
  Duration write_timeout = std::chrono::seconds{10};
  /// How long a connection that we end waits for the client to have read everything.
  Duration linger_timeout = std::chrono::seconds{1};
  /// How long stop() lets requests in flight finish.
  Duration drain_timeout = std::chrono::seconds{10};
};

/// Answers one request; must be safe to call from several threads at once. It may finish on another
/// executor; the server takes the answer back to the connection's own thread. The server writes
/// Content-Length and Connection itself; an answer that sets them becomes a 500.
using Handler = std::function<async::Task<Response>(Request)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: any free port
  std::size_t threads = 1;
  std::optional<ServerTls> tls{};
  ServerLimits limits{};
};

/// Counters for metrics; updated without locks.
struct ServerCounters {
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused{0}; ///< over connections_max
  std::atomic<std::uint64_t> connections_evicted{0}; ///< idle ones that made room for others
  std::atomic<std::uint64_t> accepts_failed{0};      ///< such as for want of file descriptors
  std::atomic<std::uint64_t> handshakes_failed{0};
  std::atomic<std::uint64_t> requests_refused{0}; ///< malformed, too large, too slow, dismissed
  std::atomic<std::int64_t> connections_open{0};
};

class Server {
public:
  /// Binds, listens and starts to serve on threads of its own. Unavailable when the address is
  /// taken, Invalid when the TLS material cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                                             Handler handler);
  /// stop() if that has not happened.
  ~Server();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const ServerCounters& counters() const;
  /// New connections use it from now on; on Invalid the old one stays in use.
  [[nodiscard]] Result<void> set_tls(ServerTls tls);
  /// Ends every connection that is open now: one whose request is with the handler after its
  /// answer, one whose request is being read with a 503. For when whom they were let in as counts
  /// no more. New ones are accepted as before.
  void dismiss();
  /// Asks clients to go elsewhere: from now on each answer closes its connection. New connections
  /// are still accepted, for those who have not heard yet. To be followed by stop().
  void retire();
  /// Stops accepting, lets requests in flight finish within drain_timeout, closes, joins.
  void stop();

private:
  struct Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

} // namespace berth::http
