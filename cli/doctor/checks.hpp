#pragma once
// The checks of the way from kube-scheduler to the extender, of measurements and of policies, and
// how findings are gathered. For doctor/decide.cpp.

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "cli/doctor/decide.hpp"

namespace berth::cli {

class Findings {
public:
  void works(std::string check, std::string message) {
    found_.push_back({std::move(check), Verdict::Works, std::move(message), ""});
  }
  void unknown(std::string check, std::string message, std::string mend) {
    found_.push_back({std::move(check), Verdict::Unknown, std::move(message), std::move(mend)});
  }
  void warn(std::string check, std::string message, std::string mend) {
    found_.push_back({std::move(check), Verdict::Warning, std::move(message), std::move(mend)});
  }
  void fault(std::string check, std::string message, std::string mend) {
    found_.push_back({std::move(check), Verdict::Error, std::move(message), std::move(mend)});
  }
  /// `what` could not be read.
  template <class T>
  void unreadable(std::string check, const std::string& what, const Result<T>& why) {
    const bool forbidden = why.error().code == Code::Forbidden;
    unknown(std::move(check), what + " cannot be read: " + why.error().message,
            forbidden ? "run doctor as somebody who may read them"
                      : "\"kubectl cluster-info\" says whether the API server answers");
  }
  [[nodiscard]] std::vector<Finding> all() && { return std::move(found_); }

private:
  std::vector<Finding> found_;
};

/// What brings what the chart makes.
inline constexpr const char* kInstall =
    "\"helm upgrade --install berth helm/berth --namespace berth-system\" brings what is missing";

/// The wanted names that are not there, with commas.
template <std::size_t kCount>
std::string missing_from(const Names& there, const std::array<const char*, kCount>& wanted) {
  std::string missing;
  for (const char* name : wanted)
    if (!there.contains(name))
      missing += (missing.empty() ? "" : ", ") + std::string(name);
  return missing;
}

/// Whether something puts the gate on managed pods: a policy, or a webhook that the API server can
/// call and trusts.
void check_gate(const ObservedInstallation& observed, Findings& findings);
/// Whether kube-scheduler would reach a ready extender.
void check_extender(const ObservedInstallation& observed, Findings& findings);
/// Whether the two would accept each other's certificates, and for how long.
void check_certificates(const ObservedInstallation& observed, TimePoint now, Findings& findings);
/// Whether kube-scheduler is told to ask the extender, and in the right way.
void check_scheduler(const ObservedInstallation& observed, Findings& findings);
void check_metrics(const ObservedInstallation& observed, TimePoint now, Findings& findings);
/// Whether each AllocationPolicy is what some pool is run by, and its expressions can be read.
void check_policies(const ObservedInstallation& observed, Findings& findings);

} // namespace berth::cli
