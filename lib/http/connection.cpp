#include <utility> // before Asio: its coroutine headers use std::exchange without it (Boost 1.74)

#include "lib/http/connection.hpp"

#include <array>
#include <cerrno>
#include <tuple>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>

#include "lib/http/asio_operation.hpp"

namespace berth::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Runs `operation` on the TLS stream if there is one, else on the socket.
template <class Tls, class Plain, class Operation>
void on_stream(Tls& tls, Plain& plain, Operation operation) {
  if (tls)
    operation(*tls);
  else
    operation(*plain);
}

/// Has the kernel notice after 45 s that the peer went without a word: a host that died, a NAT that
/// forgot. A silent watch would wait for its own time-out otherwise, and see nothing meanwhile.
void probe_when_silent(Connection::Socket& socket) {
  constexpr int kFirstProbeSeconds = 30;
  constexpr int kProbeSeconds = 5;
  constexpr int kProbes = 3;
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const auto set = [&](int option, int value) {
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
  };
  set(TCP_KEEPIDLE, kFirstProbeSeconds);
  set(TCP_KEEPINTVL, kProbeSeconds);
  set(TCP_KEEPCNT, kProbes);
}

/// Whether the peer sent a fatal alert, as OpenSSL reports it: a reason beyond the offset.
bool is_alert(const boost::system::error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) >= SSL_AD_REASON_OFFSET;
}

} // namespace

Connection::Connection(Socket socket, TlsContext context)
    : context_(std::move(context)), timer_(socket.get_executor()) {
  if (context_)
    tls_.emplace(std::move(socket), *context_);
  else
    plain_.emplace(std::move(socket));
}

void Connection::expires_after(Duration span) {
  deadline_ = SteadyTime::clock::now() + span;
  if (!armed_for_ || *armed_for_ > deadline_)
    arm_timer();
}

void Connection::expires_never() {
  deadline_ = SteadyTime::max();
}

void Connection::arm_timer() {
  armed_for_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || !self->is_open())
      return;
    const bool moved = self->armed_for_ && *self->armed_for_ > SteadyTime::clock::now();
    if (moved) // another timer took this one's place just as it fired
      return;
    self->armed_for_.reset();
    if (self->deadline_ <= SteadyTime::clock::now()) {
      self->timed_out_ = true;
      self->close();
    } else if (self->deadline_ != SteadyTime::max()) {
      self->arm_timer();
    }
  });
}

async::Task<IoResult> Connection::connect(tcp::endpoint peer) {
  if (closed_) // Asio would open the socket again
    co_return result_of(asio::error::operation_aborted, 0);
  AsioOperation connecting(
      [this, &peer](auto done) { socket().async_connect(peer, std::move(done)); });
  const Completion connected = co_await connecting;
  if (!connected.error) {
    boost::system::error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    probe_when_silent(socket());
  }
  co_return result_of(connected.error, 0);
}

async::Task<IoResult> Connection::shake_hands_as_client(std::string server_name) {
  if (!server_name.empty()) {
    if (auto expected = expect_server(tls_->native_handle(), server_name); !expected) {
      IoResult refused{IoStatus::Failed, 0, expected.error().message};
      co_return refused;
    }
  }
  co_return co_await shake_hands(asio::ssl::stream_base::client);
}

async::Task<IoResult> Connection::shake_hands_as_server() {
  return shake_hands(asio::ssl::stream_base::server);
}

async::Task<IoResult> Connection::shake_hands(asio::ssl::stream_base::handshake_type side) {
  AsioOperation shaking([this, side](auto done) { tls_->async_handshake(side, std::move(done)); });
  const Completion shaken = co_await shaking;
  IoResult result = result_of(shaken.error, 0);
  if (result.status == IoStatus::Failed) {
    const std::string refused = verification_failure(tls_->native_handle());
    if (!refused.empty())
      result.why = "the peer's certificate was refused: " + refused;
  }
  co_return result;
}

async::Task<IoResult> Connection::read_some(std::span<char> space) {
  AsioOperation reading([this, space](auto done) {
    on_stream(tls_, plain_, [&](auto& stream) {
      stream.async_read_some(asio::buffer(space.data(), space.size()), std::move(done));
    });
  });
  const Completion read = co_await reading;
  co_return result_of(read.error, read.bytes);
}

async::Task<IoResult> Connection::write(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head.data(), head.size()),
                                                asio::buffer(body.data(), body.size())};
  AsioOperation writing([this, &parts](auto done) {
    on_stream(tls_, plain_,
              [&](auto& stream) { asio::async_write(stream, parts, std::move(done)); });
  });
  const Completion written = co_await writing;
  co_return result_of(written.error, written.bytes);
}

async::Task<void> Connection::finish(Duration linger) {
  if (!is_open())
    co_return;
  expires_after(linger);
  if (tls_) {
    AsioOperation saying_goodbye([this](auto done) { tls_->async_shutdown(std::move(done)); });
    std::ignore = co_await saying_goodbye; // the peer may be gone
  }
  boost::system::error_code failed;
  socket().shutdown(tcp::socket::shutdown_send, failed);
  std::array<char, 4096> dropped{};
  std::size_t dropped_bytes = 0;
  while (!failed && dropped_bytes < kLingerBytesMax) {
    AsioOperation reading([this, &dropped](auto done) {
      socket().async_read_some(asio::buffer(dropped), std::move(done));
    });
    const Completion read = co_await reading;
    failed = read.error;
    dropped_bytes += read.bytes;
  }
  close();
}

void Connection::close() {
  closed_ = true;
  timer_.cancel();
  boost::system::error_code ignored;
  socket().close(ignored);
}

bool Connection::is_stale() {
  char next = 0;
  const auto seen = ::recv(socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  // A server has nothing to say unasked but goodbye: TLS sends an alert before it ends.
  return seen >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

std::string Connection::peer_name() {
  return tls_ ? peer_common_name(tls_->native_handle()) : "";
}

std::optional<TimePoint> Connection::peer_valid_until() {
  return tls_ ? peer_expiration(tls_->native_handle()) : std::nullopt;
}

IoResult Connection::result_of(const boost::system::error_code& error, std::size_t bytes) const {
  if (!error)
    return IoResult{IoStatus::Ok, bytes, {}};
  if (timed_out_)
    return IoResult{IoStatus::TimedOut, bytes, "the deadline passed"};
  if (closed_)
    return IoResult{IoStatus::Closed, bytes, "the connection was closed here"};
  if (error == asio::error::eof)
    return IoResult{IoStatus::Ended, bytes, "the peer closed the connection"};
  return IoResult{is_alert(error) ? IoStatus::Alerted : IoStatus::Failed, bytes, error.message()};
}

} // namespace berth::http
