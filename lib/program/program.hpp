#pragma once
// Program: the frame that the operator, the extender and the analyzer share: clocks, executor, log,
// metrics, health server, a kept-fresh connection to the API server, and one way to stop:
//
//   SIGTERM ─► readyz fails ─► the body is asked to stop ─► it finishes what is under way ─► exit 0
//
// Used by each main.cpp only. What the program does is the body that run() is given.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "lib/async/asio_executor.hpp"
#include "lib/base/rng.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/config.hpp"
#include "lib/program/command_line.hpp"
#include "lib/telemetry/health.hpp"
#include "lib/telemetry/log.hpp"
#include "lib/telemetry/metrics.hpp"

namespace berth::program {

struct ProgramIdentity {
  std::string name;          ///< "berth-operator"
  std::string field_manager; ///< for its writes
};

class Program {
public:
  /// Connects nothing yet; Invalid or NotFound when the kubeconfig cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<Program>>
  create(ProgramIdentity identity, const CommonOptions& options,
         const kube::ConfigEnvironment& environment);
  ~Program();

  [[nodiscard]] const Clock& clock() const;
  [[nodiscard]] async::AsioExecutor& executor();
  [[nodiscard]] telemetry::Log& log();
  [[nodiscard]] telemetry::Registry& registry();
  /// Checks are to be added before run().
  [[nodiscard]] telemetry::Health& health();
  [[nodiscard]] kube::Client& client();
  /// Another client over the same connection, with a rate limit of its own; `adjust` may change its
  /// options. The program must outlive it.
  [[nodiscard]] std::unique_ptr<kube::Client>
  make_client(const std::function<void(kube::ClientOptions&)>& adjust);
  /// A new generator, each with a seed of its own from the system.
  [[nodiscard]] Rng make_rng();

  /// Serves health and metrics, runs `body` on the executor until it ends, which it should soon
  /// after its token is stopped, and gives the exit code: what the body returns, or kExitFailure
  /// when the health address is taken.
  [[nodiscard]] int run(const std::function<async::Task<int>(std::stop_token)>& body);

private:
  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The environment variables that loading a kubeconfig depends on.
/// `read` is getenv or a test's replacement.
[[nodiscard]] kube::ConfigEnvironment
config_environment(const std::function<const char*(const char*)>& read);

} // namespace berth::program
