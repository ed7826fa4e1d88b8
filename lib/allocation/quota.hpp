#pragma once
// QuotaSpec: who may hold how much of which pools; and the answer to "which quota is this pod's?".
// The tree and its arithmetic are in quota_tree.hpp.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/allocation/burst.hpp"
#include "lib/allocation/pod.hpp"
#include "lib/allocation/preemption_policy.hpp"
#include "lib/allocation/rate_limit.hpp"
#include "lib/allocation/stop.hpp"
#include "lib/allocation/subject.hpp"
#include "lib/base/reason.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/amount.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::allocation {

/// spec.pools[].resources[]. Absent limits are Unlimited.
struct QuotaAmount {
  ResourceName name;
  Amount nominal{};
  Amount borrowing_limit = Amount::unlimited();
  Amount lending_limit = Amount::unlimited();

  friend bool operator==(const QuotaAmount&, const QuotaAmount&) = default;
};

struct QuotaPool {
  PoolName pool{};
  std::vector<QuotaAmount> resources{};

  friend bool operator==(const QuotaPool&, const QuotaPool&) = default;
};

/// spec.perSubject (Q5): limits of every subject alone. Quotas below inherit them unless they set
/// their own; a subject's holdings then count together.
struct SubjectLimits {
  std::string label{}; ///< the pod label that names the subject; empty: the service account does
  ResourceVector amounts{};                 ///< what is absent is not limited
  std::optional<std::int32_t> concurrent{}; ///< workloads at a time
  std::optional<std::int32_t> per_minute{}; ///< admissions

  friend bool operator==(const SubjectLimits&, const SubjectLimits&) = default;
};

struct QuotaSpec {
  QuotaName name{};
  QuotaName parent{}; ///< empty: a root
  Subjects subjects{};
  std::vector<QuotaPool> pools{}; ///< in order of preference
  std::int32_t weight = 1;        ///< its part of what is lent, beside its siblings; >= 1
  std::int32_t priority_offset = 0;
  std::optional<SubjectLimits> per_subject{};
  std::optional<BurstSpec> burst{};
  std::optional<RateLimit> rate_limit{};
  Stop stop = Stop::None; ///< of those below it, too
  QuotaPreemption preemption{};

  friend bool operator==(const QuotaSpec&, const QuotaSpec&) = default;
};

/// Which quota a subject is charged to, or why none: `reason` is then QuotaNotFound,
/// QuotaAmbiguous or QuotaNotAllowed.
struct QuotaChoice {
  QuotaName quota{}; ///< empty when there is none
  Reason reason = Reason::QuotaNotFound;
  std::string message{}; ///< a sentence naming the quotas concerned; empty when there is a quota

  friend bool operator==(const QuotaChoice&, const QuotaChoice&) = default;
};

/// Two quotas that name a subject equally closely, for condition SubjectsOverlap.
struct SubjectOverlap {
  QuotaName quota{};
  QuotaName other{};
  std::string subject{}; ///< "namespace team-a" or "service account team-a/robot"

  friend bool operator==(const SubjectOverlap&, const SubjectOverlap&) = default;
  friend auto operator<=>(const SubjectOverlap&, const SubjectOverlap&) = default;
};
inline constexpr std::size_t kSubjectOverlapsMax = 1000;

/// The quotas by the subjects they name. Built once per change of a quota's subjects.
class QuotaDirectory {
public:
  QuotaDirectory() = default;
  explicit QuotaDirectory(std::span<const std::shared_ptr<const QuotaSpec>> quotas);

  /// The most specific quota that names `who`; `hint` (berth.dev/quota) chooses another one that
  /// names it at all. `labels` as for Subjects::names().
  [[nodiscard]] QuotaChoice choose(const ServiceAccountRef& who, const Labels* labels,
                                   const QuotaName& hint) const;

  /// Listed subjects that several quotas share, and namespaces that several selectors match while
  /// nobody lists them. Sorted; every pair once, the first name first; at most kSubjectOverlapsMax.
  [[nodiscard]] std::vector<SubjectOverlap>
  overlaps(std::span<const NamespaceView> namespaces) const;

private:
  using Holders = std::vector<const QuotaSpec*>; ///< sorted by name

  [[nodiscard]] QuotaChoice choose_hinted(const ServiceAccountRef& who, const Labels* labels,
                                          const QuotaName& hint) const;
  [[nodiscard]] Holders closest(const ServiceAccountRef& who, const Labels* labels) const;

  std::vector<std::shared_ptr<const QuotaSpec>> quotas_; ///< sorted by name
  std::map<ServiceAccountRef, Holders> by_service_account_;
  std::map<std::string, Holders> by_namespace_;
  Holders with_selector_;
};

} // namespace berth::allocation
