#pragma once
// The decide part of `kubectl berth doctor`: what is right and what is wrong with an installation,
// and for each wrong thing what mends it. Pure.

#include <string>
#include <vector>

#include "cli/doctor/observe.hpp"

namespace berth::cli {

enum class Verdict {
  Works,
  Unknown, ///< it could not be looked at
  Warning, ///< Berth works, but not as it should, or not for long
  Error,   ///< something of Berth does not work
};
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Finding {
  std::string check{}; ///< "certificates"
  Verdict verdict = Verdict::Works;
  std::string message{};
  std::string mend{}; ///< what to do; empty if it works

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// One for each thing that was looked at, in the order in which one would mend them.
[[nodiscard]] std::vector<Finding> diagnose(const ObservedInstallation& observed, TimePoint now);

/// Certificates that end sooner are told.
inline constexpr Duration kCertificateWarning = std::chrono::days{14};
/// Measurements that are older are of no use to the analyzer.
inline constexpr Duration kMetricsAgeMax = std::chrono::minutes{5};
/// The minor versions of Kubernetes that Berth is made for.
inline constexpr std::int64_t kKubernetesMinorMin = 33;
inline constexpr std::int64_t kKubernetesMinorMax = 37;

} // namespace berth::cli
