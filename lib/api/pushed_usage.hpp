#pragma once
// PushedUsage: what a component says of its own use, in the annotation berth.dev/usage of a Node, a
// ResourcePool, or a Deployment, StatefulSet or Job, where no metrics API measures it:
//
//   {"measuredAt": "2026-11-21T12:00:00Z", "used": {"queue_depth": "120", "ephemeral-storage":
//   "80Gi"}}
//
// Anybody who may annotate the object writes it, so it is read with limits and believed only for a
// while; tests/fuzz/pushed_usage feeds it.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::api {

struct PushedUsage {
  TimePoint measured_at{};
  /// By the name of a resource, or of a policy's metric; none is negative.
  std::map<std::string, resources::Quantity> used{};

  friend bool operator==(const PushedUsage&, const PushedUsage&) = default;
};

inline constexpr std::size_t kPushedUsageBytesMax = 4096;
inline constexpr std::size_t kPushedNamesMax = 32;

/// Invalid names the field that is wrong. Fields that are not known are passed over.
[[nodiscard]] Result<PushedUsage> decode_pushed_usage(std::string_view text);

/// What an object's annotations say. Absent: nothing, or nothing that can be read, and then why.
struct PushedUsageRead {
  std::optional<PushedUsage> usage{};
  std::string defect{}; ///< empty: none
};
[[nodiscard]] PushedUsageRead
read_pushed_usage(const std::map<std::string, std::string>& annotations);

} // namespace berth::api
