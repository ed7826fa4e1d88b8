#include "lib/http/server.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nHost: berth\r\n\r\n";
constexpr std::string_view kLastGet =
    "GET /end HTTP/1.1\r\nHost: berth\r\nConnection: close\r\n\r\n";

TEST_CASE("A request is answered with its length, and the connection stays open") {
  const auto server = start_server({});
  RawSocket client(server->port());
  client.send(kGet);
  CHECK(client.read_until("GET /a?b=c ") ==
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nGET /a?b=c ");
  client.send(kLastGet);
  const std::string last = client.read_all();
  CHECK(last == "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nGET /end ");
  CHECK(server->counters().connections_accepted == 1);
}

TEST_CASE("Requests sent ahead are answered one after the other") {
  const auto server = start_server({});
  RawSocket client(server->port());
  std::string sent;
  std::string expected;
  for (int number = 0; number < 1000; ++number) {
    const std::string path = "/" + std::to_string(number);
    sent += "GET " + path + " HTTP/1.1\r\nHost: berth\r\n\r\n";
    const std::string body = "GET " + path + " ";
    expected +=
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  client.send(sent);
  client.send(kLastGet);
  const std::string came = client.read_all();
  CHECK(came.substr(0, expected.size()) == expected);
}

TEST_CASE("A body comes whole, counted or in chunks with a trailer") {
  const auto server = start_server({});
  const std::string counted = answer_to(
      *server,
      "POST /p HTTP/1.1\r\nHost: berth\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(counted.ends_with("POST /p hello"));
  const std::string chunked = answer_to(
      *server,
      "POST /p HTTP/1.1\r\nHost: berth\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhe\r\n3;why=not\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n");
  CHECK(chunked.ends_with("POST /p hello"));
}

TEST_CASE("The answer to HEAD has the length of the body and no body") {
  const auto server = start_server({});
  const std::string answer =
      answer_to(*server, "HEAD /large HTTP/1.1\r\nHost: berth\r\nConnection: close\r\n\r\n");
  CHECK(answer == "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\nConnection: close\r\n\r\n");
}

TEST_CASE("HTTP/1.0 is answered once, with or without Host") {
  const auto server = start_server({});
  CHECK(status_of(answer_to(*server, "GET / HTTP/1.0\r\n\r\n")) == 200);
  CHECK(status_of(answer_to(*server, "GET / HTTP/1.0\r\nHost: berth\r\n\r\n")) == 200);
}

TEST_CASE("A client that waits for 100 Continue gets it before the body is read") {
  const auto server = start_server({});
  RawSocket client(server->port());
  client.send("POST /p HTTP/1.1\r\nHost: berth\r\nExpect: 100-continue\r\n"
              "Connection: close\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  CHECK(client.read_all().ends_with("POST /p ok"));
}

TEST_CASE("A handler's forbidden header becomes a 500") {
  const auto server = start_server({}, [](Request) -> async::Task<Response> {
    Response response;
    response.status = 200;
    response.headers.add("X-Name", "a\r\nSet-Cookie: b");
    co_return response;
  });
  const std::string answer = answer_to(*server, kLastGet);
  CHECK(status_of(answer) == 500);
  CHECK(answer.find("Set-Cookie") == std::string::npos);
}

TEST_CASE("A handler may end on another thread") {
  ClientThread elsewhere;
  const auto server = start_server({}, [&](Request) -> async::Task<Response> {
    co_await async::switch_to(elsewhere.executor());
    Response response;
    response.status = 204;
    co_return response;
  });
  RawSocket client(server->port());
  for (int call = 0; call < 100; ++call) {
    client.send(kGet);
    REQUIRE(status_of(client.read_until("\r\n\r\n")) == 204);
  }
}

TEST_CASE("A taken address is an error, and so is one that is none") {
  const auto server = start_server({});
  ServerOptions taken;
  taken.port = server->port();
  const auto second = Server::start(taken, echo);
  REQUIRE(!second);
  CHECK(second.error().code == Code::Unavailable);
  ServerOptions nowhere;
  nowhere.address = "berth.example";
  const auto third = Server::start(nowhere, echo);
  REQUIRE(!third);
  CHECK(third.error().code == Code::Invalid);
}

} // namespace
} // namespace berth::http
