// Who may talk to whom: certificates, names and versions.
#include "lib/http/tls.hpp"

#include <catch2/catch.hpp>

#include "tests/support/http/scripted_server.hpp"
#include "tests/support/http/tls_probe.hpp"
#include "tests/support/http/tls_talk.hpp"
#include "tests/unit/http/tls_server.hpp"

namespace berth::http {
namespace {

using namespace testing;
using std::chrono::milliseconds;

TEST_CASE("A server that the authority vouches for is trusted, by name and by address") {
  const TlsServer tls;
  CHECK(call(tls.endpoint(), tls.trusted()));
  Endpoint named = tls.endpoint();
  named.host = "localhost";
  CHECK(call(named, tls.trusted()));
  Endpoint renamed = tls.endpoint();
  ClientTls by_name = tls.trusted();
  by_name.server_name = "localhost";
  CHECK(call(renamed, by_name));
}

TEST_CASE("A server with another name, authority or time is not trusted") {
  const TlsServer tls;
  ClientTls other_name = tls.trusted();
  other_name.server_name = "berth.example";
  CHECK(refused(tls.endpoint(), other_name).find("ostname mismatch") != std::string::npos);
  other_name.server_name = "127.0.0.2";
  CHECK(refused(tls.endpoint(), other_name).find("IP address mismatch") != std::string::npos);

  const Authority stranger("strangers");
  ClientTls other_authority;
  other_authority.ca_pem = stranger.cert_pem();
  CHECK_FALSE(refused(tls.endpoint(), other_authority).empty());
  CHECK_FALSE(refused(tls.endpoint(), {}).empty()); // the system's authorities do not vouch either

  CertificateWish wish;
  wish.addresses = {"127.0.0.1"};
  for (const auto& [from, until] : {std::pair{-7200L, -3600L}, std::pair{3600L, 7200L}}) {
    wish.valid_from = from;
    wish.valid_until = until;
    const Issued issued = tls.authority.issue(wish);
    REQUIRE(tls.server->set_tls({issued.cert_pem, issued.key_pem, ""}));
    CHECK_FALSE(refused(tls.endpoint(), tls.trusted()).empty());
  }
}

TEST_CASE("An issuer below another is trusted without the one above, as in Go") {
  const Authority root("root");
  const Authority below("below", root);
  ServerOptions options;
  options.tls = below.server_tls();
  const auto server = start_server(options);
  ClientTls trusting;
  trusting.ca_pem = below.cert_pem();
  CHECK(call(local_endpoint(server->port(), true), trusting));
  trusting.ca_pem = root.cert_pem(); // whose link to the server nobody shows
  CHECK_FALSE(refused(local_endpoint(server->port(), true), trusting).empty());
}

TEST_CASE("A common name is no server name") {
  const TlsServer tls;
  CertificateWish wish;
  wish.common_name = "localhost";
  wish.dns_names = {"other.example"};
  const Issued issued = tls.authority.issue(wish);
  REQUIRE(tls.server->set_tls({issued.cert_pem, issued.key_pem, ""}));
  Endpoint named = tls.endpoint();
  named.host = "localhost";
  CHECK_FALSE(refused(named, tls.trusted()).empty());
}

TEST_CASE("Verification is skipped only when that was asked for") {
  const TlsServer tls;
  ClientTls insecure;
  insecure.insecure_skip_verify = true;
  CHECK(call(tls.endpoint(), insecure));
}

TEST_CASE("The server's name is asked for even where it is not verified") {
  const Authority authority("servers");
  std::string asked;
  ClientTls insecure;
  insecure.insecure_skip_verify = true;
  insecure.server_name = "api.berth.example";
  {
    const ScriptedServer peer([&](RawSocket& connection, int) {
      TlsTalk talk(connection, authority.server_tls());
      asked = talk.server_name();
      talk.answer_request();
    });
    CHECK(call(local_endpoint(peer.port(), true), insecure));
  }
  CHECK(asked == "api.berth.example");
}

TEST_CASE("A connection whose TLS the server has ended is not used again, not even half-closed") {
  const Authority authority("servers");
  std::atomic<int> answered = 0;
  std::atomic<int> ended = 0;
  const ScriptedServer peer([&](RawSocket& connection, int number) {
    TlsTalk talk(connection, authority.server_tls());
    talk.answer_request();
    // Not in one packet with the answer.
    if (comes_true([&] { return answered > number; }))
      talk.say_goodbye();
    ++ended;
    talk.wait_for_end();
  });
  ClientTls trusting;
  trusting.ca_pem = authority.cert_pem();
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(peer.port(), true), trusting);
  for (int number = 1; number <= 3; ++number) {
    REQUIRE(client.run(transport->send(request_of("POST", "/"), {})));
    ++answered;
    REQUIRE(comes_true([&] { return ended == number; }));
  }
}

TEST_CASE("A client needs a certificate of the right authority, in time, where one is demanded") {
  const Authority clients("clients");
  const TlsServer tls(clients);
  CertificateWish wish;
  wish.common_name = "system:kube-scheduler";
  const auto who =
      call(tls.endpoint(), with_certificate(tls.trusted(), clients.issue(wish)), "/who");
  REQUIRE(who);
  CHECK(who->body == "system:kube-scheduler");

  CHECK_FALSE(refused(tls.endpoint(), tls.trusted()).empty()); // none
  const Authority stranger("strangers");
  CHECK_FALSE(
      refused(tls.endpoint(), with_certificate(tls.trusted(), stranger.issue(wish))).empty());
  wish.valid_from = -7200;
  wish.valid_until = -3600;
  CHECK_FALSE(
      refused(tls.endpoint(), with_certificate(tls.trusted(), clients.issue(wish))).empty());
  CHECK(comes_true([&] { return tls.server->counters().handshakes_failed == 3; }));
}

TEST_CASE("A server knows when its caller's certificate ends") {
  const Authority clients("clients");
  const TlsServer tls(clients);
  const Issued issued = clients.issue({});
  const auto until = call(tls.endpoint(), with_certificate(tls.trusted(), issued), "/until");
  REQUIRE(until);
  CHECK(until->body == format_time(*certificate_expiration(issued.cert_pem)));
  const TlsServer open;
  CHECK(call(open.endpoint(), open.trusted(), "/until")->body == "nobody");
}

TEST_CASE("Without a demand the client's name is empty, even if it shows a certificate") {
  const TlsServer tls;
  const Authority clients("clients");
  const auto who = call(tls.endpoint(), with_certificate(tls.trusted(), clients.issue({})), "/who");
  REQUIRE(who);
  CHECK(who->body.empty());
}

TEST_CASE("TLS 1.2 and newer with HTTP/1.1 is spoken, nothing else") {
  const TlsServer tls;
  const std::uint16_t port = tls.server->port();
  CHECK(probe_tls(port, {.version = 0x0303, .protocols = {"http/1.1"}}) == "http/1.1");
  CHECK(probe_tls(port, {.version = 0x0304, .protocols = {"h2", "http/1.1"}}) == "http/1.1");
  CHECK(probe_tls(port, {.version = 0x0304, .protocols = {}}) == "");
  CHECK(probe_tls(port, {.version = 0x0304, .protocols = {"h2"}}) == std::nullopt);
  CHECK(probe_tls(port, {.version = 0x0302, .protocols = {}}) == std::nullopt); // TLS 1.1
}

TEST_CASE("Plain HTTP on a TLS port, and TLS on a plain one, fail and do no harm") {
  const TlsServer tls;
  CHECK(status_of(answer_to(*tls.server, "GET / HTTP/1.1\r\nHost: b\r\n\r\n")) == 0);
  CHECK(comes_true([&] { return tls.server->counters().handshakes_failed == 1; }));
  const auto plain = start_server({});
  CHECK_FALSE(refused(local_endpoint(plain->port(), true), tls.trusted()).empty());
  CHECK(call(tls.endpoint(), tls.trusted()));
}

TEST_CASE("A handshake that stalls is cut off, on either side") {
  ServerOptions options;
  options.limits.handshake_timeout = milliseconds{30};
  const TlsServer tls(options);
  RawSocket silent(tls.server->port());
  CHECK(silent.is_closed_by_peer());
  CHECK(comes_true([&] { return tls.server->counters().handshakes_failed == 1; }));

  const ScriptedServer mute([](RawSocket& connection, int) { connection.wait_for_end(); });
  ClientThread client;
  TransportLimits limits;
  limits.connect_timeout = milliseconds{30};
  const auto transport =
      connect_to(client, local_endpoint(mute.port(), true), tls.trusted(), limits);
  const auto answer = client.run(transport->send(get("/"), {}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::Unavailable);
}

TEST_CASE("A certificate tells when it ends") {
  const Authority authority("any");
  CertificateWish wish;
  wish.valid_until = 5000;
  const auto soon = certificate_expiration(authority.issue(wish).cert_pem);
  wish.valid_until = 9000;
  const auto later = certificate_expiration(authority.issue(wish).cert_pem);
  REQUIRE(soon);
  REQUIRE(later);
  const auto apart = *later - *soon;
  CHECK(apart >= std::chrono::seconds{3999});
  CHECK(apart <= std::chrono::seconds{4060});
  CHECK_FALSE(certificate_expiration(""));
  CHECK_FALSE(
      certificate_expiration("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  CHECK_FALSE(certificate_expiration(std::string(kPemBytesMax + 1, 'x')));
}

TEST_CASE("A client that has shown who it is makes no room for strangers") {
  ServerOptions options;
  options.limits.connections_max = 4;
  const Authority authority("both");
  options.tls = authority.server_tls();
  options.tls->client_ca_pem = authority.cert_pem();
  const auto server = start_server(options);
  ClientTls trusting;
  trusting.ca_pem = authority.cert_pem();
  const ClientTls known = with_certificate(trusting, authority.issue({}));
  ClientThread client;
  const auto transport = connect_to(client, local_endpoint(server->port(), true), known);
  REQUIRE(client.run(transport->send(get("/a"), {})));
  std::vector<std::unique_ptr<RawSocket>> strangers; // idle for less long than the client
  for (int connection = 0; connection < 40; ++connection)
    strangers.push_back(std::make_unique<RawSocket>(server->port()));
  REQUIRE(comes_true([&] { return server->counters().connections_accepted == 41; }));
  CHECK(server->counters().connections_evicted > 0);
  CHECK(client.run(transport->send(get("/a"), {})));
  CHECK(client.call([&] { return transport->connections_made(); }) == 1);
}

} // namespace
} // namespace berth::http
