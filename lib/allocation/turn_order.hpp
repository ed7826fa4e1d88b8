#pragma once
// TurnOrder: whose turn it is (F1, F2). The one place that knows who comes first. It is asked for
// one workload after the other while a cycle admits them, and told of every charge, because shares
// change with each. AdmissionCycle owns one; the CLI walks one to print queues.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/allocation/tournament.hpp"

namespace berth::allocation {

/// A workload at its turn.
struct Head {
  std::shared_ptr<const Workload> workload{};
  /// With its quota's offset, its rules' and what it gained by waiting.
  std::int64_t priority = 0;
  /// Whom it belongs to, if that exists, and the policy that says its order.
  std::optional<QuotaIndex> quota{};
  const PolicySpec* policy = nullptr; ///< never null; lives as long as the snapshot
};

class TurnOrder {
public:
  struct Input {
    const ClusterSnapshot& snapshot;
    const QuotaBalance& balance;   ///< read at each call of next()
    const QuotaMemories& memories; ///< settled: as of `now`
    TimePoint now;
    /// Whose turns they are; nullptr: all that wait.
    const std::vector<std::shared_ptr<const Workload>>* among = nullptr;
  };
  /// All must outlive it.
  explicit TurnOrder(const Input& input);

  /// Admissions that a crash cut short first (they are charged already), then by policy: workloads
  /// belong to that of the first pool of their quota that exists, and policies take turns in the
  /// order of their age. Last, work that no quota takes. Nothing when all had their turn.
  [[nodiscard]] std::optional<Head> next();
  /// Something was charged to the quota: shares from there to the root are others.
  void charged(QuotaIndex payer);

private:
  using Shared = std::shared_ptr<const Workload>;
  /// The workloads of one policy.
  struct Arena {
    const PolicySpec* policy = nullptr;
    Tournament tournament;
  };

  void collect();
  [[nodiscard]] Tournament& arena_of(const PolicySpec& policy);
  [[nodiscard]] Head to_head(const Contender& contender, std::optional<QuotaIndex> quota,
                             const PolicySpec& policy) const;

  Input input_;
  std::vector<Head> interrupted_; ///< last one first
  std::vector<Arena> arenas_;     ///< oldest policy first
  std::vector<Head> unowned_;     ///< last one first
  std::size_t arena_ = 0;
};

/// The whole order as it would be if nobody were admitted.
[[nodiscard]] std::vector<Head> turns(const TurnOrder::Input& input);

} // namespace berth::allocation
