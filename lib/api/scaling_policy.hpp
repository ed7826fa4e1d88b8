#pragma once
// ScalingPolicy: what the analyzer may forecast, recommend and change for one target. The fields
// are those of crds/berth.dev_scalingpolicies.yaml.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/degradation.hpp"
#include "lib/api/conditions.hpp"
#include "lib/api/object_meta.hpp"
#include "lib/resources/quantity.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::api {

enum class ScalingTargetKind { Deployment, StatefulSet, Job, ResourcePool, Quota, Node };
enum class ScalingStrategy { Conservative, Balanced, Aggressive, Adaptive };
enum class ScalingMode { Off, Recommend, Auto };
enum class ScalingAction { Replicas, Resize, Pool };
enum class ScalingMetricSource { Resource, Pushed, Prometheus };
using PressureLevel = allocation::PressureLevel;

struct ScalingTarget {
  ScalingTargetKind kind = ScalingTargetKind::Deployment;
  std::string name{};

  friend auto operator<=>(const ScalingTarget&, const ScalingTarget&) = default;
};

struct ScalingRange {
  resources::ResourceName name{""};
  resources::Amount min{};
  resources::Amount max{};

  friend bool operator==(const ScalingRange&, const ScalingRange&) = default;
};

/// Measured use in percent of what there is, from which a resource is under pressure.
struct PressureThresholds {
  std::int32_t warning_percent = 70;
  std::int32_t critical_percent = 85;
  std::int32_t emergency_percent = 95;

  friend bool operator==(const PressureThresholds&, const PressureThresholds&) = default;
};

struct ScalingThresholds {
  PressureThresholds cpu{70, 85, 95};
  PressureThresholds memory{75, 85, 95};
  PressureThresholds disk{80, 90, 95};

  friend bool operator==(const ScalingThresholds&, const ScalingThresholds&) = default;
};

/// A number beside cpu and memory that replicas follow.
struct ScalingMetric {
  std::string name{}; ///< what recommendations call it
  ScalingMetricSource source = ScalingMetricSource::Resource;
  /// That all replicas use together; for Resource, and only there.
  std::optional<resources::ResourceName> resource{};
  std::string metric{};               ///< its name in what the target's usage says, for Pushed
  std::string query{};                ///< PromQL with one series as its result, for Prometheus
  resources::Quantity target_value{}; ///< per replica

  friend bool operator==(const ScalingMetric&, const ScalingMetric&) = default;
};

/// What a pool gives up from a level of its thresholds on.
struct DegradationRule {
  PressureLevel level = PressureLevel::Warning;
  std::vector<allocation::DegradationStep> steps{}; ///< the first first

  friend bool operator==(const DegradationRule&, const DegradationRule&) = default;
};

struct ScalingPolicySpec {
  ScalingTarget target_ref{};
  std::optional<std::int32_t> min_replicas{};
  std::optional<std::int32_t> max_replicas{};
  std::vector<ScalingRange> resources{};
  ScalingStrategy strategy = ScalingStrategy::Balanced;
  ScalingThresholds thresholds{};
  std::vector<std::chrono::seconds> horizons{std::chrono::seconds{300}, std::chrono::seconds{3600},
                                             std::chrono::seconds{86400}};
  std::chrono::seconds cooldown{300};
  ScalingMode mode = ScalingMode::Recommend;
  std::vector<ScalingAction> actions{ScalingAction::Replicas, ScalingAction::Resize,
                                     ScalingAction::Pool};
  std::vector<ScalingMetric> metrics{};
  std::vector<DegradationRule> degradation{}; ///< of a ResourcePool; a level once

  friend bool operator==(const ScalingPolicySpec&, const ScalingPolicySpec&) = default;
};

struct RecommendationRef {
  std::string name{};

  friend bool operator==(const RecommendationRef&, const RecommendationRef&) = default;
};

struct ScalingPolicyStatus {
  std::optional<std::int64_t> observed_generation{};
  std::optional<std::int32_t> replicas{};
  std::optional<std::int32_t> recommended_replicas{};
  std::optional<PressureLevel> level{};
  std::optional<RecommendationRef> recommendation_ref{};
  std::optional<TimePoint> last_applied_at{};
  Conditions conditions{};

  friend bool operator==(const ScalingPolicyStatus&, const ScalingPolicyStatus&) = default;
};

struct ScalingPolicy : Object<ScalingPolicySpec, ScalingPolicyStatus> {
  static constexpr std::string_view kKind = "ScalingPolicy";
};

} // namespace berth::api
