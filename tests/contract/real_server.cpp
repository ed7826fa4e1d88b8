#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "lib/async/asio_executor.hpp"
#include "lib/http/beast_transport.hpp"
#include "lib/kube/connection.hpp"
#include "tests/contract/api_under_test.hpp"

namespace berth::contract {
namespace {

/// One thread runs the executor for as long as the server is used; tasks are awaited from the test.
class RealServer final : public Server {
public:
  explicit RealServer(const kube::Config& config) {
    auto connection = kube::Connection::create(executor_, config);
    if (!connection) {
      std::fprintf(stderr, "BERTH_TEST_KUBECONFIG: %s\n", connection.error().message.c_str());
      std::exit(2);
    }
    connection_ = std::move(*connection);
    thread_ = std::thread([this] { executor_.run(); });
  }

  ~RealServer() override {
    run(close());
    executor_.stop();
    thread_.join();
  }

  [[nodiscard]] http::Transport& transport() override { return connection_->transport(); }
  [[nodiscard]] async::Executor& executor() override { return executor_; }
  [[nodiscard]] bool is_real() const override { return true; }

  [[nodiscard]] bool forget_history() override {
    const char* etcd = std::getenv("BERTH_TEST_ETCD");
    if (etcd == nullptr)
      return false;
    bool compacted = false;
    run(compact(etcd, &compacted));
    return compacted;
  }

  void run(async::Task<void> task) override {
    // Shared, since the promise is still being written when the waiter wakes.
    const auto done = std::make_shared<std::promise<void>>();
    executor_.post([&] { async::spawn(executor_, note_end(std::move(task), done)); });
    done->get_future().wait();
  }

private:
  /// The connection ends on its executor, as everything of it does.
  async::Task<void> close() {
    connection_.reset();
    co_return;
  }
  /// Through etcd's JSON gateway: reads the current revision and compacts up to it.
  async::Task<void> compact(std::string url, bool* compacted) {
    const auto endpoint = http::Endpoint::parse(url);
    if (!endpoint)
      co_return;
    auto etcd = http::BeastTransport::create(executor_, *endpoint, http::ClientTls{});
    if (!etcd)
      co_return;
    const http::SendOptions options;
    http::Request range{"POST", "/v3/kv/range", {}, R"({"key":"AA=="})"};
    const auto current = co_await (*etcd)->send(std::move(range), options);
    if (!current)
      co_return;
    const Json answer = Json::parse(current->body, nullptr, false);
    const Json order = {{"revision", text_at(answer, "/header/revision")}, {"physical", true}};
    http::Request compaction{"POST", "/v3/kv/compaction", {}, order.dump()};
    const auto done = co_await (*etcd)->send(std::move(compaction), options);
    *compacted = done && done->status == 200;
  }

  static async::Task<void> note_end(async::Task<void> task,
                                    std::shared_ptr<std::promise<void>> done) {
    co_await std::move(task);
    done->set_value();
  }

  SystemClock clock_;
  async::AsioExecutor executor_{clock_};
  std::unique_ptr<kube::Connection> connection_;
  std::thread thread_;
};

} // namespace

std::unique_ptr<Server> connect_to_real_server(const std::string& kubeconfig) {
  const auto config = kube::load_kubeconfig({}, kubeconfig, "");
  if (!config) {
    std::fprintf(stderr, "BERTH_TEST_KUBECONFIG: %s\n", config.error().message.c_str());
    std::exit(2);
  }
  return std::make_unique<RealServer>(*config);
}

} // namespace berth::contract
