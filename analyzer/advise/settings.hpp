#pragma once
// What the advisor goes by for one pool: the defaults, or what the pool's ScalingPolicy says.

#include <string>

#include "analyzer/advise/view.hpp"
#include "analyzer/model/thresholds.hpp"

namespace berth::analyzer {

struct AdvisorOptions {
  Duration interval = std::chrono::seconds{60}; ///< between two cycles
  /// Where recommendations go for a pool that no ScalingPolicy names.
  std::string recommendation_namespace = "berth-system";
  /// Half of this before its end a recommendation that still holds is renewed.
  Duration recommendation_validity = std::chrono::minutes{15};
  /// How long, and how many of them for each pool, ended recommendations are kept.
  Duration ended_kept_for = std::chrono::hours{24};
  std::size_t ended_kept_max = 10;
  /// The part of the ready nodes that must have fresh samples before anything is said.
  std::int32_t coverage_percent_min = 80;
  /// A change of measured use below this part of the capacity is not worth a write.
  double used_deadband_percent = 1;
};

struct PoolSettings {
  bool advises = true; ///< false: measured, but nothing is recommended
  Thresholds cpu{};
  Thresholds memory{};
  AdviceOptions advice{};
  std::string recommendation_namespace{};
  api::OwnerReference owner{}; ///< of the recommendations
};

[[nodiscard]] PoolSettings settings_of(const PoolView& view, const AdvisorOptions& options);

} // namespace berth::analyzer
