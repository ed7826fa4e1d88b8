#include "lib/http/beast_transport.hpp"

#include <catch2/catch.hpp>

#include "tests/support/http/scripted_server.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The code of a call's failure; nothing when it did not fail.
std::optional<Code> failure(const Result<Response>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

TEST_CASE("Requests of every method reach the server with their bodies") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    const auto answer = client.run(transport->send(request_of(method, "/a?b=c", "body"), {}));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == method + " /a?b=c body");
  }
  const auto head = client.run(transport->send(request_of("HEAD", "/large"), {}));
  REQUIRE(head);
  CHECK(head->body.empty());
  CHECK(head->headers.find("content-length") == "1048576");
  const auto large = client.run(
      transport->send(request_of("POST", "/a", std::string(std::size_t{1} << 20U, 'x')), {}));
  REQUIRE(large);
  CHECK(large->body.size() == std::string("POST /a ").size() + (std::size_t{1} << 20U));
}

TEST_CASE("Any status is a response, redirects too") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  for (const int status : {204, 301, 307, 404, 409, 410, 500, 503}) {
    const auto answer = client.run(transport->send(get("/status/" + std::to_string(status)), {}));
    REQUIRE(answer);
    CHECK(answer->status == status);
  }
}

TEST_CASE("Calls in a row use one connection, calls at once several") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  for (int call = 0; call < 20; ++call)
    REQUIRE(client.run(transport->send(get("/a"), {})));
  CHECK(server->counters().connections_accepted == 1);
  std::vector<std::future<Result<Response>>> calls;
  for (int call = 0; call < 8; ++call)
    calls.push_back(client.start(transport->send(get("/large"), {})));
  for (auto& call : calls)
    CHECK(call.get());
  CHECK(server->counters().connections_accepted <= 8);
}

TEST_CASE("No more connections are open than allowed, the other calls wait in line") {
  const auto server = start_server({});
  ClientThread client;
  TransportLimits limits;
  limits.connections_max = 2;
  const auto transport = connect_to(client, local_endpoint(server->port()), {}, limits);
  std::vector<std::future<Result<Response>>> calls;
  for (int call = 0; call < 50; ++call)
    calls.push_back(client.start(transport->send(get("/a"), {})));
  for (auto& call : calls)
    CHECK(call.get());
  CHECK(server->counters().connections_accepted <= 2);
}

TEST_CASE("A line that is full or too slow turns calls away before they are sent") {
  std::promise<void> go_on;
  const ScriptedServer server([&](RawSocket& connection, int) {
    connection.skip_request();
    go_on.get_future().wait();
    connection.send(kOk);
  });
  ClientThread client;
  TransportLimits limits;
  limits.connections_max = 1;
  limits.waiting_calls_max = 1;
  const auto transport = connect_to(client, local_endpoint(server.port()), {}, limits);
  auto first = client.start(transport->send(get("/1"), {}));
  REQUIRE(comes_true([&] { return server.connections() == 1; }));
  SendOptions impatient;
  impatient.timeout = kUnhurried;
  auto second = client.start(transport->send(get("/2"), impatient));
  const auto third = client.run(transport->send(get("/3"), {}));
  CHECK(failure(third) == Code::Unavailable);
  CHECK(failure(second.get()) == Code::Unavailable);
  go_on.set_value();
  CHECK(first.get());
}

TEST_CASE("A server that does not exist or has no name is unavailable") {
  ClientThread client;
  std::uint16_t closed_port = 0;
  {
    const ScriptedServer gone([](RawSocket&, int) {});
    closed_port = gone.port();
  }
  const auto refused = connect_to(client, local_endpoint(closed_port));
  CHECK(failure(client.run(refused->send(get("/"), {}))) == Code::Unavailable);
  Endpoint nowhere = local_endpoint(1);
  nowhere.host = "does-not-exist.invalid";
  const auto unknown = connect_to(client, nowhere);
  SendOptions patient; // some resolvers ask twice before they answer
  patient.timeout = kPatience;
  CHECK(failure(client.run(unknown->send(get("/"), patient))) == Code::Unavailable);
}

TEST_CASE("A server that does not answer in time is a time-out, at any point of its answer") {
  for (const std::string_view begun :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"}) {
    CAPTURE(begun);
    const ScriptedServer server([&](RawSocket& connection, int) {
      connection.skip_request();
      connection.send(begun);
      connection.wait_for_end();
    });
    ClientThread client;
    const auto transport = connect_to(client, local_endpoint(server.port()));
    SendOptions impatient;
    impatient.timeout = milliseconds{30};
    CHECK(failure(client.run(transport->send(get("/"), impatient))) == Code::Timeout);
    CHECK(server.connections() == 1); // a slow call is not repeated
  }
}

TEST_CASE("A connection that breaks inside an answer leaves the effect unknown") {
  for (const std::string_view begun :
       {"HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"}) {
    CAPTURE(begun);
    const ScriptedServer server([&](RawSocket& connection, int) {
      connection.skip_request();
      connection.send(begun);
    });
    ClientThread client;
    const auto transport = connect_to(client, local_endpoint(server.port()));
    CHECK(failure(client.run(transport->send(get("/"), {}))) == Code::Timeout);
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("What is no HTTP or too long is refused, and its connection not used again") {
  const std::vector<std::pair<std::string, Code>> answers{
      {"SSH-2.0-OpenSSH_9.2 hello there\r\n", Code::Invalid},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Code::Invalid},
      {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890", Code::TooLarge},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", Code::TooLarge},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", Code::TooLarge}};
  for (const auto& [answer, code] : answers) {
    const ScriptedServer server([&answer = answer](RawSocket& connection, int number) {
      connection.skip_request();
      connection.send(number == 0 ? answer : std::string(kOk));
    });
    ClientThread client;
    const auto transport = connect_to(client, local_endpoint(server.port()));
    SendOptions options;
    options.response_bytes_max = 10;
    CHECK(failure(client.run(transport->send(get("/"), options))) == code);
    CHECK(client.run(transport->send(get("/"), options)));
    CHECK(server.connections() == 2);
  }
}

TEST_CASE("A response as long as the limit is accepted") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  SendOptions options;
  options.response_bytes_max = std::size_t{1} << 20U;
  CHECK(client.run(transport->send(get("/large"), options)));
  --options.response_bytes_max;
  CHECK(failure(client.run(transport->send(get("/large"), options))) == Code::TooLarge);
}

TEST_CASE("A server that refuses and closes before it has read everything is still heard") {
  ServerOptions options;
  options.limits.body_bytes_max = 1000;
  const auto server = start_server(options);
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  const auto answer = client.run(
      transport->send(request_of("POST", "/a", std::string(std::size_t{512} << 10U, 'x')), {}));
  REQUIRE(answer);
  CHECK(answer->status == 413);
}

TEST_CASE("A request that cannot be sent as it is fails before a connection is made") {
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(1));
  CHECK(failure(client.run(transport->send(get("/a\r\nX: y"), {}))) == Code::Invalid);
  Request smuggled = get("/");
  smuggled.headers.add("Content-Length", "5");
  CHECK(failure(client.run(transport->send(smuggled, {}))) == Code::Invalid);
}

TEST_CASE("Calls in flight are cancelled when the transport goes away") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.wait_for_end();
  });
  ClientThread client;
  TransportLimits limits;
  limits.connections_max = 1;
  auto transport = connect_to(client, local_endpoint(server.port()), {}, limits);
  auto in_flight = client.start(transport->send(get("/"), {}));
  REQUIRE(comes_true([&] { return server.connections() == 1; }));
  auto in_line = client.start(transport->send(get("/"), {}));
  transport.reset();
  CHECK(failure(in_flight.get()) == Code::Cancelled);
  CHECK(failure(in_line.get()) == Code::Cancelled);
}

} // namespace
} // namespace berth::http
