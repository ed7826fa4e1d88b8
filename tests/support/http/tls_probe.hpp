#pragma once
// A TLS client that is not ours, to see what a server agrees to.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace berth::http::testing {

struct TlsOffer {
  int version = 0;                    ///< the only one offered, as on the wire: 0x0303 is TLS 1.2
  std::vector<std::string> protocols; ///< for ALPN
};

/// The protocol that the server on 127.0.0.1 chose, or nothing if the handshake failed.
[[nodiscard]] std::optional<std::string> probe_tls(std::uint16_t port, const TlsOffer& offer);

} // namespace berth::http::testing
