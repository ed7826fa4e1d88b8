#pragma once
// PoolRules: what the rules of one AllocationPolicy come to for one pod (N1): what nodes must be
// like, which are better, and what it gains in the order. RuleBook finds them; they travel with the
// pod's constraints, so that whoever asks whether a node suits a pod asks about rules as well.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/selector.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// What a rule demands of a node's labels.
struct RuleDemand {
  std::string rule{};
  Requirement requirement{};
  /// Whether the rule is for the pod cannot be known, as its expression is broken or fails: then
  /// its demands count.
  bool is_assumed = false;

  friend bool operator==(const RuleDemand&, const RuleDemand&) = default;
  friend auto operator<=>(const RuleDemand&, const RuleDemand&) = default;
};

/// A node that meets any of the requirements is better, by weight beside the pool's strategy
/// (which has kStrategyWeight).
struct RulePreference {
  std::vector<Requirement> any_of{};
  std::int32_t weight = 100;

  [[nodiscard]] bool holds_for(const Labels& node_labels) const;

  friend bool operator==(const RulePreference&, const RulePreference&) = default;
  friend auto operator<=>(const RulePreference&, const RulePreference&) = default;
};

struct PoolRules {
  /// The pools that the policy is for, or with `is_rest` those that it is not for; sorted.
  std::vector<PoolName> pools{};
  bool is_rest = false;
  /// Rules of the policy that are for the pod, in its order.
  std::vector<std::string> names{};
  std::vector<RuleDemand> demands{};
  std::vector<RulePreference> preferences{};
  std::int64_t priority_offset = 0;
  /// The shortest of sla.maxWaitSeconds.
  std::optional<Duration> wait_max{};

  friend bool operator==(const PoolRules&, const PoolRules&) = default;
  friend auto operator<=>(const PoolRules&, const PoolRules&) = default;
};

/// Those in force in the pool; nullptr: none.
[[nodiscard]] const PoolRules* rules_in(const std::vector<PoolRules>& rules, const PoolName& pool);

/// Of all that are in force there.
[[nodiscard]] std::vector<std::string> rule_names_in(const std::vector<PoolRules>& rules,
                                                     const PoolName& pool);

/// The first demand that a node of the pool does not meet; nullptr: it meets all.
[[nodiscard]] const RuleDemand* broken_demand(const std::vector<PoolRules>& rules,
                                              const PoolName& pool, const Labels& node_labels);
/// "rule eu-only: region In (eu-1, eu-2)".
[[nodiscard]] std::string to_string(const RuleDemand& demand);

/// What those of a workload that has waited since `created` add to its priority in the order (F1)
/// because it waits: kOverduePoints once that is wait_max. Null: 0.
[[nodiscard]] std::int64_t overdue_points(const PoolRules* rules, TimePoint created, TimePoint now);
/// As much as the highest priority that a user's PriorityClass may have: overdue work passes what
/// is not, and stays behind what the system itself needs.
inline constexpr std::int64_t kOverduePoints = 1'000'000'000;

} // namespace berth::allocation
