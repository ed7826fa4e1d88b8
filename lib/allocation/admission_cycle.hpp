#pragma once
// AdmissionCycle: one workload after the other against what the ones before it left. The state of
// one decide(): the overlay of nodes, the headroom of quotas, and the explanations given so far.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/headroom.hpp"
#include "lib/allocation/heads.hpp"
#include "lib/allocation/options.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/workload_placer.hpp"

namespace berth::allocation {

/// The arguments of decide(), and the holds that are right for `now`.
struct CycleInput {
  const ClusterSnapshot& snapshot;
  const Policy& policy;
  const Holds& holds;
  TimePoint now;
  std::uint64_t seed;
};

/// The snapshot's own holds, or new ones if a window opened or closed since it was published.
[[nodiscard]] std::shared_ptr<const Holds> current_holds(const ClusterSnapshot& snapshot,
                                                         TimePoint now);

/// The members that are to be admitted together now; empty while the gang is not complete.
[[nodiscard]] Pods members_to_admit(const Workload& workload);

class AdmissionCycle {
public:
  explicit AdmissionCycle(CycleInput input);

  /// What is left, for preemption to look at and to hold.
  struct Room {
    WorkloadPlacer& placer;
    Headroom& headroom;
    const OptionFinder& options;
  };
  [[nodiscard]] Room room() { return {placer_, headroom_, options_}; }
  /// Room has come back since a workload was refused.
  void forget_refusals() { refused_.clear(); }

  /// Takes the room of admitted pods whose planned nodes are gone, before anybody else does.
  [[nodiscard]] std::vector<Replanning> find_new_homes();
  /// Admits the workload or keeps the reason for last_refusal().
  [[nodiscard]] std::optional<Admission> try_admit(const Head& head);
  [[nodiscard]] DecisionId new_decision_id(const WorkloadId& workload) const;
  /// Why the last try_admit() admitted nothing.
  [[nodiscard]] Waiting last_refusal();

private:
  using Explained = std::shared_ptr<const Explanation>;
  /// Equal for workloads that fail for the same reason: quota, reservation, subject, shapes.
  using Likeness = std::vector<std::uint64_t>;

  [[nodiscard]] std::optional<Admission> refuse(Reason reason, std::string message);
  [[nodiscard]] std::optional<Admission> finish_interrupted(const Head& head);
  [[nodiscard]] std::optional<Admission> admit_new(const Head& head);
  [[nodiscard]] std::optional<Admission> admit_at_best(const Head& head, Pods members,
                                                       const std::vector<Option>& options);
  [[nodiscard]] std::variant<PlacedPods, Explanation> try_option(const Option& option, Pods members,
                                                                 const ResourceVector& total);
  [[nodiscard]] Admission admit_there(const Head& head, Pods members, const Option& option,
                                      PlacedPods placed);
  [[nodiscard]] std::optional<Explanation> borrowing_back_off(const Option& option,
                                                              const ResourceVector& total) const;
  [[nodiscard]] Likeness likeness_of(const Workload& workload, Pods members);
  [[nodiscard]] std::size_t nodes_max() const;
  [[nodiscard]] std::vector<NodeName> names_of(const std::vector<NodeIndex>& nodes) const;

  CycleInput input_;
  WorkloadPlacer placer_;
  Headroom headroom_;
  OptionFinder options_;
  Waiting refusal_;
  std::map<QuotaName, std::uint32_t> positions_;
  std::map<Likeness, Explained> refused_; ///< looked up, never walked
  std::unordered_map<const PodShape*, std::uint64_t> shape_numbers_;
  std::map<std::string, std::uint64_t> name_numbers_;
  std::map<std::pair<Reason, std::string>, Explained> plain_refusals_;
};

} // namespace berth::allocation
