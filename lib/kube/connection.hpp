#pragma once
// Connection: a transport and token source made from a Config and kept fresh: certificates are
// checked for changes every 5 minutes, token files every minute, exec credentials when they expire.

#include <functional>
#include <memory>

#include "lib/async/asio_executor.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/config.hpp"

namespace berth::kube {

class Connection {
public:
  /// Opens nothing yet. Invalid for a URL, a certificate or a proxy that cannot be used. The
  /// executor must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> create(async::AsioExecutor& executor,
                                                                  Config config);
  ~Connection();

  [[nodiscard]] http::Transport& transport();
  /// Null when neither token, token file nor exec plugin is configured.
  [[nodiscard]] TokenSource* token_source();
  /// Told when new certificate files cannot be used; the old ones stay in use.
  void report_to(std::function<void(const Error&)> listener);
  /// Watches the credential files until `stop`.
  [[nodiscard]] async::Task<void> keep_fresh(std::stop_token stop);
  /// One look at the certificate files. Changed ones close all connections made with the old ones.
  void refresh_certificates();

private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace berth::kube
