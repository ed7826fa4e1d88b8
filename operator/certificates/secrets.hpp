#pragma once
// The Secrets that hold Berth's certificates: their names, and how the stock is read from them and
// written to them. A value that is no base64 reads as missing, so that it is made again.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "operator/certificates/renewal.hpp"

namespace berth::op {

/// Signs; nobody but the operator reads it. tls.crt, tls.key, next.crt, next.key, ca.crt.
inline constexpr std::string_view kAuthoritySecret = "berth-authority";
/// What the extender mounts: tls.crt, tls.key, ca.crt.
inline constexpr std::string_view kExtenderSecret = "berth-scheduler-extender-tls";
/// What kube-scheduler mounts: the same keys.
inline constexpr std::string_view kSchedulerSecret = "berth-scheduler-client-tls";
/// What the analyzer mounts where it serves external metrics: the same keys.
inline constexpr std::string_view kAnalyzerSecret = "berth-analyzer-tls";

/// The values of one Secret, decoded.
using SecretData = std::map<std::string, std::string, std::less<>>;

/// One Secret as the API has it.
struct SecretObject {
  std::string resource_version{};
  SecretData data{};
};

/// Invalid: the text is no Secret.
[[nodiscard]] Result<SecretObject> decode_secret(std::string_view body);
/// A JSON merge patch that leaves exactly `wanted` in place of `known`, if the Secret is still
/// that.
[[nodiscard]] std::string patch_of(const SecretObject& known, const SecretData& wanted);

/// All of them, as data.
struct StockSecrets {
  SecretData authority{};
  SecretData extender{};
  SecretData scheduler{};
  std::optional<SecretData> analyzer{}; ///< where it serves external metrics
};
[[nodiscard]] CertificateStock read_stock(const StockSecrets& secrets);
[[nodiscard]] StockSecrets write_stock(const CertificateStock& stock);

} // namespace berth::op
