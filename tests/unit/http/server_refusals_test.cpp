// Bad input on real sockets: whatever comes, the server answers or closes, counts it and goes on.
#include <catch2/catch.hpp>

#include "lib/http/server.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;

constexpr std::string_view kLastGet =
    "GET /end HTTP/1.1\r\nHost: berth\r\nConnection: close\r\n\r\n";

/// Whether the server still answers a client that behaves.
bool still_serves(const Server& server) {
  return answer_to(server, kLastGet).ends_with("GET /end ");
}

TEST_CASE("Malformed requests are answered with their status, and the connection is closed") {
  const auto server = start_server({});
  const std::vector<std::pair<std::string, int>> requests{
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"GET http://berth/ HTTP/1.1\r\nHost: berth\r\n\r\n", 400},
      {"CONNECT berth:443 HTTP/1.1\r\nHost: berth\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"GET / HTTP/3.0\r\nHost: berth\r\n\r\n", 505},
      {"POST / HTTP/1.1\r\nHost: berth\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: berth\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
       400},
      {"POST / HTTP/1.1\r\nHost: berth\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: berth\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
       413},
      {"POST / HTTP/1.1\r\nHost: berth\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: berth\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
       415},
      {"POST / HTTP/1.1\r\nHost: berth\r\nExpect: more\r\nContent-Length: 2\r\n\r\nxx", 417},
      {"GET / HTTP/1.1\r\nHost: berth\r\nX: a\r\n b\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x01", 400},
      {std::string(9000, 'G'), 431}};
  std::uint64_t refused = 0;
  for (const auto& [request, status] : requests) {
    CAPTURE(request);
    const std::string answer = answer_to(*server, request);
    CHECK(status_of(answer) == status);
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    CHECK(server->counters().requests_refused == ++refused);
  }
  CHECK(still_serves(*server));
}

TEST_CASE("Nothing is read behind a refused request") {
  const auto server = start_server({});
  const std::string answer =
      answer_to(*server, "POST / HTTP/1.1\r\nHost: berth\r\nContent-Length: 5, 5\r\n\r\nhello" +
                             std::string(kLastGet));
  CHECK(status_of(answer) == 400);
  CHECK(answer.find("GET /end") == std::string::npos);
}

TEST_CASE("A request with an Upgrade is served as if it had none") {
  const auto server = start_server({});
  const std::string answer = answer_to(
      *server, "GET /a HTTP/1.1\r\nHost: b\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n");
  CHECK(answer.ends_with("GET /a "));
}

TEST_CASE("A body over the limit is answered 413 even while the client still sends it") {
  ServerOptions options;
  options.limits.body_bytes_max = 1000;
  const auto server = start_server(options);
  const auto post = [&](std::size_t bytes) {
    return answer_to(*server, "POST /p HTTP/1.1\r\nHost: berth\r\nConnection: close\r\n"
                              "Content-Length: " +
                                  std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'x'));
  };
  CHECK(status_of(post(999)) == 200);
  CHECK(status_of(post(1000)) == 200);
  CHECK(status_of(post(1001)) == 413);
  CHECK(status_of(post(500'000)) == 413); // more than the socket's buffers hold unread
  CHECK(still_serves(*server));
}

TEST_CASE("A client that asks before it sends too much is refused without 100 Continue") {
  ServerOptions options;
  options.limits.body_bytes_max = 1000;
  const auto server = start_server(options);
  const std::string answer =
      answer_to(*server, "POST /p HTTP/1.1\r\nHost: berth\r\n"
                         "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  CHECK(status_of(answer) == 413);
}

TEST_CASE("Clients that leave at any point do no harm") {
  const auto server = start_server({});
  const std::string request =
      "POST /p HTTP/1.1\r\nHost: berth\r\nContent-Length: 10\r\n\r\n0123456789";
  for (std::size_t sent = 0; sent <= request.size(); ++sent) {
    RawSocket leaves(server->port());
    leaves.send(request.substr(0, sent));
    if (sent % 2 == 0)
      leaves.reset();
  }
  CHECK(still_serves(*server));
  CHECK(comes_true([&] { return server->counters().connections_open == 0; }));
}

TEST_CASE("A client that only closes its own side still gets its answers") {
  const auto server = start_server({});
  RawSocket client(server->port());
  client.send("GET /a HTTP/1.1\r\nHost: berth\r\n\r\n");
  client.end_sending();
  CHECK(client.read_all().ends_with("GET /a "));
}

TEST_CASE("A head or a body that comes byte by byte is read") {
  const auto server = start_server({});
  RawSocket client(server->port());
  const std::string request =
      "POST /p HTTP/1.1\r\nHost: berth\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
  for (const char byte : request)
    client.send({&byte, 1});
  CHECK(client.read_all().ends_with("POST /p abc"));
}

} // namespace
} // namespace berth::http
