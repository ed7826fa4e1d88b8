#pragma once
// SubjectLimits (Q5): what every subject alone may hold, however much its quota has left. A quota
// without limits of its own has those of the nearest one above, and what a subject holds under all
// of them counts together. One AdmissionCycle owns one; building it costs a walk over the charges,
// but only where some quota sets limits.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/options.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// Whose work it is, in the words of the limits: "team-a/robot" or "agent=a7". Work without the
/// label is that of one nameless subject, so that nobody evades a limit by leaving the label out.
[[nodiscard]] std::string subject_of(const PodView& pod, const SubjectLimits& limits);

/// The nearest quota from `quota` up that limits its subjects.
[[nodiscard]] std::optional<QuotaIndex> limiting_quota(const QuotaForest& forest, QuotaIndex quota);

class SubjectUse {
public:
  /// The snapshot must outlive it.
  explicit SubjectUse(const ClusterSnapshot& snapshot);

  /// SubjectLimited, with the numbers, if the members would take their subject past a limit.
  [[nodiscard]] std::optional<Refusal> find_refusal(const Workload& workload,
                                                    const ResourceVector& total) const;
  void admitted(const Workload& workload, const ResourceVector& total);

private:
  struct Holding {
    ResourceVector amounts{};
    std::set<WorkloadId> workloads{};
  };
  using Key = std::pair<QuotaIndex, std::string>;

  [[nodiscard]] std::optional<Key> key_of(const Workload& workload) const;

  const QuotaForest& forest_;
  std::vector<std::optional<QuotaIndex>> limiting_; ///< by quota; empty: nobody sets limits
  std::map<Key, Holding> holdings_;
};

} // namespace berth::allocation
