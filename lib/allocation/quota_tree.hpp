#pragma once
// The quota tree: its shape (QuotaForest, immutable) and what is left in it (QuotaBalance, a value
// that a cycle copies and draws down). The arithmetic is Kueue's hierarchical-cohort rule, per pool
// and resource:
//   Q1  T(x) = nominal(x) - used(x) + sum over children c of min(lendingLimit(c), T(c))
//   Q2  a workload fits if afterwards T(y) >= -borrowingLimit(y) for x and every ancestor y; a root
//       borrows nothing
//   Q3  a cycle or a missing parent stops new admissions in that tree, and in no other
// A resource is governed in a tree and pool if any quota of the tree names it there; a quota that
// does not name it then has nominal 0 and no limits, so it may borrow. What nobody names is free.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/allocation/quota.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

using QuotaIndex = std::uint32_t;

/// What is wrong with a quota's place in its tree (Q3), for its condition Ready.
struct QuotaFinding {
  Reason reason = Reason::QuotaTreeInvalid; ///< ParentNotFound, ParentCycle or QuotaTreeInvalid
  std::string message{};

  friend bool operator==(const QuotaFinding&, const QuotaFinding&) = default;
};

class QuotaBalance;

class QuotaForest {
public:
  /// A tree with more levels counts as broken (Q3): every question walks from a quota to its root.
  static constexpr std::size_t kLevelsMax = 32;

  QuotaForest() = default;
  /// Names must be unique; any order gives the same forest.
  explicit QuotaForest(std::vector<std::shared_ptr<const QuotaSpec>> quotas);

  /// As built from the same quotas with another nominal amount of this one, which names the pool.
  [[nodiscard]] QuotaForest with_nominal(QuotaIndex quota, const PoolName& pool,
                                         const ResourceName& resource, Amount nominal) const;

  [[nodiscard]] std::size_t size() const { return quotas_.size(); }
  /// Sorted by name: an index is a rank.
  [[nodiscard]] std::span<const std::shared_ptr<const QuotaSpec>> quotas() const { return quotas_; }
  [[nodiscard]] const QuotaSpec& spec(QuotaIndex quota) const { return *quotas_[quota]; }
  [[nodiscard]] std::optional<QuotaIndex> find(const QuotaName& name) const;
  [[nodiscard]] std::optional<QuotaIndex> parent(QuotaIndex quota) const;
  /// Set if nothing new may be admitted under this quota because its tree is broken.
  [[nodiscard]] const std::optional<QuotaFinding>& finding(QuotaIndex quota) const;
  /// The quota itself or the nearest ancestor that says Hold or HoldAndDrain.
  [[nodiscard]] std::optional<QuotaIndex> stopped_by(QuotaIndex quota) const;

private:
  friend class QuotaBalance;
  static constexpr QuotaIndex kNone = static_cast<QuotaIndex>(-1);

  /// nominal and limits of one governed resource, for one quota in one pool.
  struct Cell {
    Amount nominal{};
    Amount borrowing_limit = Amount::unlimited();
    Amount lending_limit = Amount::unlimited();
    Amount shareable{}; ///< see QuotaBalance::borrowed_share
  };
  /// The governed resources of one tree in one pool, and where its cells start: quota x (the n-th
  /// of its tree) and resource r are at first_cell + n * resources.size() + r.
  struct Block {
    PoolName pool;
    std::vector<ResourceName> resources;
    std::size_t first_cell = 0;
  };
  struct Tree {
    std::vector<QuotaIndex> members; ///< sorted
    std::vector<Block> blocks;       ///< sorted by pool
  };

  void index_names();
  [[nodiscard]] std::size_t slot_of(std::string_view name) const;
  void link_parents();
  void find_faults();
  [[nodiscard]] std::vector<QuotaIndex> find_cycles() const;
  [[nodiscard]] std::size_t level_of(QuotaIndex quota) const;
  void plant_trees();
  void lay_out_cells();
  void fill_cells(const Tree& tree, const Block& block);
  void measure_shareable(const Tree& tree, const QuotaBalance& untouched);
  [[nodiscard]] const Block* block(QuotaIndex quota, const PoolName& pool) const;
  [[nodiscard]] std::size_t cell_of(const Block& block, QuotaIndex quota) const;

  std::vector<std::shared_ptr<const QuotaSpec>> quotas_;
  std::vector<QuotaIndex> slots_; ///< by the hash of the name, or after it; half of them kNone
  std::vector<QuotaIndex> parents_;
  std::vector<std::optional<QuotaFinding>> findings_;
  std::vector<std::uint32_t> tree_of_;
  std::vector<std::uint32_t> rank_in_tree_;
  std::vector<QuotaIndex> children_first_; ///< every quota after all of its children
  std::vector<Tree> trees_;
  std::vector<Cell> cells_;
};

/// Why a request does not fit, in numbers: for "needs 8 gpu; team-a has 3 of 10 left, research
/// could lend 2".
struct QuotaShortfall {
  QuotaName quota{};
  QuotaName parent{}; ///< empty for a root
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount needed{};
  Amount nominal{};
  Amount own_left{};  ///< T(x), or zero if it is negative
  Amount available{}; ///< the most that would be admitted: above own_left what it could borrow,
                      ///< below it what is lent out or over-used; may be negative

  friend bool operator==(const QuotaShortfall&, const QuotaShortfall&) = default;
};

/// What one quota is charged in some pool.
struct QuotaCharge {
  QuotaIndex quota = 0;
  ResourceVector amounts{};
  bool is_burst = false; ///< what Q2 has no room for is beyond it, and weighs on the quota only
};

/// What one quota holds and could hold of one resource in one pool, for its status.
struct QuotaStanding {
  PoolName pool{};
  ResourceName resource = ResourceName::cpu();
  Amount nominal{};
  Amount used{};      ///< charges of the quota and of all below it
  Amount borrowed{};  ///< by how much T(x) is below zero
  Amount lent{};      ///< how much of T(x) it could not take now because others hold it
  Amount available{}; ///< the most that would still be admitted; may be negative
};

/// A share in billionths of what siblings share among them; above kShareWhole where others' part
/// is held too, never above kShareMax.
inline constexpr std::int64_t kShareWhole = 1'000'000'000;
inline constexpr std::int64_t kShareMax = kShareWhole * 1'000'000;

/// F2 of one quota, for its status.
struct DominantShare {
  std::int64_t nano = 0;
  std::optional<ResourceName> resource{}; ///< absent: nothing is borrowed
};

/// What a quota and its ancestors would borrow were a request charged: shares of the resources
/// asked for, from the quota ([0]) up to the root.
struct ShareForecast {
  std::array<std::int64_t, QuotaForest::kLevelsMax> nano{};
  /// Whether the quota itself would hold more than its nominal of something asked for.
  bool borrows = false;

  /// Nobody from the quota up would borrow anything for it.
  [[nodiscard]] bool is_within_nominal() const {
    return std::ranges::all_of(nano, [](std::int64_t share) { return share == 0; });
  }
};

class QuotaBalance {
public:
  QuotaBalance() = default;
  /// Every quota unused. The forest must outlive the balance.
  explicit QuotaBalance(const QuotaForest& forest);

  /// Charges without asking: for what already runs, and for what was found to fit. Charges to a
  /// pool where nothing is governed, and amounts that are not governed, leave no trace.
  void charge(QuotaIndex quota, const PoolName& pool, const ResourceVector& amounts);

  /// Takes back what was charged: the balance is then as if it never had been.
  void discharge(QuotaIndex quota, const PoolName& pool, const ResourceVector& amounts);
  /// The same of work of a burst, of which goes first what is beyond Q2 (Q6): the answer.
  ResourceVector discharge_burst(QuotaIndex quota, const PoolName& pool,
                                 const ResourceVector& amounts);
  /// As discharge_burst() found it.
  void restore_burst(QuotaIndex quota, const PoolName& pool, const ResourceVector& amounts,
                     const ResourceVector& beyond);
  /// What of the charges counts for Q2.
  [[nodiscard]] std::vector<QuotaCharge> within(const PoolName& pool,
                                                std::vector<QuotaCharge> charges) const;

  /// Room set aside, to be given back.
  using SetAside = std::vector<std::pair<std::size_t, Amount>>;
  /// Leaves less at the quota and at each one above it, by what `wanted` will draw there beyond
  /// what `released` still has below it: both what is and what will be then fit (P3). `used` does
  /// not change.
  [[nodiscard]] SetAside set_aside(QuotaIndex quota, const PoolName& pool,
                                   const ResourceVector& wanted,
                                   std::span<const QuotaCharge> released);
  void take_again(const SetAside& aside);
  void give_back(const SetAside& aside);

  /// Q2; nothing if the request fits. Resources that are not asked for never stand in the way,
  /// however over-used (Q4). The shortfall names the first resource by name.
  [[nodiscard]] std::optional<QuotaShortfall> shortfall(QuotaIndex quota, const PoolName& pool,
                                                        const ResourceVector& request) const;

  /// The largest amount that fits; Unlimited where the resource is not governed.
  [[nodiscard]] Amount available(QuotaIndex quota, const PoolName& pool,
                                 const ResourceName& resource) const;
  /// T(x, r) of law Q1; Unlimited where the resource is not governed.
  [[nodiscard]] Amount left(QuotaIndex quota, const PoolName& pool,
                            const ResourceName& resource) const;
  /// By how much T(x, r) is below what Q2 allows; nothing where it is not, or is not governed.
  /// Bursts do not count: they are not charged to T.
  [[nodiscard]] Amount excess(QuotaIndex quota, const PoolName& pool,
                              const ResourceName& resource) const;
  /// nominal less what the quota itself, without those below it, is charged; Unlimited where the
  /// resource is not governed.
  [[nodiscard]] Amount own_left(QuotaIndex quota, const PoolName& pool,
                                const ResourceName& resource) const;
  /// Every pool and governed resource of the quota's tree, sorted.
  [[nodiscard]] std::vector<QuotaStanding> standing(QuotaIndex quota) const;

  /// F2: the largest part, over pools and resources, that the quota holds above its own T of all
  /// that its parent's tree could hand out if nobody used anything.
  [[nodiscard]] DominantShare dominant_share(QuotaIndex quota) const;
  [[nodiscard]] std::int64_t borrowed_share(QuotaIndex quota) const;
  [[nodiscard]] ShareForecast forecast(QuotaIndex quota, const PoolName& pool,
                                       const ResourceVector& request) const;

  /// Q2, asked only of the quotas that the request would draw from: the part that a quota does not
  /// lend takes nothing from those above it.
  [[nodiscard]] bool has_what_it_draws(QuotaIndex quota, const PoolName& pool,
                                       const ResourceVector& request) const;

  /// Q6: how large a burst the quota is in, of the largest that `factor_percent` allows: what it
  /// was charged beyond Q2. 0 to kFullBurst.
  [[nodiscard]] std::int64_t burst_level(QuotaIndex quota, std::int32_t factor_percent) const;
  /// What burst work of the quota itself holds beyond Q2; 0 where nothing is governed.
  [[nodiscard]] Amount beyond(QuotaIndex quota, const PoolName& pool,
                              const ResourceName& resource) const;
  /// Charges what Q2 has room for; the rest weighs on this quota only, so that a burst takes
  /// nothing from those who are within theirs.
  void charge_burst(QuotaIndex quota, const PoolName& pool, const ResourceVector& amounts);
  /// The first resource asked for that would pass `factor_percent` of nominal; nothing if none.
  [[nodiscard]] std::optional<QuotaShortfall>
  burst_shortfall(QuotaIndex quota, const PoolName& pool, const ResourceVector& request) const;

private:
  friend class QuotaForest;

  [[nodiscard]] Amount available_in_cell(QuotaIndex quota, const QuotaForest::Block& block,
                                         std::size_t resource) const;
  [[nodiscard]] std::int64_t share_in_cell(std::size_t cell, Amount left) const;

  const QuotaForest* forest_ = nullptr;
  std::vector<Amount> left_;  ///< T of each cell
  std::vector<Amount> used_;  ///< charges of each cell's quota and of all below it
  std::vector<Amount> burst_; ///< of each cell, beyond them; empty: nobody is in a burst
};

} // namespace berth::allocation
