#include "tests/support/http/tls_talk.hpp"

#include <array>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/ensure.hpp"
#include "lib/http/tls_context.hpp"

namespace berth::http::testing {

struct TlsTalk::Session {
  TlsContext context;
  SSL* ssl;

  /// What came; empty when the client ended or patience did.
  std::string read_some() const {
    std::array<char, 4096> space{};
    const int bytes = SSL_read(ssl, space.data(), static_cast<int>(space.size()));
    ERR_clear_error();
    return bytes > 0 ? std::string(space.data(), static_cast<std::size_t>(bytes)) : std::string();
  }
};

TlsTalk::TlsTalk(const RawSocket& connection, const ServerTls& tls) {
  auto context = server_context(tls);
  ensure(context.has_value(), "a test's certificate cannot be used");
  SSL* const ssl = SSL_new((*context)->native_handle());
  session_ = std::make_unique<Session>(Session{std::move(*context), ssl});
  SSL_set_fd(ssl, connection.number());
  SSL_accept(ssl);
}

TlsTalk::~TlsTalk() {
  SSL_free(session_->ssl);
  ERR_clear_error();
}

std::string TlsTalk::server_name() const {
  const char* const name = SSL_get_servername(session_->ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

void TlsTalk::answer_request() {
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    const std::string piece = session_->read_some();
    if (piece.empty())
      return;
    request += piece;
  }
  constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  SSL_write(session_->ssl, kOk.data(), static_cast<int>(kOk.size()));
}

void TlsTalk::say_goodbye() {
  SSL_shutdown(session_->ssl);
}

void TlsTalk::wait_for_end() {
  while (!session_->read_some().empty()) {
  }
}

} // namespace berth::http::testing
