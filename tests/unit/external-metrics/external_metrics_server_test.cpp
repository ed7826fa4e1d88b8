// The server of external metrics with real TLS: whom the ConfigMap lets in, and that it may change.

#include "analyzer/external_metrics/server.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "lib/api/json.hpp"
#include "lib/async/signal.hpp"
#include "lib/http/beast_transport.hpp"
#include "tests/support/http/certificates.hpp"
#include "tests/unit/http/echo_server.hpp"

namespace berth::analyzer {
namespace {

using namespace http::testing;
using api::Json;

/// An API server that has one ConfigMap.
class ConfigMapApi final : public http::Transport {
public:
  ConfigMapApi(async::Executor& executor, std::string ca) : changed_(executor), ca_(ca) {}

  /// On the executor.
  void trust(const std::string& ca) {
    ca_ = ca;
    ++version_;
    changed_.notify();
  }

  async::Task<Result<http::Response>> send(http::Request, http::SendOptions) override {
    const Json list{{"kind", "ConfigMapList"},
                    {"apiVersion", "v1"},
                    {"metadata", {{"resourceVersion", std::to_string(version_)}}},
                    {"items", Json::array({object()})}};
    co_return http::Response{200, {{"Content-Type", "application/json"}}, list.dump()};
  }
  async::Task<Result<http::StreamedResponse>> open(http::Request, http::StreamOptions) override {
    http::StreamedResponse response;
    response.status = 200;
    response.body = std::make_unique<Watch>(*this, version_);
    co_return response;
  }

private:
  class Watch final : public http::BodyStream {
  public:
    Watch(ConfigMapApi& api, int seen) : api_(api), seen_(seen) {}
    async::Task<Result<std::string>> next(std::stop_token stop) override {
      while (seen_ == api_.version_) {
        const bool came = co_await api_.changed_.wait(stop);
        if (!came)
          co_return fail(Code::Cancelled, "stopped");
      }
      seen_ = api_.version_;
      const Json event{{"type", "MODIFIED"}, {"object", api_.object()}};
      co_return event.dump() + '\n';
    }

  private:
    ConfigMapApi& api_;
    int seen_;
  };

  [[nodiscard]] Json object() const {
    const Json meta{{"namespace", kFrontProxyNamespace},
                    {"name", kFrontProxyConfigMap},
                    {"uid", "u"},
                    {"resourceVersion", std::to_string(version_)}};
    const Json data{{"requestheader-client-ca-file", ca_},
                    {"requestheader-allowed-names", R"(["front-proxy-client"])"},
                    {"requestheader-username-headers", R"(["X-Remote-User"])"},
                    {"requestheader-group-headers", R"(["X-Remote-Group"])"}};
    return {{"kind", "ConfigMap"}, {"apiVersion", "v1"}, {"metadata", meta}, {"data", data}};
  }

  async::Signal changed_;
  std::string ca_;
  int version_ = 1;
};

/// The certificate files of a server, gone at the end.
class Files {
public:
  explicit Files(const http::ServerTls& tls) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "berth-metrics-XXXXXX").string();
    ensure(mkdtemp(pattern.data()) != nullptr, "a folder of its own");
    path_ = pattern;
    std::ofstream(path_ / "tls.crt", std::ios::binary) << tls.cert_pem;
    std::ofstream(path_ / "tls.key", std::ios::binary) << tls.key_pem;
  }
  ~Files() { std::filesystem::remove_all(path_); }
  [[nodiscard]] http::ServerTlsFiles files() const {
    return {path_ / "tls.crt", path_ / "tls.key", {}};
  }

private:
  std::filesystem::path path_;
};

/// A server that runs, believes `clients`, and has no forecasts.
struct Serving {
  Serving() {
    REQUIRE(comes_true([this] { return is_ready(); }));
    port = thread.call([this] { return *server->port(); });
  }
  ~Serving() {
    stop.request_stop();
    ended.get();
    thread.call([this] { server.reset(); });
  }

  [[nodiscard]] bool is_ready() const {
    http::Request probe;
    probe.method = "GET";
    probe.target = "/readyz";
    return health.answer(probe).status == 200;
  }
  /// Somebody's connection; with a certificate where there is an authority to issue it.
  [[nodiscard]] std::unique_ptr<http::BeastTransport>
  connect(ClientThread& client, const Authority* issuer, const std::string& name) const {
    http::ClientTls tls;
    tls.ca_pem = servers.cert_pem();
    if (issuer != nullptr) {
      CertificateWish wish;
      wish.common_name = name;
      const Issued own = issuer->issue(wish);
      tls.cert_pem = own.cert_pem;
      tls.key_pem = own.key_pem;
    }
    http::Endpoint endpoint;
    endpoint.tls = true;
    endpoint.host = "127.0.0.1";
    endpoint.port = std::to_string(port);
    return *http::BeastTransport::create(client.executor(), endpoint, tls);
  }
  /// The status that discovery is answered with, asked for a user who may everything; 0: none.
  [[nodiscard]] int call(const Authority* issuer,
                         const std::string& name = "front-proxy-client") const {
    ClientThread client;
    const auto transport = connect(client, issuer, name);
    return ask(client, *transport);
  }
  static int ask(ClientThread& client, http::Transport& transport) {
    http::Request request;
    request.method = "GET";
    request.target = "/apis/external.metrics.k8s.io/v1beta1";
    request.headers = {{"X-Remote-User", "system:kube-aggregator"},
                       {"X-Remote-Group", "system:masters"}};
    const auto answer = client.run(transport.send(request, {}));
    return answer ? answer->status : 0;
  }

  Authority servers{"servers"};
  Authority clients{"front-proxy-ca"};
  Files files{servers.server_tls()};
  telemetry::Registry registry;
  telemetry::Health health;
  ClientThread thread;
  ConfigMapApi api{thread.executor(), clients.cert_pem()};
  kube::Client api_client{api, thread.executor(), Rng{7}, {}};
  std::unique_ptr<ExternalMetricsServer> server = std::make_unique<ExternalMetricsServer>(
      ExternalMetricsServer::Parts{api_client, api_client, thread.executor(), Rng{8}, registry,
                                   health, telemetry::Logger{}, std::chrono::seconds{60}},
      ExternalMetricsOptions{"127.0.0.1:0", files.files()});
  std::stop_source stop;
  std::future<void> ended = thread.start(server->run(stop.get_token()));
  std::uint16_t port = 0;
};

} // namespace

TEST_CASE("the front proxy is answered; another name is told no, a stranger gets no handshake") {
  const Serving serving;
  CHECK(serving.call(&serving.clients) == 200);
  CHECK(serving.call(&serving.clients, "kubelet") == 401);
  CHECK(serving.call(nullptr) == 0);
  const Authority strangers("strangers");
  CHECK(serving.call(&strangers) == 0);
  CHECK(serving.registry.exposition().find("use=\"external-metrics\"") != std::string::npos);
}

TEST_CASE("when the front proxy's CA changes, the old one is believed no more, on no connection") {
  Serving serving;
  const Authority next("front-proxy-ca-2");
  ClientThread client;
  const auto open = serving.connect(client, &serving.clients, "front-proxy-client");
  REQUIRE(Serving::ask(client, *open) == 200);
  CHECK(serving.call(&next) == 0);
  serving.thread.call([&] { serving.api.trust(serving.clients.cert_pem() + next.cert_pem()); });
  REQUIRE(comes_true([&] { return serving.call(&next) == 200; }));
  CHECK(Serving::ask(client, *open) == 200);
  serving.thread.call([&] { serving.api.trust(next.cert_pem()); });
  REQUIRE(comes_true([&] { return Serving::ask(client, *open) == 0; }));
  CHECK(serving.call(&next) == 200);
}

TEST_CASE("a ConfigMap without a front proxy lets nobody in, and the server is not ready") {
  Serving serving;
  serving.thread.call([&] { serving.api.trust(""); });
  REQUIRE(comes_true([&] { return !serving.is_ready(); }));
  CHECK(serving.call(&serving.clients) == 401);
}

} // namespace berth::analyzer
