#pragma once
// Tournament: who comes first among the workloads of one policy. At each level of the quota trees
// the children compete with the best workload that each has to offer, by the share that their level
// would have with it (F2, after Kueue's KEP-1714; for one level it is the sequential min-max rule
// of Parkes, Dolev and Tennenholtz). A charge changes shares on one path only, so only that path is
// played again. For TurnOrder.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lib/allocation/snapshot.hpp"
#include "lib/resources/int128.hpp"

namespace berth::allocation {

/// A workload in the queue of its quota.
struct Contender {
  std::int64_t priority = 0;
  TimePoint created{};
  const std::shared_ptr<const Workload>* workload = nullptr; ///< outlives it
  /// What its only waiting member asks for; nullptr if there are more of them.
  const ResourceVector* request = nullptr;
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
  [[nodiscard]] static bool comes_before(const Turn& left, const Turn& right);

  /// The children of one quota, or the roots, and the tree of their matches: one that offers
  /// something else plays again as often as the tree is high.
  class Level {
  public:
    /// The answer is the new one's seat.
    std::size_t add_child() { return turns_.emplace_back(), turns_.size() - 1; }
    /// Without a contender: the child has nobody to offer.
    void offer(std::size_t seat, const Turn& turn);
    /// nullptr if none has anybody.
    [[nodiscard]] const Turn* best() const;

  private:
    [[nodiscard]] std::size_t winner_of(std::size_t match) const;
    [[nodiscard]] bool wins(std::size_t left, std::size_t right) const;

    std::vector<Turn> turns_;            ///< by seat
    std::vector<std::uint32_t> winners_; ///< match n is between those of 2n and 2n + 1; 1: the last
  };

  [[nodiscard]] Level& level_above(QuotaIndex quota);
  void replay(QuotaIndex quota);
  [[nodiscard]] std::optional<QuotaIndex> best_origin(QuotaIndex quota) const;
  [[nodiscard]] ShareForecast forecast_of(QuotaIndex origin) const;
  [[nodiscard]] Turn turn_of(QuotaIndex origin, QuotaIndex level,
                             const ShareForecast& forecast) const;
  void weigh(Turn& turn, std::int64_t nano) const;
  [[nodiscard]] std::size_t pool_for(QuotaIndex quota, const Contender& contender) const;

  Input input_;
  std::vector<Queue> queues_;        ///< by quota
  std::vector<Level> levels_;        ///< the children of each quota; last: roots
  std::vector<std::size_t> seats_;   ///< of each quota, in the level above it
  std::vector<std::int64_t> shares_; ///< as charged
  std::vector<std::int64_t> histories_;
  std::optional<QuotaIndex> to_replay_;
};

} // namespace berth::allocation
