#pragma once
// Certificates for tests, made when they run: an issuer and what it signs, with any flaw wanted.

#include <memory>
#include <string>
#include <vector>

#include "lib/http/tls.hpp"

namespace berth::http::testing {

struct CertificateWish {
  std::string common_name = "berth";
  std::vector<std::string> dns_names{};
  std::vector<std::string> addresses{};
  /// Seconds from now; negative ends make an expired certificate.
  long valid_from = -3600;
  long valid_until = 3600;
};

struct Issued {
  std::string cert_pem;
  std::string key_pem;
};

/// A private key that needs a passphrase.
[[nodiscard]] std::string encrypted_key_pem(const std::string& passphrase);

/// An authority of its own; two of them do not trust each other.
class Authority {
public:
  explicit Authority(const std::string& common_name);
  /// One that `issuer` vouches for.
  Authority(const std::string& common_name, const Authority& issuer);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] const std::string& cert_pem() const { return cert_pem_; }
  [[nodiscard]] Issued issue(const CertificateWish& wish) const;
  /// What a server on 127.0.0.1 and "localhost" shows.
  [[nodiscard]] ServerTls server_tls() const;

private:
  struct Keys;
  void certify(const std::string& common_name, const Keys& issuer);

  std::unique_ptr<Keys> keys_;
  std::string cert_pem_;
};

} // namespace berth::http::testing
