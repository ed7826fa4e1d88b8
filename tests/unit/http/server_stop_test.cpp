// How a server ends: nothing new, what is in flight finishes, what does not finish is cut off.
#include <future>

#include <catch2/catch.hpp>

#include "lib/async/signal.hpp"
#include "lib/http/server.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;

/// The test's clients do not close, so there is no use in waiting for them to.
ServerOptions lingering_briefly() {
  ServerOptions options;
  options.limits.linger_timeout = milliseconds{10};
  return options;
}

/// A handler that answers only once it is let go, on an executor of its own.
struct HeldHandler {
  ClientThread thread;
  async::Signal let_go{thread.executor()};
  std::atomic<int> entered{0};

  Handler handler() {
    return [this](Request request) -> async::Task<Response> {
      ++entered;
      co_await let_go.wait();
      co_return co_await echo(std::move(request));
    };
  }
  /// A client whose request is with the handler.
  RawSocket ask(const Server& server) {
    const int others = entered;
    RawSocket client(server.port());
    client.send(kGetA);
    REQUIRE(comes_true([&] { return entered == others + 1; }));
    return client;
  }
  void release() {
    thread.call([this] { let_go.notify(); });
  }
};

/// A client of which the head of a request is in flight, and the body is still to come.
RawSocket half_sent_request(const Server& server) {
  RawSocket client(server.port());
  client.send(
      "POST /p HTTP/1.1\r\nHost: berth\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  return client;
}

/// That the request was answered, and the client told that the connection ends.
void check_last_answer(RawSocket& client, int status) {
  const std::string answer = client.read_all();
  CHECK(status_of(answer) == status);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("Idle connections are closed and new ones refused when the server stops") {
  auto server = start_server({});
  const auto port = server->port();
  RawSocket idle(port);
  CHECK(is_answered(idle));
  server->stop();
  CHECK(idle.is_closed_by_peer());
  CHECK(server->counters().connections_open == 0);
  auto next = Server::start({.port = port}, echo); // the port is free again
  CHECK(next);
}

TEST_CASE("A server that retires answers as before, but once on each connection") {
  const auto server = start_server(lingering_briefly());
  RawSocket open(server->port());
  CHECK(is_answered(open));
  server->retire();
  open.send(kGetA);
  CHECK(open.read_all().find("Connection: close\r\n") != std::string::npos);
  RawSocket late(server->port());
  late.send(kGetA);
  CHECK(status_of(late.read_all()) == 200);
}

TEST_CASE("Connections that are dismissed end, the busy ones after their answer") {
  HeldHandler held;
  const auto server = start_server(lingering_briefly(), held.handler());
  RawSocket idle(server->port());
  RawSocket client = held.ask(*server);
  server->dismiss();
  CHECK(idle.is_closed_by_peer());
  held.release();
  check_last_answer(client, 200);
  RawSocket next = held.ask(*server);
  held.release();
  CHECK(next.read_until("GET /a ").find("Connection: close") == std::string::npos);
}

TEST_CASE("A connection that is dismissed while its answer is written ends after it") {
  constexpr std::size_t kMoreThanSocketsHold = std::size_t{32} << 20U;
  ServerOptions options = lingering_briefly();
  options.threads = 1; // so that what is asked later is done later
  const auto server = start_server(std::move(options), [](Request request) {
    request.body = request.target == "/vast" ? std::string(kMoreThanSocketsHold, 'x') : "";
    return echo(std::move(request));
  });
  RawSocket slow(server->port());
  slow.send("GET /vast HTTP/1.1\r\nHost: berth\r\n\r\n");
  REQUIRE(slow.read_until("GET /vast x").find("GET /vast x") != std::string::npos);
  server->dismiss();
  RawSocket other(server->port());
  CHECK(is_answered(other));
  CHECK(slow.read_all().size() > kMoreThanSocketsHold / 2);
  CHECK(slow.is_closed_by_peer());
}

TEST_CASE("A request that is being read when its connection is dismissed gets to no handler") {
  const auto server = start_server(lingering_briefly());
  RawSocket idle(server->port());
  RawSocket client = half_sent_request(*server);
  server->dismiss();
  CHECK(idle.is_closed_by_peer());
  client.send("done");
  check_last_answer(client, 503);
}

TEST_CASE("A request in flight is answered before the server ends, and told to close") {
  HeldHandler held;
  const auto server = start_server(lingering_briefly(), held.handler());
  RawSocket idle(server->port());
  RawSocket client = held.ask(*server);
  auto stopping = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(idle.is_closed_by_peer()); // the stop has begun
  held.release();
  check_last_answer(client, 200);
  stopping.get();
}

TEST_CASE("A half-sent request may be completed while the server drains") {
  const auto server = start_server(lingering_briefly());
  RawSocket idle(server->port());
  RawSocket client = half_sent_request(*server);
  auto stopping = std::async(std::launch::async, [&] { server->stop(); });
  CHECK(idle.is_closed_by_peer()); // the stop has begun
  client.send("done");
  CHECK(client.read_all().ends_with("POST /p done"));
  stopping.get();
}

TEST_CASE("A request that outlasts the drain is cut off, and its handler ends later in peace") {
  HeldHandler held;
  ServerOptions options;
  options.limits.drain_timeout = milliseconds{20};
  auto server = start_server(options, held.handler());
  RawSocket client = held.ask(*server);
  server->stop();
  CHECK(client.is_closed_by_peer());
  server.reset(); // the handler outlives the whole server
  held.release();
}

TEST_CASE("Stopping twice, and stopping without ever being asked anything, is fine") {
  auto server = start_server({.threads = 3});
  server->stop();
  server->stop();
}

TEST_CASE("Stopping under load loses no answer that was begun") {
  ServerOptions options;
  options.threads = 2;
  const auto server = start_server(options);
  std::atomic<int> cut_short{0};
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client)
    clients.emplace_back([&] {
      RawSocket raw(server->port());
      while (raw.send(kGetA)) {
        const std::string answer = raw.read_until("GET /a ");
        if (answer.empty())
          break; // closed between two requests
        if (!answer.ends_with("GET /a "))
          ++cut_short;
        ++answered;
      }
    });
  CHECK(comes_true([&] { return answered > 200; }));
  server->stop();
  for (std::thread& client : clients)
    client.join();
  CHECK(cut_short == 0);
}

} // namespace
} // namespace berth::http
