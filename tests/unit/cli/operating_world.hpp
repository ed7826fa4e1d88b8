#pragma once
// A simulated cluster with Berth's definitions and one team, and the commands asked of it.

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

namespace berth::cli {

struct OperatingWorld : simulation::World {
  OperatingWorld() {
    simulation::install_custom_resources(admin);
    admin.create(simulation::make_managed_namespace("research").build());
    admin.create(simulation::make_object("berth.dev/v1alpha1", "Quota", "", "research")
                     .spec({{"subjects", {{"namespaces", {"research"}}}},
                            {"pools",
                             {{{"poolRef", {{"name", "cpu"}}},
                               {"resources",
                                {{{"name", "cpu"}, {"nominal", 50}, {"borrowingLimit", "10"}},
                                 {{"name", "memory"}, {"nominal", "64Gi"}}}}}}}})
                     .build());
  }

  Answer ask(Command command, const std::function<void(CliOptions&)>& adjust) {
    CliOptions options;
    options.command = command;
    adjust(options);
    Surroundings around;
    around.now = executor.now();
    around.executor = &executor;
    around.going.now = [this] { return executor.now(); };
    around.going.wait = [this](Duration delay) -> async::Task<void> {
      ++waits;
      if (on_wait)
        on_wait();
      static_cast<void>(co_await async::sleep_for(executor, delay));
    };
    around.going.write = [this](std::string_view text) {
      written.emplace_back(text);
      return written.size() < readers_patience;
    };
    around.going.screen = [this] { return screen; };
    return simulation::await(executor, answer(client, options, around));
  }

  /// Calls `act` before the first patch reaches the server.
  void before_the_first_patch(std::function<void()> act) {
    transport.faults().aim(simulation::Fault::Refuse,
                           [act = std::move(act), done = false](const auto& request) mutable {
                             if (request.method == "PATCH" && !std::exchange(done, true))
                               act();
                             return false;
                           });
  }
  [[nodiscard]] std::int64_t patches() {
    return std::ranges::count(transport.exchanges(), "PATCH", &simulation::Exchange::method);
  }

  int waits = 0;
  std::function<void()> on_wait{};
  std::vector<std::string> written{};  ///< by commands that go on
  std::size_t readers_patience = 1000; ///< then nobody reads any more
  std::optional<ScreenSize> screen{};
  simulation::SimulatedTransport transport{server, "kubernetes-admin", 1};
  kube::Client client{transport, executor, Rng{1}, kube::ClientOptions{}};
};

} // namespace berth::cli
