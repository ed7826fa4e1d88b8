#include "tests/support/http/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "lib/base/ensure.hpp"

namespace berth::http::testing {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

Key new_key() {
  return Key(EVP_EC_gen("P-256"));
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ensure(extension != nullptr, "a test's certificate extension is malformed");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Unsigned, without extensions.
Certificate new_certificate(const CertificateWish& wish, EVP_PKEY* key) {
  Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_until);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1,
                             -1, 0);
  X509_set_pubkey(made.get(), key);
  return made;
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(bytes)};
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

std::string alternative_names(const CertificateWish& wish) {
  std::string names;
  for (const auto& name : wish.dns_names)
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : wish.addresses)
    names += (names.empty() ? "IP:" : ",IP:") + address;
  return names;
}

} // namespace

std::string encrypted_key_pem(const std::string& passphrase) {
  const Key key = new_key();
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(),
                           reinterpret_cast<const unsigned char*>(passphrase.data()),
                           static_cast<int>(passphrase.size()), nullptr, nullptr);
  return text_of(bio.get());
}

struct Authority::Keys {
  Key key = new_key();
  Certificate certificate;
};

Authority::Authority(const std::string& common_name) : keys_(std::make_unique<Keys>()) {
  certify(common_name, *keys_);
}

Authority::Authority(const std::string& common_name, const Authority& issuer)
    : keys_(std::make_unique<Keys>()) {
  certify(common_name, *issuer.keys_);
}

void Authority::certify(const std::string& common_name, const Keys& issuer) {
  CertificateWish wish;
  wish.common_name = common_name;
  keys_->certificate = new_certificate(wish, keys_->key.get());
  X509* const own = keys_->certificate.get();
  X509* const issuing = issuer.certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(issuing));
  add_extension(own, issuing, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, issuing, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(own, issuer.key.get(), EVP_sha256());
  cert_pem_ = pem_of(own);
}

Authority::~Authority() = default;

Issued Authority::issue(const CertificateWish& wish) const {
  const Key key = new_key();
  const Certificate made = new_certificate(wish, key.get());
  X509* const issuer = keys_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  add_extension(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  if (const std::string names = alternative_names(wish); !names.empty())
    add_extension(made.get(), issuer, NID_subject_alt_name, names);
  X509_sign(made.get(), keys_->key.get(), EVP_sha256());
  return {pem_of(made.get()), pem_of(key.get())};
}

ServerTls Authority::server_tls() const {
  CertificateWish wish;
  wish.dns_names = {"localhost"};
  wish.addresses = {"127.0.0.1"};
  const Issued issued = issue(wish);
  ServerTls tls;
  tls.cert_pem = issued.cert_pem;
  tls.key_pem = issued.key_pem;
  return tls;
}

} // namespace berth::http::testing
