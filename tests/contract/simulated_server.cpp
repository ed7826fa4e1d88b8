#include "tests/contract/api_under_test.hpp"
#include "tests/support/simulation/world.hpp"

namespace berth::contract {
namespace {

class SimulatedServer final : public Server {
public:
  [[nodiscard]] http::Transport& transport() override { return transport_; }
  [[nodiscard]] async::Executor& executor() override { return world_.executor; }
  [[nodiscard]] bool is_real() const override { return false; }
  [[nodiscard]] bool forget_history() override {
    world_.server.compact();
    return true;
  }

  void run(async::Task<void> task) override {
    bool done = false;
    async::spawn(world_.executor, note_end(std::move(task), &done));
    ensure(world_.executor.run_until([&] { return done; }, std::chrono::hours{1}),
           "the awaited task did not end in time");
  }

private:
  static async::Task<void> note_end(async::Task<void> task, bool* done) {
    co_await std::move(task);
    *done = true;
  }

  simulation::World world_;
  simulation::SimulatedTransport transport_{world_.server, "kubernetes-admin", 1};
};

} // namespace

std::unique_ptr<Server> start_simulated_server() {
  return std::make_unique<SimulatedServer>();
}

} // namespace berth::contract
