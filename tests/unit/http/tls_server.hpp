#pragma once
// What tests of TLS run against: a server with an authority of its own, and single calls to it.

#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/http/certificates.hpp"
#include "tests/unit/http/client_setup.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::http::testing {

/// One authority, and a server that it vouches for.
struct TlsServer {
  explicit TlsServer(ServerOptions options = {}) {
    options.tls = authority.server_tls();
    server = start_server(options);
  }
  /// A server that lets in only whom `clients` vouches for.
  explicit TlsServer(const Authority& clients) {
    ServerOptions options;
    options.tls = authority.server_tls();
    options.tls->client_ca_pem = clients.cert_pem();
    server = start_server(options);
  }

  Authority authority{"servers"};
  std::unique_ptr<Server> server;

  [[nodiscard]] Endpoint endpoint() const { return local_endpoint(server->port(), true); }
  [[nodiscard]] ClientTls trusted() const {
    ClientTls tls;
    tls.ca_pem = authority.cert_pem();
    return tls;
  }
};

inline ClientTls with_certificate(ClientTls tls, const Issued& issued) {
  tls.cert_pem = issued.cert_pem;
  tls.key_pem = issued.key_pem;
  return tls;
}

/// One call over a connection of its own.
inline Result<Response> call(const Endpoint& endpoint, const ClientTls& tls,
                             std::string target = "/a") {
  ClientThread client;
  const auto transport = connect_to(client, endpoint, tls);
  return client.run(transport->send(get(std::move(target)), {}));
}

/// Why the call is refused before anything was sent; empty when it is not.
inline std::string refused(const Endpoint& endpoint, const ClientTls& tls) {
  const auto answer = call(endpoint, tls);
  if (answer)
    return {};
  CHECK(answer.error().code == Code::Unavailable);
  return answer.error().message;
}

} // namespace berth::http::testing
