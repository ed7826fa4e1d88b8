#pragma once
// A server's TLS material in files, and TlsReloader, which follows them while they change: new
// connections get the new certificate and CA, open ones go on. A bad set of files (a key of another
// certificate, half of an update) keeps the old one in use. Used by servers that demand client
// certificates; it watches no directories, since mounted Secrets are swapped by renaming links.

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "lib/async/executor.hpp"
#include "lib/base/result.hpp"
#include "lib/http/server.hpp"
#include "lib/http/tls.hpp"

namespace berth::http {

struct ServerTlsFiles {
  std::string certificate;
  std::string key;
  std::string client_ca; ///< empty: clients need no certificate
};

/// Reads them all. NotFound, TooLarge (kPemBytesMax) or Invalid names the file.
[[nodiscard]] Result<ServerTls> read_server_tls(const ServerTlsFiles& files);

class TlsReloader {
public:
  /// What came of files that had changed: how long the new certificate is valid, or why the old one
  /// stays.
  using Listener = std::function<void(const Result<TimePoint>&)>;

  /// `loaded` is what the server was started with. Server and executor must outlive the reloader.
  TlsReloader(ServerTlsFiles files, ServerTls loaded, Server& server, Listener listener);

  /// Looks every kTlsCheckInterval until `stop`.
  [[nodiscard]] async::Task<void> run(async::Executor& executor, std::stop_token stop);
  /// From now on clients must be signed for by `client_ca_pem`, whatever the files say; for a CA
  /// that comes another way. Connections that were let in before end. On Invalid nothing changes.
  [[nodiscard]] Result<void> trust(std::string client_ca_pem);
  /// One look at the files. Tells the listener of a change, and of what goes on to be wrong once in
  /// kTlsToldAgainAfterLooks looks.
  void check();

private:
  [[nodiscard]] Result<ServerTls> read() const;

  ServerTlsFiles files_;
  ServerTls in_use_;
  std::optional<std::string> trusted_{}; ///< in place of files_.client_ca
  std::string failure_;                  ///< why what is in the files is not in use; empty: it is
  int looks_untold_ = 0;
  Server& server_;
  Listener listener_;
};

/// Certificates are renewed days before they end, so seconds are soon enough.
inline constexpr Duration kTlsCheckInterval = std::chrono::seconds{10};
/// A count that is raised once and never again looks mended after an hour.
inline constexpr int kTlsToldAgainAfterLooks = 60;

} // namespace berth::http
