#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "lib/async/asio_executor.hpp"
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
