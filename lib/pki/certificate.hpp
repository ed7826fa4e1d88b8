#pragma once
// Certificates as PEM text: makes authorities and what they sign, and says what a certificate
// holds. Keys are ECDSA P-256. It stores nothing and decides nothing about when to renew; times are
// given. Called by the operator, which keeps Berth's own certificates.

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace berth::pki {

/// A certificate and its private key (PKCS #8), both PEM.
struct KeyPair {
  std::string certificate;
  std::string key;

  friend bool operator==(const KeyPair&, const KeyPair&) = default;
};

/// From when to when a certificate is valid, in whole seconds.
struct Validity {
  TimePoint from{};
  TimePoint until{};

  friend bool operator==(const Validity&, const Validity&) = default;
};

enum class Usage { Server, Client };

/// What to sign (RFC 5280).
struct CertificateRequest {
  std::string common_name{};
  std::vector<std::string> dns_names{};
  Usage usage = Usage::Server;
  Validity validity{};
};

/// What a certificate says.
struct CertificateFacts {
  std::string common_name{};
  std::vector<std::string> dns_names{};
  bool is_authority = false;
  bool is_for_server = false; ///< extended key usage serverAuth
  bool is_for_client = false; ///< extended key usage clientAuth
  Validity validity{};
};

/// A self-signed authority, which may sign leaves only (path length 0).
[[nodiscard]] Result<KeyPair> make_authority(const std::string& common_name, Validity validity);
/// A new key and its certificate, signed by the authority. Invalid if the authority's texts are no
/// certificate and key that belong together, or a name cannot be one.
[[nodiscard]] Result<KeyPair> issue(const KeyPair& authority, const CertificateRequest& request);

/// Of the first certificate in the text. Invalid: it is none, or longer than kPemBytesMax.
[[nodiscard]] Result<CertificateFacts> facts_of(std::string_view certificate);
/// Whether the key is the certificate's own; false also for texts that are neither.
[[nodiscard]] bool belong_together(const KeyPair& pair);
/// Whether the authority's key signed the certificate; says nothing about times.
[[nodiscard]] bool is_signed_by(std::string_view certificate, std::string_view authority);
/// The certificates of a bundle, each as its own text; what is none of them is left out.
[[nodiscard]] std::vector<std::string> split_bundle(std::string_view bundle);

/// Whether an authority of the bundle signed the chain's first certificate, be it through others of
/// the chain; says nothing about times, nor what they may sign.
[[nodiscard]] bool is_vouched_for(std::string_view chain, std::string_view authorities);

/// Longer texts are refused: a Secret holds no more.
inline constexpr std::size_t kPemBytesMax = std::size_t{1} << 20U;

} // namespace berth::pki
