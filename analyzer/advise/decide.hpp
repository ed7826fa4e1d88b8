#pragma once
// decide(): what to write for one pool, from what was seen. Pure: the same view, facts and time
// give the same plan.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/advise/habits.hpp"
#include "analyzer/advise/plan.hpp"
#include "analyzer/advise/pool_measures.hpp"
#include "analyzer/advise/pool_placement.hpp"
#include "analyzer/advise/pool_provider.hpp"
#include "analyzer/advise/verify.hpp"
#include "analyzer/model/pattern/pattern.hpp"

namespace berth::analyzer {

/// How far each kind of recommendation can be trusted, by its number: 0..1.
using TrackRecords = std::array<double, api::kRecommendationKinds>;
[[nodiscard]] TrackRecords track_records(const kube::Store<api::ScalingRecommendation>& all);

struct Decision {
  Plan plan{};
  std::vector<Verified> verified{};
};

/// One node bears much more than the others.
struct Imbalance {
  resources::ResourceName resource{""};
  Pattern pattern{};
};

/// What was measured of a pool and is expected of it.
struct PoolFacts {
  PoolUsage usage{}; ///< of the view's nodes at `now`
  /// What is said to be used of what no node has.
  resources::ResourceVector pushed{};
  /// Of cpu, memory and, where it is known, disk: what its nodes use.
  std::vector<Outlook> used{};
  /// Of cpu and memory: what is charged to its nodes, as far as the operator says.
  std::vector<Outlook> charged{};
  /// Whether work waits for it, and not only on its way from the gate to a node.
  bool is_waited_for = false;
  PoolMeasures measures{};
  /// Those of the measures, with those that are foreseen. The worst first.
  std::vector<Bottleneck> bottlenecks{};
  /// What those of the measures are expected to do that advice may rest on, by metric.
  std::map<std::string, Foresight> courses{};
  std::optional<Imbalance> imbalance{}; ///< of a pool that spreads
  /// What nodes and pods use, where moves may be advised for that; else empty.
  std::map<resources::ResourceName, MeasuredUse> use{};
  Learned learned{};
  /// What the use of a resource does as a rule; not of one that is known for less than two hours.
  std::map<resources::ResourceName, Habits> habits{};
  Proofs proofs{};
  /// Absent where it was not asked, since nothing is carried out.
  std::optional<PoolProvider> provider{};
};

/// What holds for all targets of a cycle.
struct DecideContext {
  const AdvisorOptions& options;
  const TrackRecords& records;
  TimePoint now{};
  bool is_operator_dead = false; ///< then nobody knows who waits
};

[[nodiscard]] Decision decide(const PoolView& view, const PoolFacts& facts,
                              const DecideContext& context);

/// That a policy has no effect is said in its status.
[[nodiscard]] Plan decide(const IdlePolicy& idle, TimePoint now);

/// For recommendations whose target is gone: they end, and are removed in their time.
[[nodiscard]] Plan decide_orphans(const std::vector<RecommendationPtr>& orphans,
                                  const AdvisorOptions& options, TimePoint now);

/// Those of `recommendations` that are of one of the kinds.
[[nodiscard]] std::vector<RecommendationPtr>
of_kinds(const std::vector<RecommendationPtr>& recommendations,
         std::initializer_list<api::RecommendationKind> kinds);

} // namespace berth::analyzer
