#pragma once
// TLS settings as PEM text. Nothing here names OpenSSL; lib/http turns them into contexts.

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::http {

/// Longest PEM text read: parsing costs time, and nobody needs a thousand issuers.
inline constexpr std::size_t kPemBytesMax = std::size_t{1} << 20U;

/// What a client trusts and shows.
struct ClientTls {
  std::string ca_pem;      ///< certificates trusted as issuers; empty: the system's
  std::string cert_pem;    ///< client certificate chain, or empty
  std::string key_pem;     ///< its private key, or empty
  std::string server_name; ///< SNI and name checked; empty: the URL's host
  bool insecure_skip_verify = false;

  friend bool operator==(const ClientTls&, const ClientTls&) = default;
};

/// What a server shows and whom it lets in.
struct ServerTls {
  std::string cert_pem;
  std::string key_pem;
  /// Client certificates must chain to one of these; empty: clients are asked for none.
  std::string client_ca_pem{};

  friend bool operator==(const ServerTls&, const ServerTls&) = default;
};

/// Whether a server could show and check it. Invalid says which part cannot be used, such as a key
/// of another certificate.
[[nodiscard]] Result<void> check_server_tls(const ServerTls& tls);

/// When the first certificate of a PEM text ends to be valid. Invalid if there is none to read.
[[nodiscard]] Result<TimePoint> certificate_expiration(std::string_view cert_pem);

} // namespace berth::http
