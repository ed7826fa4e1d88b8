#pragma once
// SimulatedApiServer: a small Kubernetes API server for deterministic tests. It keeps the rules
// that Berth's code relies on (tests/contract runs the same assertions here and on a real server)
// and refuses what it does not know. Clients reach it through SimulatedTransport; tests that set
// the scene use AdminClient.
//
// It is one storage with any number of front ends: each transport sees reads at resourceVersion 0
// and watches through a watch cache of its own, which may lag.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lib/async/simulated_executor.hpp"
#include "tests/support/simulation/server_state.hpp"

namespace berth::simulation {

class SimulatedApiServer {
public:
  /// Serves the namespaces default and kube-system from the start. Prints its seed to stderr, so
  /// that a failing run can be repeated.
  SimulatedApiServer(async::SimulatedExecutor& executor, std::uint64_t seed);

  /// Everything but watches, at once and without any fault. `visible` is the newest revision that
  /// the front end's watch cache has seen.
  [[nodiscard]] http::Response handle(const http::Request& request, const std::string& user,
                                      Revision visible);
  [[nodiscard]] http::Response handle(const http::Request& request, const std::string& user) {
    return handle(request, user, state_.store.revision());
  }

  /// Adds admission hooks; hooks run in the order added.
  void add_hooks(std::vector<AdmissionHook> hooks) {
    for (auto& hook : hooks)
      state_.hooks.push_back(std::move(hook));
  }
  /// Forgets all history: older watches and continue tokens get 410.
  void compact() { state_.store.compact(state_.store.revision()); }
  /// Puts an object of a read-only API (metrics.k8s.io) in its place; others go through requests.
  void put_metrics(Json object);

  [[nodiscard]] Revision revision() const { return state_.store.revision(); }
  /// Every write that took effect, oldest first.
  [[nodiscard]] const std::vector<WriteRecord>& writes() const { return state_.writes; }
  [[nodiscard]] ServerState& state() { return state_; }
  [[nodiscard]] async::SimulatedExecutor& executor() { return executor_; }

private:
  async::SimulatedExecutor& executor_;
  ServerState state_;
};

} // namespace berth::simulation
