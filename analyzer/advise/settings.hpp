#pragma once
// What the advisor goes by for one pool or workload: the defaults, or what its ScalingPolicy says.

#include <array>
#include <map>
#include <string>

#include "analyzer/advise/view.hpp"
#include "analyzer/model/anomaly/anomaly_watch.hpp"
#include "analyzer/model/replay.hpp"
#include "analyzer/model/thresholds.hpp"
#include "lib/api/labels.hpp"

namespace berth::analyzer {

/// What is measured, judged, published and resized: cpu and memory.
[[nodiscard]] const std::array<resources::ResourceName, 2>& judged_resources();
/// Those, and the disk of nodes, ephemeral-storage, where somebody says how much of it they use
/// (PushedUsage): of pools.
[[nodiscard]] const std::array<resources::ResourceName, 3>& pool_resources();

struct AdvisorOptions {
  Duration interval = std::chrono::seconds{60}; ///< between two cycles
  /// Carries out what is recommended where a policy's mode is Auto; else that is as Recommend.
  bool acts = false;
  /// Where recommendations go for a pool that no ScalingPolicy names.
  std::string recommendation_namespace = "berth-system";
  /// A recommendation that still holds is renewed when half of it is over, or soon after.
  Duration recommendation_validity = std::chrono::minutes{15};
  /// How long, and how many of them for each target, ended recommendations are kept.
  Duration ended_kept_for = std::chrono::hours{24};
  std::size_t ended_kept_max = 10;
  /// The part of the ready nodes that must have fresh samples before anything is said.
  std::int32_t coverage_percent_min = 80;
  /// The operator's Lease: while nobody renews it, what is charged is not known. No name: it is not
  /// looked at.
  api::ObjectKey operator_lease{};
  /// How unusual use is found.
  AnomalyOptions anomalies{};
  /// Where the history is kept over a restart; empty: nowhere.
  std::string history_file{};
  /// A change of measured use below this part of the capacity is not worth a write.
  double used_deadband_percent = 1;
  /// From here on, in percent of what was measured, each measurement is written with its time, as
  /// it may slow admissions down (T1).
  std::int32_t busy_percent = 70;
  /// Below it a time that stands there is at most about this old: the operator believes no
  /// measurement for longer than 5 minutes, and triggers of reservations ask at any use (R2).
  Duration used_renewal = std::chrono::minutes{3};
};

struct PoolSettings {
  bool advises = true; ///< on the size; false: measured, but nothing is recommended
  bool acts = false;   ///< carries it out too: mode Auto
  Thresholds cpu{};
  Thresholds memory{};
  Thresholds disk{};
  AdviceOptions advice{};
  std::string recommendation_namespace{};
  api::OwnerReference owner{}; ///< of the recommendations

  [[nodiscard]] const Thresholds& thresholds_of(const resources::ResourceName& resource) const;
};

struct WorkloadSettings {
  bool scales = true;  ///< advises on the number of replicas
  bool resizes = true; ///< and on what each asks for
  bool acts = false;   ///< carries it out too: mode Auto
  PoolSettings size{};
  double buffer_percent = 35; ///< what a request keeps free above the expected use
};

/// Of a policy's metric: its target is where it should be, and not where trouble begins.
[[nodiscard]] Thresholds metric_thresholds();

/// What a strategy keeps free above the expected use, in percent of it: the middle of its range.
[[nodiscard]] double buffer_percent(api::ScalingStrategy strategy);

/// What replays of its past say about a target, by resource; for Adaptive, which is as Balanced
/// until they say something.
using Learned = std::map<resources::ResourceName, ReplayReport>;

[[nodiscard]] PoolSettings settings_of(const PoolView& view, const AdvisorOptions& options,
                                       const Learned& learned = {});
[[nodiscard]] WorkloadSettings settings_of(const WorkloadView& view, const Learned& learned = {});
[[nodiscard]] bool is_adaptive(const std::shared_ptr<const api::ScalingPolicy>& policy);

/// To the object that a recommendation goes with.
template <class T>
[[nodiscard]] api::OwnerReference owned_by(const T& object) {
  api::OwnerReference owner;
  owner.api_version = std::string(api::kApiVersion);
  owner.kind = std::string(T::kKind);
  owner.name = object.meta.name;
  owner.uid = object.meta.uid;
  owner.controller = true;
  return owner;
}

} // namespace berth::analyzer
