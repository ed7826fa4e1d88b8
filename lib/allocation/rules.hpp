#pragma once
// Rules of an AllocationPolicy: which of them are for a workload, and what they do to its priority
// and to the nodes it may have. All that match apply. CEL expressions are not read: a rule with one
// matches nothing, and unreadable_rules() names it for its policy's condition.

#include <cstdint>
#include <string>
#include <vector>

#include "lib/allocation/policy.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/allocation/workload.hpp"

namespace berth::allocation {

using Rules = std::vector<const PolicyRule*>;

/// In the order of the policy. A gang matches a podSelector if any waiting member does.
[[nodiscard]] Rules matching_rules(const PolicySpec& policy, const Workload& workload,
                                   const QuotaForest& quotas);
[[nodiscard]] std::int64_t priority_offset_of(const Rules& rules);
/// Whether any of them says anything of nodes.
[[nodiscard]] bool shape_placement(const Rules& rules);
/// Whether work prefers nodes that may be taken back; a rule that forbids them wins.
[[nodiscard]] bool prefer_spot(const Rules& rules);
/// `constraints` and what the rules demand of nodes; with `only_spot` no others than such that may
/// be taken back.
[[nodiscard]] Constraints constrained(Constraints constraints, const Rules& rules, bool only_spot);
/// Names of the rules that shape a placement or a priority, for the placement's record.
[[nodiscard]] std::vector<std::string> names_of(const Rules& rules);

/// The rules of a policy that match nothing because they have an expression.
[[nodiscard]] std::vector<std::string> unreadable_rules(const PolicySpec& policy);

} // namespace berth::allocation
