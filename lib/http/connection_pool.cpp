#include <utility> // before Asio (Boost 1.74)

#include "lib/http/connection_pool.hpp"

#include <algorithm>

#include "lib/http/dial.hpp"

namespace berth::http {

using SteadyClock = std::chrono::steady_clock;

ConnectionPool::ConnectionPool(async::AsioExecutor& executor, Endpoint endpoint,
                               TransportLimits limits, ClientTls tls, TlsContext context)
    : executor_(executor), endpoint_(std::move(endpoint)), limits_(limits), tls_(std::move(tls)),
      tls_context_(std::move(context)) {}

std::shared_ptr<Connection> ConnectionPool::take_idle() {
  const SteadyTime oldest = SteadyClock::now() - limits_.idle_timeout;
  while (!idle_.empty()) {
    const Kept kept = std::move(idle_.back());
    idle_.pop_back();
    if (kept.since >= oldest && kept.connection->is_open() && !kept.connection->is_stale()) {
      known_.at(kept.connection.get()).use = Use::Call;
      return kept.connection;
    }
    drop(kept.connection);
  }
  return nullptr;
}

async::Task<Result<std::shared_ptr<Connection>>> ConnectionPool::connect(Use use,
                                                                         Duration timeout) {
  if (closed_)
    co_return fail(Code::Cancelled, "the transport was closed");
  const auto self = shared_from_this();
  DialPlan plan;
  plan.endpoint = endpoint_;
  plan.tls = tls_context_;
  plan.server_name = tls_.server_name.empty() ? endpoint_.host : tls_.server_name;
  plan.timeout = std::min(limits_.connect_timeout, timeout);
  plan.on_attempt = [this, use, generation = generation_](const auto& made) {
    know(made, use, generation);
  };
  auto dialled = co_await dial(executor_, std::move(plan));
  if (closed_ && !dialled)
    co_return fail(Code::Cancelled, "the transport was closed");
  co_return dialled;
}

void ConnectionPool::know(const std::shared_ptr<Connection>& connection, Use use,
                          std::size_t generation) {
  ++connections_made_;
  std::erase_if(known_, [](const auto& entry) { return entry.second.connection.expired(); });
  known_.insert_or_assign(connection.get(), Known{connection, use, generation});
  if (closed_)
    connection->close();
}

void ConnectionPool::keep(std::shared_ptr<Connection> connection) {
  const auto entry = known_.find(connection.get());
  if (closed_ || entry == known_.end() || entry->second.generation != generation_)
    return drop(connection);
  if (idle_.size() >= limits_.idle_connections_max) { // the one unused longest goes
    if (idle_.empty())
      return drop(connection);
    const Kept oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
    drop(oldest.connection);
  }
  entry->second.use = Use::Idle;
  connection->expires_after(limits_.idle_timeout); // closes it even if no call comes any more
  idle_.push_back(Kept{std::move(connection), SteadyClock::now()});
}

void ConnectionPool::drop(const std::shared_ptr<Connection>& connection) {
  connection->close();
  known_.erase(connection.get());
}

void ConnectionPool::drop_idle() {
  for (const Kept& kept : std::exchange(idle_, {}))
    drop(kept.connection);
}

void ConnectionPool::use_tls(ClientTls tls, TlsContext context) {
  tls_ = std::move(tls);
  tls_context_ = std::move(context);
  ++generation_;
  for (const auto& [key, entry] : known_) {
    const auto connection = entry.connection.lock();
    if (connection && entry.use != Use::Call)
      connection->close();
  }
  idle_.clear();
}

void ConnectionPool::close() {
  closed_ = true;
  for (const auto& [key, entry] : known_) {
    if (const auto connection = entry.connection.lock())
      connection->close();
  }
  idle_.clear();
}

std::size_t ConnectionPool::streams() const {
  return static_cast<std::size_t>(std::ranges::count_if(known_, [](const auto& entry) {
    return entry.second.use == Use::Stream && !entry.second.connection.expired();
  }));
}

} // namespace berth::http
