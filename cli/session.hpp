#pragma once
// Session: one connection to the API server, for as long as one command runs. Made by main() only;
// the commands see a kube::Client.

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/rng.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/config.hpp"

namespace berth::cli {

class Session {
public:
  /// Connects nothing yet. As kubectl: a kubeconfig where there is one, else the pod's service
  /// account. Errors name the file and the field.
  [[nodiscard]] static Result<std::unique_ptr<Session>>
  open(const CliOptions& options, const kube::ConfigEnvironment& environment, const Clock& clock,
       Rng rng);
  ~Session();

  [[nodiscard]] kube::Client& client();
  /// That the client works on.
  [[nodiscard]] async::Executor& executor();
  /// The namespace of the context.
  [[nodiscard]] const std::string& default_namespace() const;
  /// What a GET of any URL is answered with, within kProbeTimeout.
  [[nodiscard]] async::Task<Result<int>> get_status(std::string url);
  [[nodiscard]] async::Task<void> wait(Duration delay);
  /// Runs the task to its end on this thread.
  void run(async::Task<void> task);

private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

inline constexpr Duration kProbeTimeout = std::chrono::seconds{5};

} // namespace berth::cli
