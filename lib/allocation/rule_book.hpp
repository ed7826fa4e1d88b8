#pragma once
// RuleBook: the rules of all AllocationPolicies, their expressions compiled once. ClusterState
// makes one whenever a policy changes and asks it about every managed pod that something changed
// about. It fails closed (N1): where it cannot be known whether a rule is for a pod, since its
// expression does not compile or fails, what the rule demands of nodes counts, and nothing else of
// it does.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/cel/expression.hpp"

namespace berth::allocation {

/// An expression that does not compile.
struct RuleFault {
  std::string rule{};
  std::string message{}; ///< "column 5: unknown field pod.nme; ..."

  friend bool operator==(const RuleFault&, const RuleFault&) = default;
};
/// In the order of the policy's rules.
[[nodiscard]] std::vector<RuleFault> faults_of(const PolicySpec& policy);

/// What expressions may look at: pod.name, pod.namespace, pod.serviceAccountName, pod.quota,
/// pod.priority, pod.labels, and pod.requests in thousandths of a cpu, bytes and counts.
[[nodiscard]] const cel::Schema& rule_schema();

class RuleBook {
public:
  RuleBook() = default;
  /// As ClusterSnapshot::policies: oldest first. Of two that name a pool the older is for it.
  explicit RuleBook(std::span<const std::shared_ptr<const PolicySpec>> policies);

  [[nodiscard]] bool empty() const { return policies_.empty(); }
  /// `quotas`: the pod's own, if it has one, and those above it. One entry for each policy with
  /// rules for the pod; at most one is in force in any pool.
  [[nodiscard]] std::vector<PoolRules> rules_of(const PodView& pod,
                                                std::span<const QuotaName> quotas) const;

private:
  struct Rule {
    RuleSpec spec{};
    std::optional<cel::Expression> expression{};
    bool is_broken = false; ///< there is an expression, and it does not compile
  };
  struct Policy {
    std::vector<PoolName> pools{};
    bool is_rest = false;
    std::vector<Rule> rules{};
  };

  std::vector<Policy> policies_; ///< those with rules
};

} // namespace berth::allocation
