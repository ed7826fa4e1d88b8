#include <utility> // before Asio (Boost 1.74)

#include "lib/http/session.hpp"

#include <boost/asio/post.hpp>

#include "lib/http/wire.hpp"

namespace berth::http {

/// Goes back to the strand after a handler that may have ended anywhere. Once the server's threads
/// are gone the session goes on where it is: its socket was closed before, so it only ends.
struct Session::ReturnToStrand {
  Session& session;
  [[nodiscard]] bool await_ready() const { return session.strand_.running_in_this_thread(); }
  [[nodiscard]] bool await_suspend(std::coroutine_handle<> waiting) const {
    const auto state = session.state_; // the session may be gone when post() returns
    const std::scoped_lock lock(state->mutex);
    if (state->threads_gone)
      return false;
    boost::asio::post(session.strand_, [waiting] { async::resume(waiting); });
    return true;
  }
  void await_resume() const noexcept {}
};

Session::Session(std::shared_ptr<ServerState> state, Strand strand, Connection::Socket socket,
                 TlsContext tls)
    : state_(std::move(state)), strand_(std::move(strand)),
      connection_(std::make_shared<Connection>(std::move(socket), std::move(tls))),
      reader_(state_->limits.header_bytes_max, state_->limits.body_bytes_max),
      idle_ticket_(++state_->idle_tickets) {}

async::Task<void> Session::serve() {
  const auto self = shared_from_this();
  bool go_on = co_await shake_hands();
  while (go_on) {
    go_on = co_await receive();
    if (go_on)
      go_on = co_await answer();
  }
  connection_->close();
  --state_->counters.connections_open;
  if (idle_ticket_.exchange(kNotIdle) == kEvicted) // and nobody claims it any more
    --state_->evicting;
  const std::scoped_lock lock(state_->mutex);
  state_->sessions.erase(this);
  if (state_->sessions.empty())
    state_->session_ended.notify_all();
}

void Session::drain() {
  if (!in_flight_)
    connection_->close();
}

void Session::dismiss() {
  dismissed_ = true;
  drain();
}

async::Task<bool> Session::shake_hands() {
  if (!connection_->is_tls())
    co_return true;
  connection_->expires_after(state_->limits.handshake_timeout);
  const IoResult shaken = co_await connection_->shake_hands_as_server();
  if (shaken.status != IoStatus::Ok) {
    if (idle_ticket_ != kEvicted)
      ++state_->counters.handshakes_failed;
    co_return false;
  }
  peer_name_ = connection_->peer_name();
  peer_valid_until_ = connection_->peer_valid_until();
  verified_ = peer_valid_until_.has_value();
  co_return true;
}

/// Reads one request; false when none came and the connection is to be closed.
async::Task<bool> Session::receive() {
  const ServerLimits& limits = state_->limits;
  using State = RequestReader::State;
  connection_->expires_after(first_request_ ? limits.header_timeout : limits.idle_timeout);
  first_request_ = false;
  State phase = State::Idle;
  auto state = reader_.advance(); // the client may have sent ahead
  while (state && *state != State::Done) {
    if (*state == State::Idle && (state_->draining || dismissed_))
      co_return false;
    if (*state == State::Idle)
      become_idle();
    if (*state != phase) {
      phase = *state;
      const bool may_go_on = co_await begin_phase(phase);
      if (!may_go_on)
        co_return false;
    }
    const IoResult read = co_await connection_->read_some(reader_.space());
    if (read.status != IoStatus::Ok) {
      if (phase != State::Idle)
        ++state_->counters.requests_refused;
      co_return false;
    }
    reader_.received(read.bytes);
    state = reader_.advance();
    const bool is_idle = state && *state == State::Idle;
    if (!is_idle && !leave_idle())
      co_return false;
  }
  in_flight_ = true;
  if (state)
    co_return true;
  const Refusal refusal = state.error();
  co_await refuse(refusal);
  co_return false;
}

/// The head of a request begins to come, or its body; false when the client is gone.
async::Task<bool> Session::begin_phase(RequestReader::State phase) {
  using State = RequestReader::State;
  in_flight_ = true;
  connection_->expires_after(phase == State::Head ? state_->limits.header_timeout
                                                  : state_->limits.body_timeout);
  if (phase != State::Body || !reader_.expects_continue())
    co_return true;
  const IoResult sent = co_await connection_->write("HTTP/1.1 100 Continue\r\n\r\n", "");
  co_return sent.status == IoStatus::Ok;
}

void Session::become_idle() {
  IdleTicket none = kNotIdle;
  idle_ticket_.compare_exchange_strong(none, ++state_->idle_tickets);
}

bool Session::leave_idle() {
  IdleTicket held = idle_ticket_;
  if (held == kNotIdle)
    return true;
  return held != kEvicted && idle_ticket_.compare_exchange_strong(held, kNotIdle);
}

async::Task<void> Session::refuse(Refusal refusal) {
  ++state_->counters.requests_refused;
  Response response;
  response.status = refusal.status;
  response.headers.add("Content-Type", "text/plain");
  response.body.append(refusal.why).append("\n");
  const bool written = co_await write(response, false, true);
  if (written)
    co_await connection_->finish(state_->limits.linger_timeout);
}

/// Has the request answered; true when the connection may carry another one. Not one that was being
/// read when the connection was dismissed: who asks counts no more.
async::Task<bool> Session::answer() {
  if (dismissed_) {
    const Refusal refusal{503, "the connection was dismissed"};
    co_await refuse(refusal);
    co_return false;
  }
  const bool wants_more = reader_.keep_alive();
  const bool with_body = !reader_.is_head_request();
  connection_->expires_never(); // the handler has deadlines of its own
  Request request = reader_.take();
  request.peer_common_name = peer_name_;
  request.peer_valid_until = peer_valid_until_;
  Response response = co_await state_->handler(std::move(request));
  ReturnToStrand here{*this};
  co_await here;
  if (!connection_->is_open())
    co_return false;
  const bool keep_alive = wants_more && !state_->retiring && !dismissed_;
  const bool written = co_await write(response, keep_alive, with_body);
  if (written && !keep_alive)
    co_await connection_->finish(state_->limits.linger_timeout);
  reader_.reuse(std::move(response.body));
  in_flight_ = false;
  co_return written&& keep_alive;
}

async::Task<bool> Session::write(const Response& response, bool keep_alive, bool with_body) {
  auto head = response_head(response, keep_alive);
  std::string_view body = with_body ? std::string_view(response.body) : std::string_view();
  if (!head) {
    head = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    body = {};
  }
  connection_->expires_after(state_->limits.write_timeout);
  constexpr std::size_t kJoinedBytesMax = std::size_t{64} << 10U;
  if (body.size() <= kJoinedBytesMax) { // one packet, one TLS record
    head->append(body);
    body = {};
  }
  const IoResult written = co_await connection_->write(*head, body);
  co_return written.status == IoStatus::Ok;
}

} // namespace berth::http
