#pragma once
// Connection: one TCP or TLS byte stream with a deadline, for the client and the server alike. It
// knows no HTTP. One read or write at a time; everything happens on the socket's executor, and
// whoever awaits an operation keeps the connection alive.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "lib/async/task.hpp"
#include "lib/base/clock.hpp"
#include "lib/http/tls_context.hpp"

namespace berth::http {

enum class IoStatus {
  Ok,
  Ended,    ///< the peer sent its last byte
  TimedOut, ///< the deadline passed
  Closed,   ///< close() was called here
  Alerted,  ///< the peer broke TLS off with an alert, such as for a certificate it does not accept
  Failed,   ///< anything else; `why` has it
};

struct IoResult {
  IoStatus status = IoStatus::Ok;
  std::size_t bytes = 0; ///< done before the status came
  std::string why{};
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
  using Socket = boost::asio::ip::tcp::socket;

  /// A TLS connection if there is a context.
  Connection(Socket socket, TlsContext context);

  /// Until when every operation must end; the connection is closed when it passes.
  void expires_after(Duration span);
  void expires_never();

  [[nodiscard]] async::Task<IoResult> connect(boost::asio::ip::tcp::endpoint peer);
  /// TLS only. `server_name` is asked for (SNI), and checked unless the context verifies nothing.
  [[nodiscard]] async::Task<IoResult> shake_hands_as_client(std::string server_name);
  [[nodiscard]] async::Task<IoResult> shake_hands_as_server();

  [[nodiscard]] async::Task<IoResult> read_some(std::span<char> space);
  /// Writes both; they must stay alive meanwhile.
  [[nodiscard]] async::Task<IoResult> write(std::string_view head, std::string_view body);
  /// Says goodbye so that the peer reads all we sent: ends our side, then waits for its end, at
  /// most `linger` and kLingerBytesMax, and closes.
  [[nodiscard]] async::Task<void> finish(Duration linger);
  /// Ends every operation in flight.
  void close();

  [[nodiscard]] bool is_open() const { return !closed_; }
  [[nodiscard]] bool is_tls() const { return tls_.has_value(); }
  /// Whether an idle connection is of no use: the peer ended it, or is about to, as far as can be
  /// told at once.
  [[nodiscard]] bool is_stale();
  /// The common name of the peer's verified certificate, or empty.
  [[nodiscard]] std::string peer_name();
  /// When that certificate stops to be valid.
  [[nodiscard]] std::optional<TimePoint> peer_valid_until();

  static constexpr std::size_t kLingerBytesMax = std::size_t{1} << 20U;

private:
  using SteadyTime = boost::asio::steady_timer::time_point;

  [[nodiscard]] Socket& socket() { return tls_ ? tls_->next_layer() : *plain_; }
  [[nodiscard]] async::Task<IoResult>
  shake_hands(boost::asio::ssl::stream_base::handshake_type side);
  [[nodiscard]] IoResult result_of(const boost::system::error_code& error, std::size_t bytes) const;
  void arm_timer();

  TlsContext context_;
  std::optional<Socket> plain_;
  std::optional<boost::asio::ssl::stream<Socket>> tls_;
  boost::asio::steady_timer timer_;
  /// When the timer in flight fires; a later deadline needs no new timer until then.
  std::optional<SteadyTime> armed_for_;
  SteadyTime deadline_ = SteadyTime::max();
  bool timed_out_ = false;
  bool closed_ = false;
};

} // namespace berth::http
