#include <utility> // before Asio (Boost 1.74)

#include "lib/http/beast_transport.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>

#include "lib/http/call_slots.hpp"
#include "lib/http/connection_pool.hpp"
#include "lib/http/connection_stream.hpp"
#include "lib/http/deadline.hpp"
#include "lib/http/exchange.hpp"

namespace berth::http {

/// Shared with the calls in flight, which may end after their BeastTransport.
struct BeastTransport::Impl {
  Impl(async::AsioExecutor& executor, std::shared_ptr<ConnectionPool> connections,
       TransportLimits limits_used)
      : pool(std::move(connections)), limits(limits_used),
        slots(executor, limits_used.connections_max, limits_used.waiting_calls_max) {}

  const std::shared_ptr<ConnectionPool> pool;
  const TransportLimits limits;
  CallSlots slots;

  static async::Task<Result<Response>> send(std::shared_ptr<Impl> impl, Request request,
                                            SendOptions options);
  static async::Task<Result<StreamedResponse>> open(std::shared_ptr<Impl> impl, Request request,
                                                    StreamOptions options);
};

Result<std::unique_ptr<BeastTransport>> BeastTransport::create(async::AsioExecutor& executor,
                                                               Endpoint endpoint, ClientTls tls,
                                                               TransportLimits limits) {
  TlsContext context;
  if (endpoint.tls) {
    BERTH_TRY(context, client_context(tls));
  }
  auto pool = std::make_shared<ConnectionPool>(executor, std::move(endpoint), limits,
                                               std::move(tls), std::move(context));
  auto impl = std::make_shared<Impl>(executor, std::move(pool), limits);
  return std::unique_ptr<BeastTransport>(new BeastTransport(std::move(impl)));
}

BeastTransport::BeastTransport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

BeastTransport::~BeastTransport() {
  boost::asio::dispatch(impl_->pool->executor().context(), [impl = impl_] {
    impl->slots.close();
    impl->pool->close();
  });
}

async::Task<Result<Response>> BeastTransport::send(Request request, SendOptions options) {
  return Impl::send(impl_, std::move(request), options);
}

async::Task<Result<StreamedResponse>> BeastTransport::open(Request request, StreamOptions options) {
  return Impl::open(impl_, std::move(request), options);
}

Result<void> BeastTransport::set_tls(ClientTls tls) {
  if (!impl_->pool->endpoint().tls)
    return fail(Code::Invalid, "the transport does not speak TLS");
  BERTH_TRY(TlsContext context, client_context(tls));
  boost::asio::dispatch(impl_->pool->executor().context(),
                        [impl = impl_, fresh = std::move(tls), made = std::move(context)] {
                          impl->pool->use_tls(fresh, made);
                        });
  return {};
}

std::size_t BeastTransport::connections_made() const {
  return impl_->pool->connections_made();
}

async::Task<Result<Response>> BeastTransport::Impl::send(std::shared_ptr<Impl> impl,
                                                         Request request, SendOptions options) {
  const auto deadline = SteadyClock::now() + options.timeout;
  ConnectionPool& pool = *impl->pool;
  co_await async::switch_to(pool.executor());
  BERTH_CO_TRY(const Outgoing outgoing, prepare(std::move(request), pool.endpoint()));
  const ResponseLimits body_limit{impl->limits.header_bytes_max, options.response_bytes_max};
  std::optional<CallSlots::Slot> slot;
  if (!options.urgent) {
    BERTH_CO_TRY(CallSlots::Slot turn, co_await impl->slots.acquire(time_until(deadline)));
    slot.emplace(std::move(turn));
  }
  auto connection = pool.take_idle();
  while (true) {
    const bool fresh = connection == nullptr;
    if (fresh) {
      BERTH_CO_TRY(connection,
                   co_await pool.connect(ConnectionPool::Use::Call, time_until(deadline)));
    }
    connection->expires_after(time_until(deadline));
    Exchange done = co_await exchange(connection, outgoing, body_limit, fresh);
    if (done.keep_alive)
      pool.keep(std::move(connection));
    else
      pool.drop(connection);
    if (!done.response && done.response.error().code == Code::Timeout)
      pool.drop_idle();
    if (fresh || !done.may_repeat)
      co_return std::move(done.response);
    connection = nullptr; // once more, on a connection that cannot be stale
  }
}

async::Task<Result<StreamedResponse>>
BeastTransport::Impl::open(std::shared_ptr<Impl> impl, Request request, StreamOptions options) {
  const auto deadline = SteadyClock::now() + options.head_timeout;
  ConnectionPool& pool = *impl->pool;
  co_await async::switch_to(pool.executor());
  BERTH_CO_TRY(const Outgoing outgoing, prepare(std::move(request), pool.endpoint()));
  if (pool.streams() >= impl->limits.streams_max)
    co_return fail(Code::Unavailable, "too many streams are open");
  BERTH_CO_TRY(auto connection,
               co_await pool.connect(ConnectionPool::Use::Stream, time_until(deadline)));
  const ResponseLimits no_body_limit{impl->limits.header_bytes_max,
                                     std::numeric_limits<std::size_t>::max()};
  ResponseReader reader(no_body_limit, outgoing.has_answer_body);
  connection->expires_after(time_until(deadline));
  if (auto failed = co_await exchange_head(connection, outgoing, reader); !failed) {
    pool.drop(connection);
    Error error = std::move(failed).error();
    if (error.code == Code::Cancelled && !pool.is_closed()) // the credentials changed meanwhile
      error.code = Code::Timeout;
    co_return fail(std::move(error));
  }
  connection->expires_never();
  Response head = reader.take_head();
  StreamedResponse response;
  response.status = head.status;
  response.headers = std::move(head.headers);
  response.body = std::make_unique<ConnectionStream>(impl->pool, connection, std::move(reader),
                                                     options.idle_timeout);
  co_return response;
}

} // namespace berth::http
