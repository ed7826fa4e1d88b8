#pragma once
// The observe part of `kubectl berth doctor`: everything that an installation of Berth consists of,
// as far as whoever asks may read it. A part that cannot be read is an Error in its place, so that
// the rest is looked at all the same.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/api/allocation_policy.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// The names of Berth's own objects of one kind.
using Names = std::set<std::string>;

struct ObservedProgram {
  std::string name{}; ///< of its Deployment
  std::string image{};
  std::int64_t wanted = 0; ///< replicas
  std::int64_t ready = 0;
};

/// Of a Secret with a certificate: PEM texts, empty where the Secret has none.
struct ObservedCertificate {
  std::string certificate{};
  std::string authorities{}; ///< ca.crt
};

/// What the metrics API says of nodes.
struct ObservedMetrics {
  std::int64_t nodes = 0;
  TimePoint newest{};
};

/// One webhook of a MutatingWebhookConfiguration: whom the API server calls, and what it trusts.
struct ObservedWebhook {
  std::string configuration{};
  std::string name{};
  std::string ca_bundle{}; ///< PEM; empty: there is none
  kube::ObjectKey service{};
  std::int64_t port = 0; ///< of the Service
};

/// Something that commands do, and whether the asker may.
struct ObservedRight {
  std::string verb{};
  std::string group{};
  std::string resource{};
  std::string needed_for{};
  Result<bool> allowed = false;
};

/// An object of Berth's that its controller says is not in order.
struct ObservedFault {
  std::string object{}; ///< "Quota team-a"
  std::string reason{};
  std::string message{};
};

struct ObservedPolicies {
  std::vector<std::shared_ptr<const api::AllocationPolicy>> policies{};
  std::set<PoolName> pools{}; ///< that there are
  /// Policies that this program cannot read, and why.
  std::vector<std::string> unreadable{};
};

struct ObservedInstallation {
  std::string ns{};                 ///< where Berth is looked for
  Result<std::string> kubernetes{}; ///< "v1.37.1"
  Result<Names> served{};           ///< of berth.dev/v1alpha1: "quotas", "quotas/status"
  Result<Names> guards{};           ///< ValidatingAdmissionPolicies
  Result<Names> guard_bindings{};
  Result<Names> gates{}; ///< MutatingAdmissionPolicies; NotFound: the API server has no such kind
  Result<Names> gate_bindings{};
  Result<std::vector<ObservedWebhook>> gate_webhooks{};
  /// That are ready, behind the port that the first of them calls.
  Result<std::int64_t> gate_endpoints{};
  Result<std::vector<ObservedProgram>> programs{};
  Result<std::string> lease{};               ///< of the operator, as JSON
  Result<std::int64_t> extender_endpoints{}; ///< that are ready
  Result<ObservedCertificate> extender_certificate{};
  Result<ObservedCertificate> scheduler_certificate{};
  Result<std::string> scheduler_config{}; ///< the file that is in the ConfigMap
  /// The same of the kube-scheduler that the chart deploys; NotFound: it does not.
  Result<std::string> own_scheduler_config{};
  /// The command lines of the kube-schedulers that run as pods; none where they are somebody
  /// else's.
  Result<std::vector<std::string>> schedulers{};
  Result<ObservedMetrics> metrics{};
  std::vector<ObservedRight> rights{};
  Result<std::vector<ObservedFault>> faults{};
  Result<ObservedPolicies> policies{};
};

[[nodiscard]] async::Task<ObservedInstallation> observe_installation(kube::Client& client,
                                                                     std::string ns);

} // namespace berth::cli
