#pragma once
// EvictionHistory: what P4 must remember of evictions: how often each workload was evicted, which
// borrowing was reclaimed, which victims a PodDisruptionBudget protects, and which plans were tried
// in vain. A value: the cycle reads it, the caller notes what really happened and keeps it where a
// restart finds it. Nothing here knows the time of day; old entries go with prune().

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/allocation/pod.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// Who is evicted again if its pods come back under new UIDs: the gang, else the pod's controller,
/// else the pod.
using EvictionKey = StrongId<struct EvictionKeyTag>;
[[nodiscard]] EvictionKey eviction_key(const PodView& pod);

/// One life of a preemptor: a gang that is made again under its name is another one.
using PreemptorKey = std::pair<WorkloadId, TimePoint>;

class EvictionHistory {
public:
  static constexpr Duration kWindow = std::chrono::hours{1};
  static constexpr Duration kBackOffFirst = std::chrono::seconds{60};
  static constexpr Duration kBackOffMax = std::chrono::seconds{3600};
  /// Without a reclaim for so long after the back-off ended, the next one counts as the first.
  static constexpr Duration kQuietReset = std::chrono::seconds{600};
  /// A victim that a disruption budget protected is left alone for so long (P5).
  static constexpr Duration kRefusedFor = std::chrono::seconds{300};
  /// Plans of one preemptor that may fail; then it preempts no more.
  static constexpr std::size_t kTriedPlansMax = 8;
  /// Evictions that by_quota() tells of each quota, the newest.
  static constexpr std::size_t kToldMax = 500;

  /// One eviction of that workload, which was charged to `quota`, was accepted by the API.
  void note_eviction(const QuotaName& quota, const EvictionKey& victim, TimePoint now);
  /// Borrowed room was taken back from the quota: once for each plan, not for each victim.
  void note_reclaim(const QuotaName& quota, const PoolName& pool, TimePoint now);
  /// Work of the quota was shed (T3): as a reclaim, unless its back-off runs already.
  void note_shedding(const QuotaName& quota, const PoolName& pool, TimePoint now);
  /// A PodDisruptionBudget refused the eviction of the pod (P5).
  void note_refusal(const PodUid& victim, TimePoint now);
  /// A nomination ended without admission; `victims` sorted.
  void note_failed_plan(const PreemptorKey& preemptor, std::vector<EvictionKey> victims,
                        TimePoint now);
  /// Forgets what no longer matters.
  void prune(TimePoint now);

  /// Evictions in the hour before `now`.
  [[nodiscard]] std::size_t evictions(const EvictionKey& victim, TimePoint now) const;
  /// Until when the quota may not borrow in the pool what was taken back from it: 60 s x 2^(n-1)
  /// after the n-th reclaim in a row. Work within nominal never waits for it.
  [[nodiscard]] TimePoint may_borrow_from(const QuotaName& quota, const PoolName& pool) const;
  [[nodiscard]] bool is_refused(const PodUid& victim, TimePoint now) const;
  /// Whether the preemptor failed with the same victims, or too often.
  [[nodiscard]] bool is_tried(const PreemptorKey& preemptor,
                              const std::vector<EvictionKey>& victims) const;

  [[nodiscard]] bool empty() const {
    return evictions_.empty() && reclaims_.empty() && refused_until_.empty() && tried_.empty();
  }

  struct Reclaims {
    std::int32_t in_a_row = 0;
    TimePoint until{};
    friend bool operator==(const Reclaims&, const Reclaims&) = default;
  };
  struct Evicted {
    QuotaName quota{};
    std::vector<TimePoint> times{}; ///< ascending
    friend bool operator==(const Evicted&, const Evicted&) = default;
  };
  struct Tried {
    std::vector<std::vector<EvictionKey>> plans{};
    TimePoint last{};
    friend bool operator==(const Tried&, const Tried&) = default;
  };
  /// What a restart must not forget of one quota's work: else each new leader could evict as often
  /// again (P4). In whole seconds, a back-off rounded up.
  struct OfQuota {
    std::vector<std::pair<PoolName, Reclaims>> reclaims{};      ///< by pool
    std::vector<std::pair<TimePoint, EvictionKey>> evictions{}; ///< ascending
    friend bool operator==(const OfQuota&, const OfQuota&) = default;
  };
  /// Without what is too old by `now` to matter.
  [[nodiscard]] std::map<QuotaName, OfQuota> by_quota(TimePoint now) const;
  /// What an earlier leader told of the quota.
  void recall(const QuotaName& quota, const OfQuota& told);

  /// All that it remembers, in the order of declaration: for the decision log.
  template <class Self>
  [[nodiscard]] static auto members(Self& self) {
    return std::tie(self.evictions_, self.reclaims_, self.refused_until_, self.tried_);
  }

  friend bool operator==(const EvictionHistory&, const EvictionHistory&) = default;

private:
  std::map<EvictionKey, Evicted> evictions_;
  std::map<std::pair<QuotaName, PoolName>, Reclaims> reclaims_;
  std::map<PodUid, TimePoint> refused_until_;
  std::map<PreemptorKey, Tried> tried_;
};

} // namespace berth::allocation
