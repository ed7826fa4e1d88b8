#pragma once
// Plan: what is to be written for one target, and how findings become part of it. Pure: it holds no
// client and no clock, and what it goes by is in the API (the standing recommendation is what was
// advised so far), so a restart forgets nothing but the measurements. Applied once, the same view
// gives an empty plan. act.hpp carries it out.

#include <optional>
#include <vector>

#include "analyzer/advise/recommendation.hpp"
#include "analyzer/advise/settings.hpp"
#include "analyzer/advise/view.hpp"

namespace berth::analyzer {

/// A recommendation to create or renew, with the status it is to have.
struct Advised {
  api::ScalingRecommendation object{};

  friend bool operator==(const Advised&, const Advised&) = default;
};

/// A recommendation whose status changes.
struct Changed {
  api::ObjectMeta meta{};
  api::ScalingRecommendationStatus status{};

  friend bool operator==(const Changed&, const Changed&) = default;
};

/// A change of the number of a workload's replicas.
struct ScaleChange {
  WorkloadRef target{};
  std::string uid{};     ///< of the target: another object of its name is not changed
  std::int32_t from = 0; ///< what it must have
  std::int32_t to = 0;
  /// The recommendation that it carries out or takes back. Its status says so before the change is
  /// sent; where that could not be written nothing is sent.
  api::ObjectKey of{};
  api::RecommendationKind kind = api::RecommendationKind::ScaleOut;
  Reason reason = Reason::ScaledOut; ///< ScaledOut, ScaledIn or Undone
  std::string note{};

  friend bool operator==(const ScaleChange&, const ScaleChange&) = default;
};

/// One running pod whose containers are to ask for something else, by its subresource resize.
struct PodResize {
  api::ObjectKey pod{};
  std::string patch{}; ///< a strategic merge patch that holds for this very pod
  std::string uid{};
  api::ObjectKey of{}; ///< as ScaleChange
  std::string note{};

  friend bool operator==(const PodResize&, const PodResize&) = default;
};

/// Another number of machines, by the scale of their group.
struct MachineScale {
  api::NodeGroupKind kind = api::NodeGroupKind::MachineDeployment;
  std::string version{}; ///< of cluster.x-k8s.io
  api::ObjectKey key{};
  std::string resource_version{}; ///< as it was when it was looked at
  std::int32_t from = 0;
  std::int32_t to = 0;

  friend bool operator==(const MachineScale&, const MachineScale&) = default;
};

/// One limit of a NodePool; both as JSON.
struct LimitChange {
  std::string resource{};
  std::string from{};
  std::string to{};

  friend bool operator==(const LimitChange&, const LimitChange&) = default;
};

/// Other limits of a NodePool.
struct LimitsChange {
  std::string version{}; ///< of karpenter.sh
  std::string name{};
  std::string uid{};
  std::vector<LimitChange> limits{};

  friend bool operator==(const LimitsChange&, const LimitsChange&) = default;
};

/// What a webhook is asked for: so many nodes in all, and not so many more.
struct PoolOrder {
  std::string pool{};
  api::PoolStep nodes{};
  api::ObjectKey recommendation{};
  std::string reason{};          ///< in words
  std::string idempotency_key{}; ///< the same for each try of the same step

  friend bool operator==(const PoolOrder&, const PoolOrder&) = default;
};

/// A change of the number of a pool's nodes, by the pool's provider.
struct PoolChange {
  api::ObjectKey pool{};
  std::string uid{}; ///< of the pool
  api::PoolStep nodes{};
  api::ObjectKey of{}; ///< as ScaleChange
  api::RecommendationKind kind = api::RecommendationKind::GrowPool;
  Reason reason = Reason::PoolGrown; ///< PoolGrown or PoolShrunk
  std::string note{};
  std::optional<MachineScale> machines{}; ///< of ClusterAPI
  std::optional<PoolOrder> order{};       ///< of Webhook
  std::optional<LimitsChange> limits{};   ///< of Karpenter

  friend bool operator==(const PoolChange&, const PoolChange&) = default;
};

/// Another spec.burst.period of a pool.
struct BurstChange {
  api::ObjectKey pool{};
  std::string uid{};           ///< of the pool
  std::int64_t generation = 0; ///< of the pool as it was looked at: nobody edited it since
  std::string patch{};         ///< as the recommendation has it
  api::ObjectKey of{};         ///< as ScaleChange
  api::RecommendationKind kind = api::RecommendationKind::EnterBurst;
  Reason reason = Reason::PressureOnPool; ///< PressureOnPool or PressureOver
  std::string note{};

  friend bool operator==(const BurstChange&, const BurstChange&) = default;
};

struct Plan {
  api::ObjectMeta pool{}; ///< whose status `measured` is
  /// The analyzer's part of the pool's status, where it must be written.
  std::optional<api::ResourcePoolStatus> measured{};
  api::ObjectMeta policy{}; ///< whose status `policy_status` and `policy_acted` are
  std::optional<api::ScalingPolicyStatus> policy_status{};
  /// The same once `scale`, `pool_change`, `burst` or one of `resizes` was done.
  std::optional<api::ScalingPolicyStatus> policy_acted{};
  std::vector<Advised> advised{}; ///< the most urgent first
  std::vector<Changed> changed{};
  std::vector<api::ObjectMeta> removed{};
  std::optional<ScaleChange> scale{};      ///< after all that is written
  std::optional<PoolChange> pool_change{}; ///< likewise
  std::optional<BurstChange> burst{};      ///< likewise
  std::vector<PodResize> resizes{};        ///< after that, each for itself
  /// What `resizes` makes running pods ask for more, all together.
  resources::ResourceVector growth{};

  [[nodiscard]] bool empty() const {
    return !measured && !policy_status && advised.empty() && changed.empty() && removed.empty() &&
           !scale && !pool_change && !burst && resizes.empty();
  }
  /// Whether it changes a target.
  [[nodiscard]] bool acts() const { return scale || pool_change || burst || !resizes.empty(); }
  /// Whether it tells of what should not wait.
  [[nodiscard]] bool is_pressing() const;
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// The finding as a recommendation, if the API does not say so already: it is renewed when half to
/// five eighths of its time are over, which depends on its name. The forecast it was made with
/// stays until it has been compared with what came, unless the finding now rests on another metric.
void advise_or_renew(Plan& plan, const Finding& finding,
                     const std::vector<RecommendationPtr>& known, const AdvisorOptions& options,
                     TimePoint now);

/// The recommendation as it will be once the plan is carried out; nothing if nobody
/// knows it.
[[nodiscard]] std::optional<api::ScalingRecommendation>
planned(const Plan& plan, const std::vector<RecommendationPtr>& known, const api::ObjectKey& key);
/// The status goes with the recommendation where that is written, else by itself.
void amend_status(Plan& plan, const api::ObjectMeta& meta, api::ScalingRecommendationStatus status);

/// The status goes with the others of this plan; one of the same recommendation is replaced.
void change_status(Plan& plan, Changed changed);

} // namespace berth::analyzer
