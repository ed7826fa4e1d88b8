// Certificates, authorities and credentials that change while they are used, and what is refused.
#include <future>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/http/tls_server.hpp"

namespace berth::http {
namespace {

using namespace testing;

/// Calls that are on their way together.
class Load {
public:
  Load(ClientThread& client, BeastTransport& transport, const std::string& target) {
    for (int number = 0; number < 8; ++number)
      calls_.push_back(client.start(transport.send(get(target), {})));
  }
  /// Waits for all of them: none may fail.
  void check() {
    for (auto& done : calls_) {
      const auto answer = done.get();
      CHECK((answer ? "" : answer.error().message) == "");
    }
  }

private:
  std::vector<std::future<Result<Response>>> calls_;
};

TEST_CASE("F17: a server's certificate and authority change under load without a failed call") {
  const TlsServer tls;
  ClientThread client;
  TransportLimits limits;
  limits.idle_connections_max = 1; // so that handshakes happen all the time
  const auto transport = connect_to(client, tls.endpoint(), tls.trusted(), limits);
  for (int round = 0; round < 10; ++round) {
    Load load(client, *transport, "/a");
    REQUIRE(tls.server->set_tls(tls.authority.server_tls()));
    load.check();
  }
}

TEST_CASE("Connections that are dismissed end, and new ones are taken") {
  const TlsServer tls;
  ClientThread client;
  const auto transport = connect_to(client, tls.endpoint(), tls.trusted());
  REQUIRE(client.run(transport->send(get("/a"), {})));
  CHECK(tls.server->counters().connections_open == 1);
  tls.server->dismiss();
  CHECK(comes_true([&] { return tls.server->counters().connections_open == 0; }));
  CHECK(client.run(transport->send(get("/a"), {})));
}

TEST_CASE("F17: a client's credentials change under load without a failed call") {
  const Authority clients("clients");
  const TlsServer tls(clients);
  ClientThread client;
  CertificateWish wish;
  wish.common_name = "old";
  const auto transport =
      connect_to(client, tls.endpoint(), with_certificate(tls.trusted(), clients.issue(wish)));
  for (int round = 0; round < 10; ++round) {
    Load load(client, *transport, "/who");
    wish.common_name = "new-" + std::to_string(round);
    REQUIRE(transport->set_tls(with_certificate(tls.trusted(), clients.issue(wish))));
    load.check();
    const auto after = client.run(transport->send(get("/who"), {}));
    REQUIRE(after);
    CHECK(after->body == wish.common_name); // no connection with the old ones is left
  }
}

TEST_CASE("F17: streams are closed when the client's credentials change") {
  const Authority clients("clients");
  const TlsServer tls(clients);
  ClientThread client;
  const ClientTls credentials = with_certificate(tls.trusted(), clients.issue({}));
  const auto transport = connect_to(client, tls.endpoint(), credentials);
  auto stream = client.run(transport->open(get("/a"), {}));
  REQUIRE(stream);
  CHECK(client.run(stream->body->next({})) == "GET /a ");
  CHECK(tls.server->counters().connections_open == 1);
  REQUIRE(transport->set_tls(with_certificate(tls.trusted(), clients.issue({}))));
  CHECK(comes_true([&] { return tls.server->counters().connections_open == 0; }));
}

TEST_CASE("Bad credentials are refused and change nothing") {
  const TlsServer tls;
  const Issued one = tls.authority.issue({});
  const Issued two = tls.authority.issue({});
  const std::vector<ServerTls> bad{
      {"", "", ""},
      {one.cert_pem, "", ""},
      {"", one.key_pem, ""},
      {one.cert_pem, two.key_pem, ""},
      {"no PEM", one.key_pem, ""},
      {one.cert_pem.substr(0, 200), one.key_pem, ""},
      {one.cert_pem, one.key_pem, "no PEM"},
      {one.cert_pem + std::string(kPemBytesMax, ' '), one.key_pem, ""}};
  for (const ServerTls& material : bad) {
    const auto used = tls.server->set_tls(material);
    REQUIRE_FALSE(used);
    CHECK(used.error().code == Code::Invalid);
  }
  CHECK(call(tls.endpoint(), tls.trusted()));

  ClientThread client;
  const auto transport = connect_to(client, tls.endpoint(), tls.trusted());
  const std::vector<ClientTls> unusable{{"no PEM", "", "", "", false},
                                        {"", one.cert_pem, "", "", false},
                                        {"", "", one.key_pem, "", false},
                                        {"", one.cert_pem, two.key_pem, "", false}};
  for (const ClientTls& material : unusable)
    CHECK_FALSE(transport->set_tls(material));
  CHECK(client.run(transport->send(get("/a"), {})));
}

TEST_CASE("A server without TLS cannot be given some, nor a transport") {
  const TlsServer tls;
  const auto plain = start_server({});
  CHECK_FALSE(plain->set_tls(tls.authority.server_tls()));
  ClientThread client;
  CHECK_FALSE(connect_to(client, local_endpoint(plain->port()))->set_tls(tls.trusted()));
}

TEST_CASE("An encrypted key is refused without asking the terminal") {
  const TlsServer tls;
  const Issued one = tls.authority.issue({});
  CHECK_FALSE(tls.server->set_tls({one.cert_pem, encrypted_key_pem("secret"), ""}));
}

} // namespace
} // namespace berth::http
