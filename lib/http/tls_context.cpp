#include "lib/http/tls_context.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace berth::http {

namespace ssl = boost::asio::ssl;

namespace {

/// "http/1.1" as ALPN wants it: a length and the name.
constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Result<TlsContext> new_context(ssl::context::method method);
Result<void> use_own_certificate(ssl::context& context, const std::string& cert_pem,
                                 const std::string& key_pem);
Result<void> trust(ssl::context& context, const std::string& ca_pem);
Result<void> announce_issuers(ssl::context& context, const std::string& ca_pem);
int select_http11(SSL* session, const unsigned char** chosen, unsigned char* chosen_bytes,
                  const unsigned char* offered, unsigned int offered_bytes, void*);

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Bio read_from(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::optional<TimePoint> end_of(const X509& certificate) {
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &end) != 1)
    return std::nullopt;
  return std::chrono::time_point_cast<Duration>(
      std::chrono::system_clock::from_time_t(timegm(&end)));
}

Result<void> check_size(std::string_view pem, std::string_view what) {
  if (pem.size() <= kPemBytesMax)
    return {};
  return fail(Code::Invalid,
              std::string(what) + " is longer than " + std::to_string(kPemBytesMax) + " bytes");
}

tl::unexpected<Error> unusable(std::string_view what, const boost::system::error_code& error) {
  return fail(Code::Invalid, std::string(what) + " cannot be used: " + error.message());
}

} // namespace

Result<TlsContext> client_context(const ClientTls& tls) {
  BERTH_TRY(TlsContext context, new_context(ssl::context::tls_client));
  boost::system::error_code error;
  if (tls.ca_pem.empty())
    context->set_default_verify_paths(error);
  else
    BERTH_CHECK(trust(*context, tls.ca_pem));
  if (error)
    return unusable("the system's certificate store", error);
  if (tls.cert_pem.empty() != tls.key_pem.empty())
    return fail(Code::Invalid, "a client certificate needs its key, and a key its certificate");
  if (!tls.cert_pem.empty())
    BERTH_CHECK(use_own_certificate(*context, tls.cert_pem, tls.key_pem));
  context->set_verify_mode(tls.insecure_skip_verify ? ssl::verify_none : ssl::verify_peer, error);
  // 0 is success for this one function of OpenSSL.
  if (SSL_CTX_set_alpn_protos(context->native_handle(), kHttp11.data(), kHttp11.size()) != 0)
    return fail(Code::Internal, "OpenSSL refused the protocol list");
  return context;
}

Result<TlsContext> server_context(const ServerTls& tls) {
  BERTH_TRY(TlsContext context, new_context(ssl::context::tls_server));
  BERTH_CHECK(use_own_certificate(*context, tls.cert_pem, tls.key_pem));
  SSL_CTX_set_alpn_select_cb(context->native_handle(), select_http11, nullptr);
  if (tls.client_ca_pem.empty())
    return context;
  BERTH_CHECK(trust(*context, tls.client_ca_pem));
  BERTH_CHECK(announce_issuers(*context, tls.client_ca_pem));
  boost::system::error_code error;
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  if (error)
    return unusable("the demand for client certificates", error);
  return context;
}

Result<void> check_server_tls(const ServerTls& tls) {
  BERTH_TRY([[maybe_unused]] const TlsContext context, server_context(tls));
  return {};
}

Result<void> expect_server(SSL* session, const std::string& name) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(session);
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(name, not_an_address);
  if (!not_an_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1)
      return {};
    return fail(Code::Invalid, "the server's address " + name + " cannot be checked");
  }
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) != 1 ||
      SSL_set_tlsext_host_name(session, name.c_str()) != 1)
    return fail(Code::Invalid, "the server's name " + name + " cannot be checked");
  return {};
}

std::string verification_failure(SSL* session) {
  const long verdict = SSL_get_verify_result(session);
  return verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict);
}

std::string peer_common_name(SSL* session) {
  const Certificate certificate(SSL_get1_peer_certificate(session));
  if (!certificate)
    return {};
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0)
    return {};
  unsigned char* text = nullptr;
  const int bytes =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (bytes < 0)
    return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(bytes));
  OPENSSL_free(text);
  return name;
}

std::optional<TimePoint> peer_expiration(SSL* session) {
  const Certificate certificate(SSL_get1_peer_certificate(session));
  return certificate ? end_of(*certificate) : std::nullopt;
}

Result<TimePoint> certificate_expiration(std::string_view cert_pem) {
  BERTH_CHECK(check_size(cert_pem, "the certificate"));
  const Bio bio = read_from(cert_pem);
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const auto end = certificate ? end_of(*certificate) : std::nullopt;
  if (!end) {
    ERR_clear_error();
    return fail(Code::Invalid, "there is no certificate to read");
  }
  return *end;
}

namespace {

Result<TlsContext> new_context(ssl::context::method method) {
  TlsContext context;
  try {
    context = std::make_shared<ssl::context>(method);
  } catch (const boost::system::system_error& error) {
    return fail(Code::Internal, std::string("OpenSSL cannot make a context: ") + error.what());
  }
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code ignored;
  // Without it OpenSSL would ask the terminal for the passphrase of an encrypted key.
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); }, ignored);
  return context;
}

Result<void> use_own_certificate(ssl::context& context, const std::string& cert_pem,
                                 const std::string& key_pem) {
  BERTH_CHECK(check_size(cert_pem, "the certificate"));
  BERTH_CHECK(check_size(key_pem, "the private key"));
  boost::system::error_code error;
  context.use_certificate_chain(boost::asio::buffer(cert_pem), error);
  if (error)
    return unusable("the certificate", error);
  context.use_private_key(boost::asio::buffer(key_pem), ssl::context::pem, error);
  if (error)
    return unusable("the private key", error);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    ERR_clear_error();
    return fail(Code::Invalid, "the private key belongs to another certificate");
  }
  return {};
}

Result<void> trust(ssl::context& context, const std::string& ca_pem) {
  BERTH_CHECK(check_size(ca_pem, "the list of trusted certificates"));
  boost::system::error_code error;
  context.add_certificate_authority(boost::asio::buffer(ca_pem), error);
  if (error)
    return unusable("the list of trusted certificates", error);
  // Whoever stands in the list is trusted, also an issuer below another: as in Go, and so as all
  // other clients and servers of Kubernetes read the same file.
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

/// Tells clients which issuers are accepted, so that they pick the right certificate.
Result<void> announce_issuers(ssl::context& context, const std::string& ca_pem) {
  const Bio bio = read_from(ca_pem);
  while (true) {
    const Certificate issuer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!issuer)
      break;
    if (SSL_CTX_add_client_CA(context.native_handle(), issuer.get()) != 1)
      return fail(Code::Invalid, "the client issuers cannot be announced");
  }
  ERR_clear_error(); // the end of the text was found
  return {};
}

int select_http11(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                  const unsigned char* offered, unsigned int offered_bytes, void*) {
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(&found, chosen_bytes, kHttp11.data(), kHttp11.size(),
                                            offered, offered_bytes);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

} // namespace

} // namespace berth::http
