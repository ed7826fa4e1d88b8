#include "lib/http/beast_transport.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/http/echo_server.hpp"

namespace berth::http {
namespace {

using namespace testing;

Endpoint endpoint_of(const Server& server) {
  Endpoint endpoint;
  endpoint.tls = false;
  endpoint.host = "127.0.0.1";
  endpoint.port = std::to_string(server.port());
  return endpoint;
}

Request get(std::string target) {
  Request request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

TEST_CASE("Calls in a row use one connection") {
  const auto server = start_server({});
  ClientThread client;
  const auto transport = *BeastTransport::create(client.executor(), endpoint_of(*server), {});
  for (int call = 0; call < 10; ++call) {
    const auto answer = client.run(transport->send(get("/a"), {}));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "GET /a ");
  }
  CHECK(server->counters().connections_accepted == 1);
}

} // namespace
} // namespace berth::http
