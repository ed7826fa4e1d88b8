// How long kube-scheduler waits for an answer: p50 and p99 of filter and prioritize on the wire,
// over one kept-open TLS connection with a client certificate, for 100, 1,000 and 5,000 names. The
// time is taken around the whole exchange, from the first byte sent to the last byte received, in a
// client that does nothing else; building requests and reading answers as JSON is the scheduler's
// affair.
//
//   bench_extender_wire [--check] [calls per row]
//
// With --check it fails if the p99 of a row is above a millisecond.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/api/admission_record.hpp"
#include "lib/api/json.hpp"
#include "lib/http/server.hpp"
#include "scheduler-extender/server.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/http/certificates.hpp"

namespace {

using namespace berth;
using namespace berth::allocation::testing;

constexpr int kCallsDefault = 2000;
constexpr int kWarmUpCalls = 200;
constexpr double kP99GoalMicros = 1000;

/// A blocking HTTPS client with one connection.
class Client {
public:
  Client(std::uint16_t port, const http::ClientTls& tls);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends a whole request and reads the whole answer; its body's size.
  std::size_t exchange(const std::string& request);

private:
  void read_more();

  SSL_CTX* context_;
  SSL* tls_;
  int socket_;
  std::string buffer_ = std::string(std::size_t{1} << 20U, '\0');
  std::size_t received_ = 0;
};

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "bench_extender_wire: %s\n", what);
  std::exit(1);
}

Client::Client(std::uint16_t port, const http::ClientTls& tls)
    : context_(SSL_CTX_new(TLS_client_method())), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  BIO* cert = BIO_new_mem_buf(tls.cert_pem.data(), static_cast<int>(tls.cert_pem.size()));
  BIO* key = BIO_new_mem_buf(tls.key_pem.data(), static_cast<int>(tls.key_pem.size()));
  X509* own = PEM_read_bio_X509(cert, nullptr, nullptr, nullptr);
  EVP_PKEY* own_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context_, own);
  SSL_CTX_use_PrivateKey(context_, own_key);
  X509_free(own);
  EVP_PKEY_free(own_key);
  BIO_free(cert);
  BIO_free(key);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    give_up("cannot connect");
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  tls_ = SSL_new(context_);
  SSL_set_fd(tls_, socket_);
  if (SSL_connect(tls_) != 1)
    give_up("the handshake failed");
}

Client::~Client() {
  SSL_free(tls_);
  SSL_CTX_free(context_);
  close(socket_);
}

void Client::read_more() {
  std::size_t got = 0;
  if (SSL_read_ex(tls_, buffer_.data() + received_, buffer_.size() - received_, &got) != 1)
    give_up("cannot read");
  received_ += got;
}

std::size_t Client::exchange(const std::string& request) {
  std::size_t written = 0;
  if (SSL_write_ex(tls_, request.data(), request.size(), &written) != 1)
    give_up("cannot write");
  received_ = 0;
  std::size_t head = std::string::npos;
  while (head == std::string::npos) {
    read_more();
    head = std::string_view(buffer_.data(), received_).find("\r\n\r\n");
  }
  if (!buffer_.starts_with("HTTP/1.1 200"))
    give_up(buffer_.c_str());
  const std::size_t length_at = buffer_.find("Content-Length: ");
  if (length_at > head)
    give_up("an answer without its length");
  const std::size_t length = std::strtoull(buffer_.c_str() + length_at + 16, nullptr, 10);
  while (received_ < head + 4 + length)
    read_more();
  return length;
}

/// The bytes of a whole request.
std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string node_name(int number) {
  return "ip-10-0-" + std::to_string(100'000 + number) + ".eu-central-1.compute.internal";
}

/// `nodes` nodes in pool "p" with ten running pods each; on every tenth of them an admitted pod is
/// planned, so that a look-up decides about unmanaged pods there.
std::shared_ptr<const allocation::ClusterSnapshot> make_snapshot(int nodes) {
  World world;
  world.add_all(pool("p"), quota("team-a").of("team-a").pool("p").cpu(1'000'000));
  world.state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
  world.state.upsert_namespace({"web", {}});
  for (int i = 0; i < nodes; ++i) {
    world.add(node(node_name(i), 32));
    for (int j = 0; j < 10; ++j)
      world.add(pod("run-" + std::to_string(i) + "-" + std::to_string(j))
                    .in("web")
                    .unmanaged()
                    .cpu(1 + (i + j) % 2)
                    .bound(node_name(i)));
    if (i % 10 == 0)
      world.add(pod("planned-" + std::to_string(i))
                    .cpu(8)
                    .admitted(record("team-a", "p", {node_name(i)})));
  }
  return world.snapshot();
}

/// ExtenderArgs as kube-scheduler sends them, for a pod of 2 cores; `planned`: admitted there.
std::string args(const std::string& ns, const std::vector<std::string>& planned, int names) {
  api::Json pod = {
      {"metadata", {{"name", "asking"}, {"namespace", ns}, {"uid", "uid-asking"}}},
      {"spec",
       {{"containers",
         {{{"name", "c"}, {"resources", {{"requests", {{"cpu", "2"}, {"memory", "1Gi"}}}}}}}}}},
      {"status", {{"phase", "Pending"}}}};
  if (ns == "team-a")
    pod["metadata"]["annotations"]["berth.dev/admitted"] =
        api::encode_admission(record("team-a", "p", planned));
  api::Json list = api::Json::array();
  for (int i = 0; i < names; ++i)
    list.push_back(node_name((i * 7919) % names)); // the scheduler's order is not ours
  // Fields in Go's order, not in that of their names.
  return R"({"Pod":)" + api::to_text(pod) + R"(,"Nodes":null,"NodeNames":)" + api::to_text(list) +
         "}";
}

/// Whether the p99 is within its goal.
bool measure(Client& client, const char* what, const std::string& target, const std::string& body,
             int names, int calls) {
  using Clock = std::chrono::steady_clock;
  const std::string request = post(target, body);
  std::vector<double> micros;
  std::size_t bytes = 0;
  for (int i = 0; i < kWarmUpCalls + calls; ++i) {
    const auto start = Clock::now();
    bytes = client.exchange(request);
    if (i >= kWarmUpCalls)
      micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double part) {
    return micros[static_cast<std::size_t>(part * static_cast<double>(micros.size() - 1))];
  };
  const bool is_met = at(0.99) <= kP99GoalMicros;
  std::printf("%-44s %6d %9zu %9zu %8.0f %8.0f %8.0f  <=%.0f%s\n", what, names, body.size(), bytes,
              at(0.5), at(0.99), micros.back(), kP99GoalMicros, is_met ? "" : " missed");
  return is_met;
}

bool measure_size(int names, int calls, const http::testing::Authority& authority) {
  SystemClock clock;
  telemetry::Registry registry;
  telemetry::ExtenderMetrics metrics{registry};
  const auto snapshot = make_snapshot(names);
  extender::Backend backend{[&] { return snapshot; },
                            [](extender::BindRequest) -> async::Task<extender::BindResult> {
                              co_return extender::BindResult{};
                            }};
  extender::Router router({}, backend, {metrics, telemetry::Logger{}, clock});
  http::ServerOptions options;
  options.tls = authority.server_tls();
  options.tls->client_ca_pem = authority.cert_pem();
  auto server = http::Server::start(
      options, [&](http::Request request) { return router.handle(std::move(request)); });
  if (!server)
    give_up(server.error().message.c_str());
  const auto own = authority.issue({"kube-scheduler"});
  Client client((*server)->port(), {authority.cert_pem(), own.cert_pem, own.key_pem, "", false});
  const std::string planned = args("team-a", {node_name(1), node_name(2)}, names);
  const std::string lost = args("team-a", {"gone"}, names);
  const std::string web = args("web", {}, names);
  const auto row = [&](const char* what, const char* target, const std::string& body) {
    return measure(client, what, target, body, names, calls);
  };
  int missed = 0;
  missed += row("filter, admitted, to its planned node", "/filter", planned) ? 0 : 1;
  missed += row("filter, admitted, planned nodes lost", "/filter", lost) ? 0 : 1;
  missed += row("filter, unmanaged, places promised", "/filter", web) ? 0 : 1;
  missed += row("prioritize, admitted", "/prioritize", planned) ? 0 : 1;
  missed += row("prioritize, unmanaged", "/prioritize", web) ? 0 : 1;
  return missed == 0;
}

} // namespace

int main(int argc, char** argv) {
  const bool is_checked = argc > 1 && std::string_view(argv[1]) == "--check";
  const char* count = argc > (is_checked ? 2 : 1) ? argv[is_checked ? 2 : 1] : nullptr;
  const int calls = count != nullptr ? std::max(1, std::atoi(count)) : kCallsDefault;
  const http::testing::Authority authority("bench");
  std::printf("%-44s %6s %9s %9s %8s %8s %8s  p99 goal\n", "call", "names", "sent B", "got B",
              "p50 us", "p99 us", "max us");
  bool are_met = true;
  for (const int names : {100, 1000, 5000})
    are_met = measure_size(names, calls, authority) && are_met;
  return is_checked && !are_met ? 1 : 0;
}
