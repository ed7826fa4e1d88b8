#include "lib/pki/certificate.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace berth::pki {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

/// 159 random bits and a zero in front: positive, and within the 20 bytes of RFC 5280.
constexpr std::size_t kSerialBytes = 20;
/// What RFC 5280 allows a common name.
constexpr std::size_t kCommonNameBytesMax = 64;

Result<Key> new_key();
Result<Certificate> draft(const std::string& common_name, Validity validity, EVP_PKEY* key);
Result<void> extend(X509* certificate, X509* issuer, int kind, const std::string& value);
Result<KeyPair> sign(X509* certificate, EVP_PKEY* own, EVP_PKEY* issuer);
Certificate read_certificate(std::string_view pem);
Key read_key(std::string_view pem);
Result<std::string> alternative_names(const std::vector<std::string>& dns_names);
std::vector<std::string> dns_names_of(X509* certificate);
TimePoint time_of(const ASN1_TIME* time);

/// What OpenSSL says went wrong, and an empty queue of its errors.
tl::unexpected<Error> openssl_failure(std::string_view what);

} // namespace

Result<KeyPair> make_authority(const std::string& common_name, Validity validity) {
  BERTH_TRY(const Key key, new_key());
  BERTH_TRY(const Certificate made, draft(common_name, validity, key.get()));
  X509* const own = made.get();
  if (X509_set_issuer_name(own, X509_get_subject_name(own)) != 1)
    return openssl_failure("the issuer could not be named");
  BERTH_CHECK(extend(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  BERTH_CHECK(extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign"));
  BERTH_CHECK(extend(own, own, NID_subject_key_identifier, "hash"));
  return sign(own, key.get(), key.get());
}

Result<KeyPair> issue(const KeyPair& authority, const CertificateRequest& request) {
  const Certificate issuer = read_certificate(authority.certificate);
  const Key issuer_key = read_key(authority.key);
  if (!issuer || !issuer_key || X509_check_private_key(issuer.get(), issuer_key.get()) != 1)
    return fail(Code::Invalid, "the authority is no certificate with its private key");
  BERTH_TRY(const std::string names, alternative_names(request.dns_names));
  BERTH_TRY(const Key key, new_key());
  BERTH_TRY(const Certificate made, draft(request.common_name, request.validity, key.get()));
  X509* const own = made.get();
  if (X509_set_issuer_name(own, X509_get_subject_name(issuer.get())) != 1)
    return openssl_failure("the issuer could not be named");
  const char* const usage = request.usage == Usage::Server ? "serverAuth" : "clientAuth";
  BERTH_CHECK(extend(own, issuer.get(), NID_basic_constraints, "critical,CA:FALSE"));
  BERTH_CHECK(extend(own, issuer.get(), NID_key_usage, "critical,digitalSignature"));
  BERTH_CHECK(extend(own, issuer.get(), NID_ext_key_usage, usage));
  BERTH_CHECK(extend(own, issuer.get(), NID_authority_key_identifier, "keyid"));
  if (!names.empty())
    BERTH_CHECK(extend(own, issuer.get(), NID_subject_alt_name, names));
  return sign(own, key.get(), issuer_key.get());
}

Result<CertificateFacts> facts_of(std::string_view certificate) {
  const Certificate read = read_certificate(certificate);
  if (!read)
    return fail(Code::Invalid, "is no PEM certificate");
  X509* const own = read.get();
  CertificateFacts facts;
  std::array<char, 256> name{};
  if (X509_NAME_get_text_by_NID(X509_get_subject_name(own), NID_commonName, name.data(),
                                static_cast<int>(name.size())) > 0)
    facts.common_name = name.data();
  facts.dns_names = dns_names_of(own);
  facts.is_authority = X509_check_ca(own) == 1;
  const std::uint32_t usages = X509_get_extended_key_usage(own);
  const bool says_usages = usages != UINT32_MAX;
  facts.is_for_server = says_usages && (usages & XKU_SSL_SERVER) != 0;
  facts.is_for_client = says_usages && (usages & XKU_SSL_CLIENT) != 0;
  facts.validity = {time_of(X509_get0_notBefore(own)), time_of(X509_get0_notAfter(own))};
  return facts;
}

bool belong_together(const KeyPair& pair) {
  const Certificate certificate = read_certificate(pair.certificate);
  const Key key = read_key(pair.key);
  const bool match =
      certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return match;
}

bool is_signed_by(std::string_view certificate, std::string_view authority) {
  const Certificate leaf = read_certificate(certificate);
  const Certificate issuer = read_certificate(authority);
  const bool is_signed =
      leaf && issuer && X509_verify(leaf.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  return is_signed;
}

std::vector<std::string> split_bundle(std::string_view bundle) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> certificates;
  for (std::size_t begin = bundle.find(kBegin); begin != std::string_view::npos;
       begin = bundle.find(kBegin)) {
    const std::size_t end = bundle.find(kEnd, begin);
    if (end == std::string_view::npos)
      break;
    std::string text(bundle.substr(begin, end + kEnd.size() - begin));
    text += '\n';
    if (read_certificate(text))
      certificates.push_back(std::move(text));
    bundle.remove_prefix(end + kEnd.size());
  }
  return certificates;
}

bool is_vouched_for(std::string_view chain, std::string_view authorities) {
  const auto trusted = split_bundle(authorities);
  auto left = split_bundle(chain);
  if (left.empty())
    return false;
  std::string link = std::move(left.front());
  left.erase(left.begin());
  const auto signs_link = [&](const std::string& other) { return is_signed_by(link, other); };
  while (std::ranges::none_of(trusted, signs_link)) {
    const auto next = std::ranges::find_if(left, signs_link);
    if (next == left.end())
      return false;
    std::string above = std::move(*next);
    left.erase(next); // so that it ends
    link = std::move(above);
  }
  return true;
}

namespace {

Result<Key> new_key() {
  Key key(EVP_EC_gen("P-256"));
  if (!key)
    return openssl_failure("no key was made");
  return key;
}

Result<Certificate> draft(const std::string& common_name, Validity validity, EVP_PKEY* key) {
  if (common_name.empty() || common_name.size() > kCommonNameBytesMax)
    return fail(Code::Invalid, "a common name has 1 to 64 bytes");
  if (validity.from >= validity.until)
    return fail(Code::Invalid, "a certificate must be valid for some time");
  Certificate made(X509_new());
  std::array<unsigned char, kSerialBytes> serial{};
  if (!made || RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1)
    return openssl_failure("no serial number was made");
  serial.front() &= 0x7fU;
  const std::unique_ptr<BIGNUM, Free> number(
      BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get())) == nullptr)
    return openssl_failure("no serial number was made");
  const auto seconds = [](TimePoint time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  };
  constexpr long kVersion3 = 2;
  const bool is_filled =
      X509_set_version(made.get(), kVersion3) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds(validity.from)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds(validity.until)) != nullptr &&
      X509_set_pubkey(made.get(), key) == 1 &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) == 1;
  if (!is_filled)
    return openssl_failure("the certificate could not be filled");
  return made;
}

Result<void> extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return openssl_failure("the extension " + value + " could not be added");
  return {};
}

std::string text_of(const Bio& bio) {
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(bytes)};
}

Result<KeyPair> sign(X509* certificate, EVP_PKEY* own, EVP_PKEY* issuer) {
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  const bool is_written = X509_sign(certificate, issuer, EVP_sha256()) > 0 &&
                          PEM_write_bio_X509(certificate_text.get(), certificate) == 1 &&
                          PEM_write_bio_PKCS8PrivateKey(key_text.get(), own, nullptr, nullptr, 0,
                                                        nullptr, nullptr) == 1;
  if (!is_written)
    return openssl_failure("the certificate could not be signed");
  return KeyPair{text_of(certificate_text), text_of(key_text)};
}

Bio reading(std::string_view text) {
  if (text.size() > kPemBytesMax)
    return nullptr;
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate read_certificate(std::string_view pem) {
  const Bio bio = reading(pem);
  Certificate read(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  return read;
}

/// Without a passphrase: OpenSSL would ask the terminal for one.
Key read_key(std::string_view pem) {
  const Bio bio = reading(pem);
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  Key read(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  return read;
}

/// A comma would begin another entry of OpenSSL's little language.
Result<std::string> alternative_names(const std::vector<std::string>& dns_names) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*";
  std::string names;
  for (const std::string& name : dns_names) {
    if (name.empty() || name.find_first_not_of(kAllowed) != std::string::npos)
      return fail(Code::Invalid, "\"" + name + "\" is no DNS name");
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  }
  return names;
}

std::vector<std::string> dns_names_of(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Free> found(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(found.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(found.get(), i);
    if (name->type != GEN_DNS)
      continue;
    const ASN1_STRING* const text = name->d.dNSName;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return names;
}

TimePoint time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return TimePoint{};
  const std::chrono::sys_days day = std::chrono::year{parts.tm_year + 1900} /
                                    std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)} /
                                    std::chrono::day{static_cast<unsigned>(parts.tm_mday)};
  return TimePoint{day} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
         std::chrono::seconds{parts.tm_sec};
}

tl::unexpected<Error> openssl_failure(std::string_view what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return fail(Code::Internal, std::string(what) + ": " + text.data());
}

} // namespace

} // namespace berth::pki
