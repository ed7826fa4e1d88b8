// Kept connections: when they are used again, and what happens when the server has closed one.
#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/http/beast_transport.hpp"
#include "tests/support/http/scripted_server.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("A connection that the server closed meanwhile is not used again") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.send(kOk);
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  for (int call = 1; call <= 5; ++call) {
    // Even a POST goes through: the end is seen before a byte is sent.
    REQUIRE(client.run(transport->send(request_of("POST", "/"), {})));
    REQUIRE(comes_true([&] { return server.closed() == call; }));
  }
  CHECK(server.connections() == 5);
}

/// A server that closes its first connection just when the second request arrives on it.
std::unique_ptr<ScriptedServer> server_with_one_stale_connection() {
  return std::make_unique<ScriptedServer>([](RawSocket& connection, int number) {
    connection.skip_request();
    connection.send(kOk);
    connection.skip_request();
    if (number > 0)
      connection.send(kOk);
  });
}

TEST_CASE("A reading call that meets a stale connection is made once more on a fresh one") {
  const auto server = server_with_one_stale_connection();
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  REQUIRE(client.run(transport->send(get("/1"), {})));
  REQUIRE(client.run(transport->send(get("/2"), {})));
  CHECK(server->connections() == 2);
}

TEST_CASE("A writing call that meets a stale connection is not made again") {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto server = server_with_one_stale_connection();
    ClientThread client;
    const auto transport = connect_to(client, local_endpoint(server->port()));
    REQUIRE(client.run(transport->send(get("/1"), {})));
    const auto answer = client.run(transport->send(request_of(method, "/2"), {}));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::Timeout); // nobody knows whether the server acted
    CHECK(server->connections() == 1);
  }
}

TEST_CASE("A fresh connection that breaks is not tried again") {
  const ScriptedServer server([](RawSocket& connection, int) { connection.skip_request(); });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  const auto answer = client.run(transport->send(get("/"), {}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::Timeout);
  CHECK(server.connections() == 1);
}

TEST_CASE("When a server is gone its kept connections are of no use, and the call says so") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  std::vector<std::future<Result<Response>>> calls;
  for (int call = 0; call < 3; ++call)
    calls.push_back(client.start(transport->send(get("/large"), {})));
  for (auto& call : calls)
    REQUIRE(call.get());
  server->stop();
  const auto answer = client.run(transport->send(get("/"), {}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::Unavailable);
}

TEST_CASE("A connection that the server wants closed is not kept") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    connection.wait_for_end();
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  REQUIRE(client.run(transport->send(get("/1"), {})));
  REQUIRE(client.run(transport->send(get("/2"), {})));
  CHECK(server.connections() == 2);
}

TEST_CASE("A connection that was answered more than asked is not kept") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    connection.wait_for_end();
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  for (int call = 1; call <= 2; ++call) {
    const auto answer = client.run(transport->send(get("/"), {}));
    REQUIRE(answer);
    CHECK(answer->body == "ok");
    CHECK(server.connections() == call);
  }
}

TEST_CASE("Idle connections are closed after a while, and beyond a number") {
  const auto server = start_server({});
  ClientThread client;
  TransportLimits limits;
  limits.idle_connections_max = 1;
  limits.idle_timeout = milliseconds{30};
  const auto transport = connect_to(client, local_endpoint(server->port()), {}, limits);
  std::vector<std::future<Result<Response>>> calls;
  for (int call = 0; call < 4; ++call)
    calls.push_back(client.start(transport->send(get("/large"), {})));
  for (auto& call : calls)
    REQUIRE(call.get());
  CHECK(comes_true([&] { return server->counters().connections_open <= 1; }));
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
  CHECK(client.run(transport->send(get("/a"), {})));
}

/// Answers at once, but /slow only when it is stopped.
struct SlowServer {
  explicit SlowServer(ClientThread& client)
      : server(start_server({}, [this, &client](Request request) {
          return answer(client.executor(), stop.get_token(), std::move(request));
        })) {}
  ~SlowServer() { stop.request_stop(); }

  static async::Task<Response> answer(async::Executor& executor, std::stop_token stop,
                                      Request request) {
    if (request.target == "/slow")
      co_await async::sleep_for(executor, kPatience, stop);
    Response answered{200, {}, "ok"};
    co_return answered;
  }

  std::stop_source stop;
  std::unique_ptr<Server> server;
};

TEST_CASE("After a connection fell silent the kept ones are not trusted either") {
  ClientThread client;
  const SlowServer slow(client);
  const auto transport = connect_to(client, local_endpoint(slow.server->port()));
  std::future<Result<Response>> one;
  std::future<Result<Response>> two;
  client.call([&] { // on the executor, so that neither has ended when the other begins
    one = client.start(transport->send(get("/1"), {}));
    two = client.start(transport->send(get("/2"), {}));
  });
  REQUIRE(one.get());
  REQUIRE(two.get());
  const auto made = [&] { return client.call([&] { return transport->connections_made(); }); };
  REQUIRE(made() == 2);
  SendOptions hasty;
  hasty.timeout = milliseconds{30};
  REQUIRE_FALSE(client.run(transport->send(get("/slow"), hasty)));
  REQUIRE(client.run(transport->send(get("/3"), {})));
  CHECK(made() == 3);
}

TEST_CASE("An urgent call goes past those that wait for a connection") {
  ClientThread client;
  const SlowServer slow(client);
  TransportLimits limits;
  limits.connections_max = 1;
  const auto transport = connect_to(client, local_endpoint(slow.server->port()), {}, limits);
  auto blocking = client.start(transport->send(get("/slow"), {}));
  SendOptions hasty;
  hasty.timeout = milliseconds{30};
  CHECK_FALSE(client.run(transport->send(get("/1"), hasty)));
  SendOptions urgent;
  urgent.urgent = true;
  CHECK(client.run(transport->send(get("/2"), urgent)));
}

TEST_CASE("The kernel watches over silent connections") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  REQUIRE(client.run(transport->send(get("/"), {})));
  std::vector<int> first_probes;
  for (int number = 0; number < 1024; ++number) {
    sockaddr_in peer{};
    socklen_t bytes = sizeof peer;
    if (::getpeername(number, reinterpret_cast<sockaddr*>(&peer), &bytes) != 0 ||
        peer.sin_family != AF_INET || ntohs(peer.sin_port) != server->port())
      continue;
    int seconds = 0;
    bytes = sizeof seconds;
    REQUIRE(::getsockopt(number, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, &bytes) == 0);
    first_probes.push_back(seconds);
  }
  CHECK(first_probes == std::vector<int>{30});
}

TEST_CASE("Interim answers are skipped") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.send("HTTP/1.1 102 Processing\r\n\r\n");
    connection.send(kOk);
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  const auto answer = client.run(transport->send(get("/"), {}));
  REQUIRE(answer);
  CHECK(answer->body == "ok");
}

} // namespace
} // namespace berth::http
