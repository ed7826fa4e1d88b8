#pragma once
// What becomes of Berth's own certificates at a given time: which are good, which are made anew,
// and who is trusted meanwhile. Pure but for the chance in new keys: stock in, stock out. Reading
// and writing Secrets is the CertificateKeeper's.
//
// A rotation fails no call, since trust always comes before use:
//   authority   made `kSettle` before it signs; until then it is only trusted (`next`), and it does
//               not sign before each Secret says so
//   leaf        replaced when a third of its time is left, or nobody trusts its signer
//   trust       an authority stays trusted until its own end, whoever signs by then

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/pki/certificate.hpp"

namespace berth::op {

/// Berth's certificates as they are or are to be. Empty texts: not there yet.
struct CertificateStock {
  pki::KeyPair authority{};           ///< signs
  std::optional<pki::KeyPair> next{}; ///< is trusted, and signs later
  std::string trusted{};              ///< authorities, as one PEM text
  /// Whether each Secret holds all of `trusted`: who trusts less may not be signed for yet.
  bool trust_is_everywhere = true;
  pki::KeyPair extender{};  ///< what the scheduler extender shows
  pki::KeyPair scheduler{}; ///< what kube-scheduler shows to it
  /// What the analyzer shows to the API server; absent where it serves no external metrics.
  std::optional<pki::KeyPair> analyzer{};

  friend bool operator==(const CertificateStock&, const CertificateStock&) = default;
};

/// What leaves are to say.
struct CertificateNames {
  std::vector<std::string> extender_dns_names{};
  std::string scheduler_common_name{};
  std::vector<std::string> analyzer_dns_names{}; ///< where it serves
};

struct Renewal {
  CertificateStock stock{};
  /// What was done and why, for events and the log: "extender: 29 days are left".
  std::vector<std::string> changes{};
  /// When the passing of time alone asks for the next change; never later than kLookEvery.
  TimePoint next_look{};
};

/// The stock as it should be at `now`; equal to what it was if there is nothing to do. Texts that
/// are damaged are replaced like missing ones. Unavailable: something is not valid yet, so one
/// clock is wrong, and nothing is thrown away for that. Else it fails only if OpenSSL does, or
/// names are malformed.
[[nodiscard]] Result<Renewal> renew(const CertificateStock& stock, const CertificateNames& names,
                                    TimePoint now);

inline constexpr Duration kAuthorityLifetime = std::chrono::hours{24 * 365 * 5};
inline constexpr Duration kExtenderLifetime = std::chrono::hours{24 * 90};
inline constexpr Duration kAnalyzerLifetime = kExtenderLifetime;
/// Longer, since people copy it to where kube-scheduler reads it.
inline constexpr Duration kSchedulerLifetime = std::chrono::hours{24 * 365};
/// A successor is made when less of the authority's time is left.
inline constexpr Duration kSuccessorBefore = std::chrono::hours{24 * 365 * 2};
/// How long an authority is only trusted before it signs. kube-scheduler reads trusted authorities
/// when it starts and not again, so this is how long one may run unattended.
inline constexpr Duration kSettle = std::chrono::hours{24 * 365};
/// Clocks differ: certificates are valid from a little earlier than they are made.
inline constexpr Duration kBackdating = std::chrono::minutes{10};
inline constexpr Duration kLookEvery = std::chrono::hours{1};
/// Authorities in one bundle; there are two in a rotation, and what is left of earlier ones.
inline constexpr std::size_t kTrustedMax = 8;

} // namespace berth::op
