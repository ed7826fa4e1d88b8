#pragma once
// SizedTarget: what may be made larger or smaller by a number of units: a pool of nodes, or a
// workload of replicas. It knows how its size is said in a patch and read back from one. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "analyzer/advise/view.hpp"
#include "analyzer/model/thresholds.hpp"

namespace berth::analyzer {

struct SizedTarget {
  api::ScalingTarget ref{};
  std::string recommendation_namespace{};
  api::OwnerReference owner{}; ///< of the recommendations
  api::RecommendationKind grow = api::RecommendationKind::GrowPool;
  api::RecommendationKind shrink = api::RecommendationKind::ShrinkPool;
  std::string_view units{}; ///< "nodes" or "replicas"
  std::optional<api::PatchSubresource> subresource{};
  api::Elastic elastic{}; ///< of a pool: what its patch keeps
  TargetSize size{};

  [[nodiscard]] api::RecommendationKind kind_of(Advice advice) const;
  /// A merge patch that asks for so many units and keeps what the target says otherwise.
  [[nodiscard]] std::string patch(Advice advice, std::int32_t wanted) const;
};

/// The number of units that a recommendation asks for; nothing if it is about none, or its patch
/// cannot be read.
[[nodiscard]] std::optional<std::int32_t>
units_of(const api::ScalingRecommendation& recommendation);

/// The number of replicas that a patch of a scale asks for, and such a patch.
[[nodiscard]] std::optional<std::int32_t> replicas_in(const std::string& patch);
[[nodiscard]] std::string replicas_patch(std::int32_t replicas);

/// The number of nodes that a patch of a pool asks for at least.
[[nodiscard]] std::optional<std::int32_t> nodes_in(const std::string& patch);

[[nodiscard]] bool is_about_size(api::RecommendationKind kind);

} // namespace berth::analyzer
