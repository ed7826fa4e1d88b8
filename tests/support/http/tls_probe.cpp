#include "tests/support/http/tls_probe.hpp"

#include <memory>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace berth::http::testing {
namespace {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};

} // namespace

std::optional<std::string> probe_tls(std::uint16_t port, const TlsOffer& offer) {
  const std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0); // so that this side would speak anything
  SSL_CTX_set_min_proto_version(context.get(), offer.version);
  SSL_CTX_set_max_proto_version(context.get(), offer.version);
  std::string protocols;
  for (const std::string& protocol : offer.protocols)
    protocols.append(1, static_cast<char>(protocol.size())).append(protocol);
  const auto* const wire = reinterpret_cast<const unsigned char*>(protocols.data());
  SSL_CTX_set_alpn_protos(context.get(), wire, static_cast<unsigned>(protocols.size()));

  BIO* const socket = BIO_new_connect(("127.0.0.1:" + std::to_string(port)).c_str());
  const std::unique_ptr<SSL, FreeTls> session(SSL_new(context.get()));
  SSL_set_bio(session.get(), socket, socket);
  if (SSL_connect(session.get()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  const unsigned char* chosen = nullptr;
  unsigned int bytes = 0;
  SSL_get0_alpn_selected(session.get(), &chosen, &bytes);
  return std::string(reinterpret_cast<const char*>(chosen), bytes);
}

} // namespace berth::http::testing
