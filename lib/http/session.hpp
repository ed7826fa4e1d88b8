#pragma once
// Session: one connection of a Server, from the handshake to its end. It reads one request at a
// time, has it answered and writes the answer, so that a client that sends ahead is held back by
// its own socket. Everything but the handler runs on the connection's strand.
//
//   handshake -> idle -> head -> body -> handler -> write -> idle ... -> finish -> closed
//                 \________ drain() closes here ________/

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "lib/http/connection.hpp"
#include "lib/http/request_reader.hpp"
#include "lib/http/server.hpp"

namespace berth::http {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

class Session;

/// Numbers the moments in which connections became idle; a lower one is longer ago.
using IdleTicket = std::uint64_t;
inline constexpr IdleTicket kNotIdle = 0;
inline constexpr IdleTicket kEvicted = ~IdleTicket{0};

/// What the sessions of one server share. A session keeps it alive, since a handler may end on
/// another executor long after the server.
struct ServerState {
  ServerState(Handler handler_used, const ServerLimits& limits_used, int threads)
      : handler(std::move(handler_used)), limits(limits_used), context(threads) {}

  const Handler handler;
  const ServerLimits limits;
  ServerCounters counters;
  boost::asio::io_context context;
  std::atomic<bool> retiring{false}; ///< an answer ends its connection
  std::atomic<bool> draining{false}; ///< and so does a connection without a request in flight
  std::atomic<IdleTicket> idle_tickets{0};
  std::atomic<std::int64_t> evicting{0}; ///< connections that are being closed for others

  std::mutex mutex; ///< guards what follows
  std::unordered_map<const Session*, std::weak_ptr<Session>> sessions;
  std::condition_variable session_ended;
  /// The server's threads take no more work: whoever ends now ends where it is.
  bool threads_gone = false;
};

class Session : public std::enable_shared_from_this<Session> {
public:
  Session(std::shared_ptr<ServerState> state, Strand strand, Connection::Socket socket,
          TlsContext tls);

  /// To be started on the strand.
  [[nodiscard]] async::Task<void> serve();
  /// On the strand: ends the connection unless a request is in flight on it.
  void drain();
  /// On the strand: the same, and the request in flight is the last one.
  void dismiss();
  /// On the strand: ends the connection.
  void abandon() { connection_->close(); }
  [[nodiscard]] const Strand& strand() const { return strand_; }
  /// From any thread: since when it has waited for a request's first byte, be it for want of a
  /// handshake; or kNotIdle, kEvicted.
  [[nodiscard]] IdleTicket idle_ticket() const { return idle_ticket_; }
  /// From any thread: whether its client has shown a certificate that the server's authority for
  /// clients vouches for.
  [[nodiscard]] bool is_verified() const { return verified_; }
  /// From any thread: takes it out of service if it still is as idle as `ticket` says. Whoever
  /// claims it abandons it and counts it in `evicting`; its end takes it out of there.
  [[nodiscard]] bool claim(IdleTicket ticket) {
    return idle_ticket_.compare_exchange_strong(ticket, kEvicted);
  }

private:
  struct ReturnToStrand;

  [[nodiscard]] async::Task<bool> shake_hands();
  [[nodiscard]] async::Task<bool> receive();
  [[nodiscard]] async::Task<bool> begin_phase(RequestReader::State phase);
  void become_idle();
  /// False: it was evicted meanwhile, and what came must not be answered.
  [[nodiscard]] bool leave_idle();
  [[nodiscard]] async::Task<void> refuse(Refusal refusal);
  [[nodiscard]] async::Task<bool> answer();
  [[nodiscard]] async::Task<bool> write(const Response& response, bool keep_alive, bool with_body);

  const std::shared_ptr<ServerState> state_;
  const Strand strand_;
  const std::shared_ptr<Connection> connection_;
  RequestReader reader_;
  std::string peer_name_;
  std::optional<TimePoint> peer_valid_until_;
  std::atomic<IdleTicket> idle_ticket_; ///< idle from its beginning, until a request begins
  std::atomic<bool> verified_{false};
  bool first_request_ = true;
  bool in_flight_ = false;
  bool dismissed_ = false;
};

} // namespace berth::http
