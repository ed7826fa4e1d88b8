#pragma once
// Connection: a transport and token source made from a Config and kept fresh: certificates are
// checked for changes every 5 minutes, token files every minute, exec credentials when they expire.

#include <memory>

#include "lib/async/asio_executor.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/config.hpp"

namespace berth::kube {

class Connection {
public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> create(async::AsioExecutor& executor,
                                                                  Config config);
  ~Connection();

  [[nodiscard]] http::Transport& transport();
  /// Null when neither token, token file nor exec plugin is configured.
  [[nodiscard]] TokenSource* token_source();
  /// Watches the credential files until `stop`.
  [[nodiscard]] async::Task<void> keep_fresh(std::stop_token stop);

private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::kube
