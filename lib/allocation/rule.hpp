#pragma once
// RuleSpec: one of AllocationPolicy.spec.rules: which workloads it is for and what it does to their
// placement and order. All rules that match apply together.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/allocation/pool_rules.hpp"
#include "lib/allocation/selector.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// Whether work may run on nodes that their provider may take back.
enum class Spot { Allow, Forbid, Prefer };

/// How providers and their autoscalers mark such nodes: label and value.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSpotLabels{
    {{"karpenter.sh/capacity-type", "spot"},
     {"eks.amazonaws.com/capacityType", "SPOT"},
     {"cloud.google.com/gke-spot", "true"},
     {"cloud.google.com/gke-preemptible", "true"},
     {"cloud.google.com/gke-provisioning", "spot"},
     {"kubernetes.azure.com/scalesetpriority", "spot"},
     {"node.kubernetes.io/lifecycle", "spot"}}};

/// All that is set must hold.
struct RuleMatch {
  std::vector<QuotaName> quotas{}; ///< or one above the workload's; empty: any
  std::vector<std::string> namespaces{};
  std::optional<Selector> pod_selector{};
  std::string expression{}; ///< CEL over `pod`; empty: none

  friend bool operator==(const RuleMatch&, const RuleMatch&) = default;
};

struct RuleEffect {
  /// What the rule requires and what it forbids.
  std::vector<Requirement> node_requirements{};
  std::vector<RulePreference> preferences{};
  Spot spot = Spot::Allow;
  std::int32_t priority_offset = 0;
  std::optional<Duration> wait_max{};

  friend bool operator==(const RuleEffect&, const RuleEffect&) = default;
};

struct RuleSpec {
  std::string name{};
  RuleMatch match{};
  RuleEffect effect{};

  friend bool operator==(const RuleSpec&, const RuleSpec&) = default;
};

} // namespace berth::allocation
