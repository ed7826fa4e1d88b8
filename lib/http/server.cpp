#include <utility> // before Asio (Boost 1.74)

#include "lib/http/server.hpp"

#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "lib/async/executor.hpp"
#include "lib/base/ensure.hpp"
#include "lib/http/asio_operation.hpp"
#include "lib/http/session.hpp"

namespace berth::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// After a failed accept, such as when the process is out of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};

/// How often an idle connection is looked for after the one found got busy, or ended, meanwhile.
constexpr int kEvictionTriesMax = 4;

Result<tcp::acceptor> listen(const Strand& strand, const ServerOptions& options);

} // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(std::shared_ptr<ServerState> shared, Strand accept_strand, tcp::acceptor listening)
      : state(std::move(shared)), strand(std::move(accept_strand)), acceptor(std::move(listening)),
        pause(strand), guard(asio::make_work_guard(state->context)),
        port(acceptor.local_endpoint().port()) {}

  const std::shared_ptr<ServerState> state;
  const Strand strand; ///< the acceptor's
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  asio::executor_work_guard<asio::io_context::executor_type> guard;
  const std::uint16_t port;
  std::vector<std::thread> threads;

  std::mutex tls_mutex;
  TlsContext tls;

  std::mutex stop_mutex;
  bool stopped = false;

  async::Task<void> accept();
  void admit(Strand session_strand, tcp::socket socket);
  /// Whether a connection that waits for its client's next request is being closed for a new one.
  bool evict_longest_idle();
  /// Strangers' before those of verified clients; null when there is none.
  std::shared_ptr<Session> claim_longest_idle();
  void stop();
  std::vector<std::shared_ptr<Session>> sessions();
  void abandon_all();
};

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  TlsContext tls;
  if (options.tls) {
    BERTH_TRY(tls, server_context(*options.tls));
  }
  ensure(options.threads > 0, "a server needs a thread");
  try {
    auto state = std::make_shared<ServerState>(std::move(handler), options.limits,
                                               static_cast<int>(options.threads));
    Strand strand = asio::make_strand(state->context);
    BERTH_TRY(tcp::acceptor acceptor, listen(strand, options));
    auto impl = std::make_shared<Impl>(state, strand, std::move(acceptor));
    impl->tls = std::move(tls);
    std::unique_ptr<Server> server(new Server(impl));
    asio::post(strand, [impl] { async::start(impl->accept()); });
    for (std::size_t thread = 0; thread < options.threads; ++thread)
      impl->threads.emplace_back([state] { state->context.run(); });
    return server;
  } catch (const std::system_error& error) {
    return fail(Code::Unavailable, std::string("the server cannot start: ") + error.what());
  } catch (const boost::system::system_error& error) {
    return fail(Code::Unavailable, std::string("the server cannot start: ") + error.what());
  }
}

std::uint16_t Server::port() const {
  return impl_->port;
}

const ServerCounters& Server::counters() const {
  return impl_->state->counters;
}

Result<void> Server::set_tls(ServerTls tls) {
  BERTH_TRY(TlsContext fresh, server_context(tls));
  const std::scoped_lock lock(impl_->tls_mutex);
  if (!impl_->tls)
    return fail(Code::Invalid, "the server was started without TLS");
  impl_->tls = std::move(fresh);
  return {};
}

/// On the acceptor's strand, so that a connection which is being admitted is among them.
void Server::dismiss() {
  asio::post(impl_->strand, [impl = impl_] {
    for (const auto& session : impl->sessions())
      asio::post(session->strand(), [session] { session->dismiss(); });
  });
}

void Server::retire() {
  impl_->state->retiring = true;
}

void Server::stop() {
  impl_->stop();
}

async::Task<void> Server::Impl::accept() {
  const auto self = shared_from_this();
  while (!state->draining) {
    Strand session_strand = asio::make_strand(state->context);
    tcp::socket socket(session_strand);
    AsioOperation accepting([&](auto done) { acceptor.async_accept(socket, std::move(done)); });
    const Completion accepted = co_await accepting;
    if (!accepted.error) {
      admit(std::move(session_strand), std::move(socket));
    } else if (!state->draining) {
      ++state->counters.accepts_failed;
      pause.expires_after(kAcceptPause);
      AsioOperation pausing([&](auto done) { pause.async_wait(std::move(done)); });
      std::ignore = co_await pausing;
    }
  }
}

void Server::Impl::admit(Strand session_strand, tcp::socket socket) {
  ServerCounters& counters = state->counters;
  ++counters.connections_accepted;
  const auto most = static_cast<std::int64_t>(state->limits.connections_max);
  const std::int64_t held = counters.connections_open - state->evicting;
  if (state->draining || (held >= most && !evict_longest_idle())) {
    ++counters.connections_refused;
    return; // closes the socket
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  std::unique_lock lock(tls_mutex);
  TlsContext context = tls;
  lock.unlock();
  ++counters.connections_open;
  const auto session =
      std::make_shared<Session>(state, session_strand, std::move(socket), std::move(context));
  lock = std::unique_lock(state->mutex);
  state->sessions.emplace(session.get(), session);
  lock.unlock();
  asio::post(session_strand, [session] { async::start(session->serve()); });
}

bool Server::Impl::evict_longest_idle() {
  if (std::cmp_greater_equal(state->evicting.load(), state->limits.connections_max))
    return false;
  const auto longest = claim_longest_idle();
  if (!longest)
    return false;
  ++state->evicting;
  ++state->counters.connections_evicted;
  asio::post(longest->strand(), [longest] { longest->abandon(); });
  return true;
}

std::shared_ptr<Session> Server::Impl::claim_longest_idle() {
  for (int tries = 0; tries < kEvictionTriesMax; ++tries) {
    std::shared_ptr<Session> longest;
    std::pair<bool, IdleTicket> rank;
    for (auto& session : sessions()) {
      const IdleTicket ticket = session->idle_ticket();
      // A stranger must not take the place of a client that has shown who it is.
      const std::pair candidate{session->is_verified(), ticket};
      if (ticket == kNotIdle || ticket == kEvicted || (longest && rank < candidate))
        continue;
      longest = std::move(session);
      rank = candidate;
    }
    if (!longest || longest->claim(rank.second))
      return longest;
  }
  return nullptr;
}

void Server::Impl::stop() {
  const std::scoped_lock once(stop_mutex);
  if (std::exchange(stopped, true))
    return;
  state->retiring = state->draining = true;
  asio::post(strand, [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->acceptor.close(ignored);
    self->pause.cancel();
  });
  for (const auto& session : sessions())
    asio::post(session->strand(), [session] { session->drain(); });
  std::unique_lock lock(state->mutex);
  state->session_ended.wait_for(lock, state->limits.drain_timeout,
                                [this] { return state->sessions.empty(); });
  lock.unlock();
  abandon_all();
  lock.lock();
  state->threads_gone = true;
  lock.unlock();
  guard.reset(); // the threads end when the last operation has
  for (std::thread& thread : threads)
    thread.join();
}

std::vector<std::shared_ptr<Session>> Server::Impl::sessions() {
  std::vector<std::shared_ptr<Session>> alive;
  const std::scoped_lock lock(state->mutex);
  for (const auto& [key, weak] : state->sessions) {
    if (auto session = weak.lock())
      alive.push_back(std::move(session));
  }
  return alive;
}

/// Closes every connection and returns when that has happened, so that a session whose handler ends
/// later finds its socket closed and touches it no more.
void Server::Impl::abandon_all() {
  const auto alive = sessions();
  std::mutex mutex;
  std::condition_variable closed;
  std::size_t open = alive.size();
  for (const auto& session : alive) {
    asio::post(session->strand(), [&, session] {
      session->abandon();
      const std::scoped_lock lock(mutex);
      --open;
      closed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  closed.wait(lock, [&] { return open == 0; });
}

namespace {

Result<tcp::acceptor> listen(const Strand& strand, const ServerOptions& options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return fail(Code::Invalid, "\"" + options.address + "\" is not an address to listen on");
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor acceptor(strand);
  acceptor.open(endpoint.protocol(), error);
  if (!error)
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error)
    acceptor.bind(endpoint, error);
  if (!error)
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return fail(Code::Unavailable, "cannot listen on " + options.address + ":" +
                                       std::to_string(options.port) + ": " + error.message());
  return acceptor;
}

} // namespace

} // namespace berth::http
