// Streams: pieces as they come, every way of ending, and stops from any thread.
#include <catch2/catch.hpp>

#include "lib/http/beast_transport.hpp"
#include "tests/support/http/scripted_server.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A server that sends `rest` behind the head of a chunked answer and leaves the connection open.
ScriptedServer::Script streams(std::string rest) {
  return [rest](RawSocket& connection, int) {
    connection.skip_request();
    connection.send(kHead);
    connection.send(rest);
    connection.wait_for_end();
  };
}

StreamedResponse open(ClientThread& client, Transport& transport,
                      const StreamOptions& options = {}) {
  auto opened = client.run(transport.open(get("/watch"), options));
  REQUIRE(opened);
  return std::move(*opened);
}

TEST_CASE("Pieces of a stream come as they are sent, and the end is an empty one") {
  std::promise<void> first_seen;
  const ScriptedServer server([&](RawSocket& connection, int) {
    connection.skip_request();
    connection.send(kHead);
    connection.send("6\r\n{\"a\":1\r\n"); // half an object is a piece
    first_seen.get_future().wait();
    connection.send("1\r\n}\r\n0\r\n\r\n");
    connection.wait_for_end();
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamedResponse stream = open(client, *transport);
  CHECK(stream.status == 200);
  CHECK(client.run(stream.body->next({})) == "{\"a\":1");
  first_seen.set_value();
  CHECK(client.run(stream.body->next({})) == "}");
  CHECK(client.run(stream.body->next({})) == "");
  stream.body.reset(); // closes the connection
}

TEST_CASE("More than Beast's own limit of 8 MiB goes through a stream, whole") {
  constexpr std::size_t kBytes = std::size_t{20} << 20U;
  const auto server = start_server({}, [](Request) -> async::Task<Response> {
    Response response;
    response.status = 200;
    response.body = std::string(kBytes, 'x');
    co_return response;
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  StreamedResponse stream = open(client, *transport);
  std::size_t bytes = 0;
  for (auto piece = client.run(stream.body->next({})); piece && !piece->empty();
       piece = client.run(stream.body->next({})))
    bytes += piece->size();
  CHECK(bytes == kBytes);
}

TEST_CASE("An error's body is read like any other") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.send("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone");
    connection.wait_for_end();
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamedResponse stream = open(client, *transport);
  CHECK(stream.status == 410);
  CHECK(client.run(stream.body->next({})) == "gone");
  CHECK(client.run(stream.body->next({})) == "");
}

TEST_CASE("F2: a stream that is cut anywhere fails instead of ending") {
  const std::string whole = "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n";
  for (std::size_t sent = 0; sent < whole.size(); ++sent) {
    CAPTURE(sent);
    const ScriptedServer server([&](RawSocket& connection, int) {
      connection.skip_request();
      connection.send(kHead);
      connection.send(whole.substr(0, sent));
    });
    ClientThread client;
    const auto transport = connect_to(client, local_endpoint(server.port()));
    StreamedResponse stream = open(client, *transport);
    auto piece = client.run(stream.body->next({}));
    while (piece && !piece->empty())
      piece = client.run(stream.body->next({}));
    REQUIRE_FALSE(piece);
    CHECK(piece.error().code == Code::Unavailable);
  }
}

TEST_CASE("A silent stream fails after the idle time, one that is not does not") {
  const ScriptedServer server(streams("3\r\nabc\r\n"));
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamOptions options;
  options.idle_timeout = kUnhurried;
  StreamedResponse stream = open(client, *transport, options);
  CHECK(client.run(stream.body->next({})) == "abc");
  const auto silent = client.run(stream.body->next({}));
  REQUIRE_FALSE(silent);
  CHECK(silent.error().code == Code::Timeout);
}

TEST_CASE("A reader may take longer than the idle time between two pieces") {
  const ScriptedServer server(streams("3\r\nabc\r\n0\r\n\r\n"));
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamOptions options;
  options.idle_timeout = kUnhurried;
  StreamedResponse stream = open(client, *transport, options);
  CHECK(client.run(stream.body->next({})) == "abc");
  client.run(async::sleep_for(client.executor(), 2 * kUnhurried));
  CHECK(client.run(stream.body->next({})) == "");
}

TEST_CASE("A stop ends the wait for a piece from any thread, and closes the connection") {
  const ScriptedServer server(streams("3\r\nabc\r\n"));
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamedResponse stream = open(client, *transport);
  std::stop_source stop;
  CHECK(client.run(stream.body->next(stop.get_token())) == "abc");
  auto waiting = client.start(stream.body->next(stop.get_token()));
  stop.request_stop();
  const auto stopped = waiting.get();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Code::Cancelled); // the script sees the connection end
}

TEST_CASE("A stop that came before is noticed") {
  const ScriptedServer server(streams("3\r\nabc\r\n"));
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamedResponse stream = open(client, *transport);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = client.run(stream.body->next(stop.get_token()));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Code::Cancelled);
}

TEST_CASE("Stops that race with pieces do no harm") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port()));
  for (int round = 0; round < 50; ++round) {
    StreamedResponse stream = open(client, *transport);
    std::stop_source stop;
    auto waiting = client.start(stream.body->next(stop.get_token()));
    stop.request_stop();
    const auto ended = waiting.get();
    CHECK((ended.has_value() || ended.error().code == Code::Cancelled));
  }
}

TEST_CASE("A server that does not begin its answer in time fails the opening") {
  const ScriptedServer server([](RawSocket& connection, int) {
    connection.skip_request();
    connection.wait_for_end();
  });
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server.port()));
  StreamOptions options;
  options.head_timeout = milliseconds{30};
  const auto opened = client.run(transport->open(get("/watch"), options));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::Timeout);
}

TEST_CASE("Streams have connections of their own, and a number of them") {
  const auto server = start_server({});
  ClientThread client;
  TransportLimits limits;
  limits.connections_max = 1;
  limits.streams_max = 2;
  const auto transport = connect_to(client, local_endpoint(server->port()), {}, limits);
  StreamedResponse first = open(client, *transport);
  const StreamedResponse second = open(client, *transport);
  CHECK(client.run(transport->send(get("/a"), {})));
  const auto third = client.run(transport->open(get("/watch"), {}));
  REQUIRE_FALSE(third);
  CHECK(third.error().code == Code::Unavailable);
  first.body.reset();
  CHECK(client.run(transport->open(get("/watch"), {})));
}

TEST_CASE("A stream outlives its transport only to fail") {
  const ScriptedServer server(streams("3\r\nabc\r\n"));
  ClientThread client;
  auto transport = connect_to(client, local_endpoint(server.port()));
  StreamedResponse stream = open(client, *transport);
  CHECK(client.run(stream.body->next({})) == "abc");
  transport.reset();
  CHECK_FALSE(client.run(stream.body->next({})));
}

} // namespace
} // namespace berth::http
