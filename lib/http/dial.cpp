#include <utility> // before Asio (Boost 1.74)

#include "lib/http/dial.hpp"

#include <algorithm>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "lib/http/deadline.hpp"

namespace berth::http {

namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

/// Servers with more addresses are tried at the first ones only.
constexpr std::size_t kAddressesMax = 8;

async::Task<Result<std::vector<tcp::endpoint>>> look_up(async::AsioExecutor& executor,
                                                        Endpoint endpoint, Duration timeout);
async::Task<IoResult> attempt(std::shared_ptr<Connection> connection, tcp::endpoint address,
                              std::string server_name);

} // namespace

async::Task<Result<std::shared_ptr<Connection>>> dial(async::AsioExecutor& executor,
                                                      DialPlan plan) {
  const auto deadline = SteadyClock::now() + plan.timeout;
  BERTH_CO_TRY(auto addresses, co_await look_up(executor, plan.endpoint, plan.timeout));
  const std::string server = plan.endpoint.host_field();
  std::string why = "it has no address";
  for (std::size_t tried = 0; tried < addresses.size(); ++tried) {
    // What is left of the time is shared, so that one dead address does not use it up.
    const Duration left = time_until(deadline) / static_cast<int>(addresses.size() - tried);
    tcp::socket socket(executor.context());
    auto connection = std::make_shared<Connection>(std::move(socket), plan.tls);
    plan.on_attempt(connection);
    connection->expires_after(left);
    const IoResult opened = co_await attempt(connection, addresses[tried], plan.server_name);
    if (opened.status == IoStatus::Ok)
      co_return connection;
    connection->close();
    why = opened.why;
    if (opened.status == IoStatus::Closed)
      break;
  }
  co_return fail(Code::Unavailable, "cannot connect to " + server + ": " + why);
}

namespace {

async::Task<IoResult> attempt(std::shared_ptr<Connection> connection, tcp::endpoint address,
                              std::string server_name) {
  IoResult result = co_await connection->connect(address);
  if (result.status == IoStatus::Ok && connection->is_tls())
    result = co_await connection->shake_hands_as_client(std::move(server_name));
  co_return result;
}

/// A look-up and its timer: whichever comes first goes on. The system's resolver cannot be stopped,
/// so a late answer finds nobody.
struct LookUp {
  explicit LookUp(asio::io_context& context) : resolver(context), timer(context) {}
  tcp::resolver resolver;
  asio::steady_timer timer;
  bool ended = false;
  boost::system::error_code error = asio::error::timed_out;
  std::vector<tcp::endpoint> addresses;
};

struct LookUpAwaiter {
  std::shared_ptr<LookUp> look_up;
  const Endpoint& endpoint;
  Duration timeout;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    look_up->timer.expires_after(timeout);
    look_up->timer.async_wait([shared = look_up, waiting](boost::system::error_code cancelled) {
      if (cancelled || std::exchange(shared->ended, true))
        return;
      shared->resolver.cancel();
      async::resume(waiting);
    });
    look_up->resolver.async_resolve(
        endpoint.host, endpoint.port,
        [shared = look_up, waiting](boost::system::error_code error,
                                    const tcp::resolver::results_type& found) {
          if (std::exchange(shared->ended, true))
            return;
          shared->timer.cancel();
          shared->error = error;
          for (const auto& entry : found)
            shared->addresses.push_back(entry.endpoint());
          async::resume(waiting);
        });
  }
  void await_resume() const noexcept {}
};

async::Task<Result<std::vector<tcp::endpoint>>> look_up(async::AsioExecutor& executor,
                                                        Endpoint endpoint, Duration timeout) {
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address(endpoint.host, not_an_address);
  if (!not_an_address) {
    const auto port = static_cast<std::uint16_t>(std::stoul(endpoint.port)); // digits: see parse()
    co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};
  }
  LookUpAwaiter looking{std::make_shared<LookUp>(executor.context()), endpoint, timeout};
  co_await looking;
  LookUp& done = *looking.look_up;
  if (done.error)
    co_return fail(Code::Unavailable,
                   "cannot find the address of " + endpoint.host + ": " + done.error.message());
  done.addresses.resize(std::min(done.addresses.size(), kAddressesMax));
  co_return std::move(done.addresses);
}

} // namespace

} // namespace berth::http
