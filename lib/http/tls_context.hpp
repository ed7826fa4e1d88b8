#pragma once
// OpenSSL contexts made from PEM text: TLS 1.2 or newer, HTTP/1.1 as the only protocol, no
// resumption (a resumed session would outlive a change of the trusted issuers).

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "lib/base/result.hpp"
#include "lib/http/tls.hpp"

namespace berth::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// Invalid says which part of `tls` cannot be used.
[[nodiscard]] Result<TlsContext> client_context(const ClientTls& tls);
[[nodiscard]] Result<TlsContext> server_context(const ServerTls& tls);

/// Makes a client's handshake ask for `name` (a host name or an address) and check it.
[[nodiscard]] Result<void> expect_server(SSL* session, const std::string& name);
/// Why the peer's certificate was refused; empty if that was not the trouble.
[[nodiscard]] std::string verification_failure(SSL* session);
/// The subject's common name in the peer's certificate, or empty.
[[nodiscard]] std::string peer_common_name(SSL* session);
/// When the peer's certificate stops to be valid.
[[nodiscard]] std::optional<TimePoint> peer_expiration(SSL* session);

} // namespace berth::http
