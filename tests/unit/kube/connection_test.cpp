#include <catch2/catch.hpp>

#include <mutex>

#include "lib/http/server.hpp"
#include "lib/kube/connection.hpp"
#include "tests/support/http/certificates.hpp"
#include "tests/support/http/client_thread.hpp"
#include "tests/unit/kube/temporary_folder.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using http::testing::Authority;
using http::testing::ClientThread;

namespace {

/// A TLS server that demands a client certificate and answers with the Authorization it got.
struct MutualTlsServer {
  explicit MutualTlsServer(const Authority& authority, const Authority& clients) {
    http::ServerOptions options;
    options.tls = authority.server_tls();
    options.tls->client_ca_pem = clients.cert_pem();
    auto started = http::Server::start(options, answer);
    REQUIRE(started);
    server = std::move(*started);
  }
  static async::Task<http::Response> answer(http::Request request) {
    http::Response response{
        200, {}, std::string(request.headers.find("authorization").value_or("none"))};
    co_return response;
  }
  [[nodiscard]] std::string url() const {
    return "https://127.0.0.1:" + std::to_string(server->port());
  }
  std::unique_ptr<http::Server> server;
};

ClientOptions quick() {
  ClientOptions options;
  options.retries_max = 0;
  return options;
}

} // namespace

TEST_CASE(
    "A connection shows its certificate and token, and takes new files without a restart (F17)") {
  const Authority servers("servers");
  const Authority clients("clients");
  const Authority strangers("strangers");
  const MutualTlsServer server(servers, clients);
  TemporaryFolder folder;
  const auto show = [&](const Authority& authority) {
    const auto issued = authority.issue({});
    folder.write("cert.pem", issued.cert_pem);
    folder.write("key.pem", issued.key_pem);
  };
  show(strangers);
  Config config;
  config.server = server.url();
  config.certificate_authority.inline_pem = servers.cert_pem();
  config.client_certificate.file = folder.path("cert.pem");
  config.client_key.file = folder.path("key.pem");
  config.token_file = folder.write("token", "secret\n");

  ClientThread thread;
  auto connection = Connection::create(thread.executor(), config);
  REQUIRE(connection);
  std::vector<std::string> reports;
  (*connection)->report_to([&](const Error& error) { reports.push_back(error.message); });
  Client client((*connection)->transport(), thread.executor(), Rng{1}, quick(),
                (*connection)->token_source());
  CHECK_FALSE(thread.run(client.get_raw("/version")));

  show(clients);
  thread.call([&] { (*connection)->refresh_certificates(); });
  CHECK(thread.run(client.get_raw("/version")).value_or("failed") == "Bearer secret");

  folder.write("key.pem", strangers.issue({}).key_pem);
  thread.call([&] { (*connection)->refresh_certificates(); });
  CHECK(reports.size() == 1);
  CHECK(thread.run(client.get_raw("/version")).value_or("failed") == "Bearer secret");
  thread.call([&] { connection->reset(); });
}

TEST_CASE("A connection that could never work is refused when it is made") {
  ClientThread thread;
  Config config;
  config.server = "https://127.0.0.1:1";
  config.proxy_url = "http://proxy:3128";
  CHECK(Connection::create(thread.executor(), config).error().message ==
        "proxy-url is not supported");
  config.proxy_url.clear();
  config.server = "ftp://x";
  CHECK_FALSE(Connection::create(thread.executor(), config));
  config.server = "https://127.0.0.1:1";
  config.certificate_authority.file = "/nonexistent/ca.pem";
  CHECK(Connection::create(thread.executor(), config)
            .error()
            .message.starts_with("/nonexistent/ca.pem"));
}
