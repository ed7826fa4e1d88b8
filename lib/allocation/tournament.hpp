#pragma once
// Tournament: who comes first among the workloads of one policy. At each level of the quota trees
// the children compete with the best workload that each has to offer, by the share that their level
// would have with it (F2, after Kueue's KEP-1714; for one level it is the sequential min-max rule
// of Parkes, Dolev and Tennenholtz). A charge changes shares on one path only, so only that path is
// played again. For TurnOrder.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/resources/int128.hpp"

namespace berth::allocation {

/// A workload in the queue of its quota.
struct Contender {
  std::int64_t priority = 0;
  TimePoint created{};
  const std::shared_ptr<const Workload>* workload = nullptr; ///< outlives it
};

class Tournament {
public:
  struct Input {
    const ClusterSnapshot& snapshot;
    const QuotaBalance& balance;
    const PolicySpec& policy;
    const QuotaMemories& memories; ///< settled: as of now
  };
  /// All must outlive it.
  explicit Tournament(Input input);

  void enter(QuotaIndex quota, const Contender& contender) {
    queues_[quota].waiting.push_back(contender);
  }
  /// To be called once, after the last enter().
  void start();

  struct Winner {
    QuotaIndex quota = 0;
    Contender contender{};
  };
  [[nodiscard]] std::optional<Winner> next();
  void charged(QuotaIndex payer);

private:
  struct Queue {
    std::vector<Contender> waiting; ///< in their order once started
    std::size_t next = 0;
    std::size_t pool = 0; ///< of the quota's list: where the next one would go
  };
  /// How one level's best workload compares with its siblings'; the smaller comes first.
  struct Turn {
    bool borrows = false;
    std::int64_t first_priority = 0; ///< negated; 0 where share or age comes before
    bool level_borrows = false;
    resources::Int128 score = 0; ///< share and history as the policy weighs them, not by weight yet
    std::int32_t weight = 1;
    std::int64_t last_priority = 0; ///< negated; 0 where it came before
    const Contender* contender = nullptr;
    QuotaIndex origin = 0; ///< whose queue the contender leads
    QuotaIndex child = 0;  ///< the level that offers it
  };
  struct ComesBefore {
    bool operator()(const Turn& left, const Turn& right) const;
  };
  using Level = std::set<Turn, ComesBefore>;

  [[nodiscard]] Level& level_above(QuotaIndex quota);
  void replay(QuotaIndex quota);
  [[nodiscard]] std::optional<QuotaIndex> best_origin(QuotaIndex quota) const;
  [[nodiscard]] Turn turn_of(QuotaIndex origin, QuotaIndex level) const;
  void weigh(Turn& turn, std::int64_t nano) const;
  [[nodiscard]] std::size_t pool_for(QuotaIndex quota, const Contender& contender) const;

  Input input_;
  std::vector<Queue> queues_;                          ///< by quota
  std::vector<Level> levels_;                          ///< the children of each quota; last: roots
  std::vector<std::optional<Level::iterator>> offers_; ///< of each quota, in the level above it
  std::vector<std::int64_t> shares_;                   ///< as charged
  std::vector<std::int64_t> histories_;
  std::optional<QuotaIndex> to_replay_;
};

} // namespace berth::allocation
