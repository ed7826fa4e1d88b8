#pragma once
// The action of a recommendation that moves pods: their evictions, as they are sent to the
// subresource `eviction` of each, so that disruption budgets are kept (P5). Written, and read back.
// Pure.

#include <optional>
#include <string>
#include <vector>

#include "lib/api/scaling_recommendation.hpp"

namespace berth::api {

/// Of this very pod: another one of its name stays.
struct Eviction {
  ObjectKey pod{};
  std::string uid{};

  friend bool operator==(const Eviction&, const Eviction&) = default;
};

/// A List of policy/v1 Evictions, in this order.
[[nodiscard]] RecommendedAction evict(const std::vector<Eviction>& evictions);

/// Nothing where the action is another one, or cannot be read.
[[nodiscard]] std::optional<std::vector<Eviction>> evictions_of(const RecommendedAction& action);

} // namespace berth::api
