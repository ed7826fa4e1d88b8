// Slow, many and stuck clients: every wait has an end, and every count a limit.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include <boost/system/error_code.hpp>

#include <catch2/catch.hpp>

#include "lib/async/signal.hpp"
#include "lib/http/server.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;

TEST_CASE("A client that says nothing is closed after the header time-out") {
  ServerOptions options;
  options.limits.header_timeout = milliseconds{30};
  const auto server = start_server(options);
  RawSocket client(server->port());
  CHECK(client.is_closed_by_peer());
  CHECK(server->counters().requests_refused == 0); // it asked for nothing
}

TEST_CASE("A head that does not end is cut off, however steadily its bytes come") {
  ServerOptions options;
  options.limits.header_timeout = milliseconds{50};
  const auto server = start_server(options);
  RawSocket client(server->port());
  client.send("GET / HTTP/1.1\r\nX: ");
  while (client.send("x"))
    std::this_thread::sleep_for(milliseconds{1}); // the pace of the attack, not a wait
  CHECK(comes_true([&] { return server->counters().requests_refused == 1; }));
}

TEST_CASE("A body that does not end is cut off") {
  ServerOptions options;
  options.limits.body_timeout = milliseconds{30};
  const auto server = start_server(options);
  RawSocket client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: berth\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(client.is_closed_by_peer());
  CHECK(comes_true([&] { return server->counters().requests_refused == 1; }));
}

TEST_CASE("An idle connection is closed, one in use is not") {
  ServerOptions options;
  options.limits.idle_timeout = milliseconds{30};
  const auto server = start_server(options);
  RawSocket client(server->port());
  CHECK(is_answered(client));
  CHECK(client.is_closed_by_peer());
}

TEST_CASE("A handler may take longer than any time-out of the connection") {
  ServerOptions options;
  options.limits.header_timeout = options.limits.body_timeout = kUnhurried;
  options.limits.idle_timeout = kUnhurried;
  ClientThread elsewhere;
  const auto server = start_server(options, [&](Request request) -> async::Task<Response> {
    co_await async::sleep_for(elsewhere.executor(), 2 * kUnhurried);
    co_return co_await echo(std::move(request));
  });
  RawSocket client(server->port());
  CHECK(is_answered(client));
}

TEST_CASE("A client that does not read is cut off") {
  ServerOptions options;
  options.limits.write_timeout = milliseconds{50};
  const auto server = start_server(options, [](Request) -> async::Task<Response> {
    Response response;
    response.status = 200;
    response.body = std::string(std::size_t{64} << 20U, 'x'); // more than sockets buffer
    co_return response;
  });
  RawSocket client(server->port());
  client.send(kGetA);
  CHECK(comes_true([&] { return server->counters().connections_accepted == 1; }));
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
}

TEST_CASE("A client that keeps sending after its refusal is not listened to for ever") {
  ServerOptions options;
  options.limits.linger_timeout = milliseconds{30};
  const auto server = start_server(options);
  RawSocket client(server->port());
  client.send("BAD\r\n\r\n");
  CHECK(status_of(client.read_until("\r\n\r\n")) == 400);
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
}

TEST_CASE("Connections beyond the limit are closed at once while the others are busy") {
  ServerOptions options;
  options.limits.connections_max = 2;
  ClientThread elsewhere;
  async::Signal released(elsewhere.executor());
  std::atomic<int> waiting{0};
  const auto server = start_server(options, [&](Request request) -> async::Task<Response> {
    if (path_of(request.target) == "/wait") {
      co_await async::switch_to(elsewhere.executor());
      ++waiting;
      co_await released.wait();
    }
    co_return co_await echo(std::move(request));
  });
  RawSocket first(server->port());
  RawSocket second(server->port());
  for (RawSocket* client : {&first, &second})
    client->send("GET /wait HTTP/1.1\r\nHost: berth\r\n\r\n");
  REQUIRE(comes_true([&] { return waiting == 2; }));
  RawSocket third(server->port());
  CHECK(third.is_closed_by_peer());
  CHECK(server->counters().connections_refused == 1);
  CHECK(server->counters().connections_evicted == 0);
  elsewhere.call([&] { released.notify(); });
  CHECK(first.read_until("GET /wait ").ends_with("GET /wait "));
  CHECK(second.read_until("GET /wait ").ends_with("GET /wait "));
}

TEST_CASE("The connection that was idle the longest makes room for a new one") {
  ServerOptions options;
  options.limits.connections_max = 2;
  const auto server = start_server(options);
  RawSocket first(server->port());
  RawSocket second(server->port());
  CHECK(is_answered(first));
  CHECK(is_answered(second));
  CHECK(is_answered(first)); // from now on the second has been idle for longer
  RawSocket third(server->port());
  CHECK(is_answered(third));
  CHECK(second.is_closed_by_peer());
  CHECK(is_answered(first));
  CHECK(server->counters().connections_evicted == 1);
  CHECK(server->counters().connections_refused == 0);
  CHECK(comes_true([&] { return server->counters().connections_open == 2; }));
}

TEST_CASE("Whoever holds all connections idle keeps nobody out") {
  ServerOptions options;
  options.limits.connections_max = 4;
  const auto server = start_server(options);
  std::vector<std::unique_ptr<RawSocket>> held;
  for (int connection = 0; connection < 40; ++connection)
    held.push_back(std::make_unique<RawSocket>(server->port()));
  RawSocket client(server->port());
  CHECK(is_answered(client));
  CHECK(comes_true([&] { return server->counters().connections_open <= 4; }));
}

/// Takes every file descriptor that the process may still open.
class NoDescriptorsLeft {
public:
  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(next); // the lowest free one is out of reach now
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

private:
  rlimit before_{};
};

TEST_CASE("Out of file descriptors the server pauses, and goes on once there are some") {
  // UBSan opens a pipe the first time it looks at an object's type, which then would fail.
  CHECK(boost::system::error_code(EMFILE, boost::system::system_category()).failed());
  const auto server = start_server({});
  RawSocket kept(server->port());
  CHECK(is_answered(kept));
  RawSocket waiting;
  {
    const NoDescriptorsLeft none;
    waiting.connect(server->port()); // by the kernel, for the server to accept
    waiting.send(kGetA);
    CHECK(comes_true([&] { return server->counters().accepts_failed > 0; }));
    CHECK(is_answered(kept)); // open connections are served meanwhile
  }
  CHECK(waiting.read_until("GET /a ").ends_with("GET /a "));
}

TEST_CASE("Many connections on several threads are all answered") {
  ServerOptions options;
  options.threads = 4;
  const auto server = start_server(options);
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int client = 0; client < 8; ++client)
    clients.emplace_back([&] {
      for (int connection = 0; connection < 10; ++connection) {
        RawSocket raw(server->port());
        for (int call = 0; call < 10; ++call) {
          if (is_answered(raw))
            ++answered;
        }
      }
    });
  for (std::thread& client : clients)
    client.join();
  CHECK(answered == 800);
  CHECK(server->counters().connections_accepted == 80);
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
}

} // namespace
} // namespace berth::http
