#pragma once
// decide(): what to write for one pool, from what was seen. Pure: it holds no client and no clock,
// and the state it goes by is in the API (the standing recommendation is what was advised so far),
// so a restart forgets nothing but the measurements. Applied once, the same view gives an empty
// plan.

#include <optional>
#include <vector>

#include "analyzer/advise/pool_course.hpp"
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

struct PoolPlan {
  api::ObjectMeta pool{}; ///< whose status it is
  /// The analyzer's part of the pool's status, where it must be written.
  std::optional<api::ResourcePoolStatus> measured{};
  std::optional<Advised> advised{};
  std::vector<Changed> changed{};
  std::vector<api::ObjectMeta> removed{};

  [[nodiscard]] bool empty() const {
    return !measured && !advised && changed.empty() && removed.empty();
  }
  friend bool operator==(const PoolPlan&, const PoolPlan&) = default;
};

/// `usage` is that of the view's nodes at `now`; `course` includes it already.
[[nodiscard]] PoolPlan decide(const PoolView& view, const PoolUsage& usage,
                              const PoolCourse& course, const AdvisorOptions& options,
                              TimePoint now);

/// For recommendations whose pool is gone: they end, and are removed in their time.
[[nodiscard]] PoolPlan decide_orphans(const std::vector<RecommendationPtr>& orphans,
                                      const AdvisorOptions& options, TimePoint now);

} // namespace berth::analyzer
