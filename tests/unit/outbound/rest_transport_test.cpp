// The outbound transport against a real server of our own: whole answers, limits, time-outs, TLS.

#include "lib/outbound/rest_transport.hpp"

#include <catch2/catch.hpp>

#include "tests/support/http/certificates.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::outbound {
namespace {

using namespace std::chrono_literals;
using http::testing::ClientThread;

struct Scene {
  explicit Scene(http::Handler handler = http::testing::echo)
      : server(http::testing::start_server({}, std::move(handler))) {}

  [[nodiscard]] Result<http::Response> send(http::Request request, http::SendOptions options = {},
                                            const std::string& path = "") {
    auto transport = RestTransport::create(
        client.executor(), "http://127.0.0.1:" + std::to_string(server->port()) + path);
    REQUIRE(transport);
    return client.run((*transport)->send(std::move(request), options));
  }

  std::unique_ptr<http::Server> server;
  ClientThread client;
};

} // namespace

TEST_CASE("a request goes out as it is and its answer comes back whole") {
  Scene scene;
  const auto answer = scene.send(http::testing::request_of("POST", "/a?b=c%20d", "body"));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "POST /a?b=c%20d body");
}

TEST_CASE("what the URL has as its path is put in front") {
  Scene scene;
  const auto answer = scene.send(http::testing::get("/api/v1"), {}, "/prometheus");
  REQUIRE(answer);
  CHECK(answer->body == "GET /prometheus/api/v1 ");
}

TEST_CASE("any status that comes is an answer") {
  Scene scene;
  const auto answer = scene.send(http::testing::get("/status/503"));
  REQUIRE(answer);
  CHECK(answer->status == 503);
}

TEST_CASE("an answer longer than its limit is refused, one as long is not") {
  Scene scene;
  http::SendOptions options;
  options.response_bytes_max = std::size_t{1} << 20U;
  const auto whole = scene.send(http::testing::get("/large"), options);
  REQUIRE(whole);
  CHECK(whole->body.size() == options.response_bytes_max);
  options.response_bytes_max -= 1;
  const auto refused = scene.send(http::testing::get("/large"), options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::TooLarge);
}

TEST_CASE("a redirect is an answer and not a way to go") {
  Scene scene([](http::Request) -> async::Task<http::Response> {
    http::Response response;
    response.status = 302;
    response.headers.add("Location", "http://192.0.2.1/");
    co_return response;
  });
  const auto answer = scene.send(http::testing::get("/"));
  REQUIRE(answer);
  CHECK(answer->status == 302);
}

TEST_CASE("where nobody listens it is unavailable, and a URL that is none is refused") {
  ClientThread client;
  auto transport = RestTransport::create(client.executor(), "http://127.0.0.1:1");
  REQUIRE(transport);
  const auto answer = client.run((*transport)->send(http::testing::get("/"), {}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::Unavailable);
  for (const char* url : {"", "prometheus:9090", "ftp://host/", "http://", "http://host:port/"}) {
    CAPTURE(url);
    CHECK_FALSE(RestTransport::create(client.executor(), url));
  }
}

TEST_CASE("a server is asked only where its certificate and its name are trusted") {
  const http::testing::Authority authority("servers");
  http::ServerOptions server_options;
  server_options.tls = authority.server_tls();
  const auto server = http::testing::start_server(server_options);
  ClientThread client;
  const auto ask = [&](const std::string& host, const std::string& ca_pem) {
    RestOptions options;
    options.ca_pem = ca_pem;
    auto transport = RestTransport::create(
        client.executor(), "https://" + host + ":" + std::to_string(server->port()), options);
    REQUIRE(transport);
    return client.run((*transport)->send(http::testing::get("/a"), {}));
  };
  CHECK(ask("127.0.0.1", authority.cert_pem()));
  CHECK_FALSE(ask("127.0.0.1", ""));
  CHECK_FALSE(ask("127.0.0.1", http::testing::Authority("others").cert_pem()));
}

} // namespace berth::outbound
