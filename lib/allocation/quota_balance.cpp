#include <algorithm>
#include <array>
#include <map>

#include "lib/allocation/quota_cells.hpp"
#include "lib/allocation/quota_tree.hpp"

namespace berth::allocation {
QuotaBalance::QuotaBalance(const QuotaForest& forest)
    : forest_(&forest), left_(forest.cells_.size()), used_(forest.cells_.size()) {
  for (std::size_t cell = 0; cell < left_.size(); ++cell)
    left_[cell] = forest.cells_[cell].nominal;
  for (const QuotaIndex quota : forest.children_first_) {
    if (forest.parents_[quota] == QuotaForest::kNone)
      continue;
    for (const QuotaForest::Block& block : forest.trees_[forest.tree_of_[quota]].blocks) {
      const std::size_t own = forest.cell_of(block, quota);
      const std::size_t parent = forest.cell_of(block, forest.parents_[quota]);
      for (std::size_t i = 0; i < block.resources.size(); ++i)
        left_[parent + i] += std::min(forest.cells_[own + i].lending_limit, left_[own + i]);
    }
  }
}

void QuotaBalance::charge(QuotaIndex quota, const PoolName& pool, const ResourceVector& amounts) {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  if (block == nullptr)
    return;
  for_each_governed(block->resources, amounts, [&](std::size_t resource, Amount amount) {
    Amount drawn = amount; // how much less this quota, and then each one above it, has
    for (QuotaIndex at = quota; at != QuotaForest::kNone; at = forest_->parents_[at]) {
      const std::size_t cell = forest_->cell_of(*block, at) + resource;
      used_[cell] += amount;
      const Amount lending_limit = forest_->cells_[cell].lending_limit;
      const Amount lent_before = std::min(lending_limit, left_[cell]);
      left_[cell] -= drawn;
      const Amount lent_after = std::min(lending_limit, left_[cell]);
      drawn = lent_before == lent_after ? Amount{} : lent_before - lent_after;
    }
  });
}

void QuotaBalance::discharge(QuotaIndex quota, const PoolName& pool,
                             const ResourceVector& amounts) {
  charge(quota, pool, ResourceVector{} - amounts);
}

QuotaBalance::SetAside QuotaBalance::set_aside(QuotaIndex quota, const PoolName& pool,
                                               const ResourceVector& wanted,
                                               std::span<const QuotaCharge> released) {
  SetAside aside;
  const QuotaForest::Block* block = forest_->block(quota, pool);
  if (block == nullptr)
    return aside;
  std::map<QuotaIndex, ResourceVector> released_below;
  for (const QuotaCharge& charge : released)
    for (QuotaIndex at = charge.quota; at != QuotaForest::kNone; at = forest_->parents_[at])
      released_below[at] += charge.amounts;
  for_each_governed(block->resources, wanted, [&](std::size_t resource, Amount amount) {
    Amount drawn = amount;
    for (QuotaIndex at = quota; at != QuotaForest::kNone; at = forest_->parents_[at]) {
      const std::size_t cell = forest_->cell_of(*block, at) + resource;
      const auto below = released_below.find(at);
      const Amount free_later =
          below == released_below.end() ? Amount{} : below->second.get(block->resources[resource]);
      aside.emplace_back(cell, std::max(drawn - free_later, Amount{}));
      const Amount lending_limit = forest_->cells_[cell].lending_limit;
      const Amount lent_before = std::min(lending_limit, left_[cell]);
      const Amount lent_after = std::min(lending_limit, left_[cell] - drawn);
      drawn = lent_before == lent_after ? Amount{} : lent_before - lent_after;
    }
  });
  take_again(aside);
  return aside;
}

void QuotaBalance::take_again(const SetAside& aside) {
  for (const auto& [cell, amount] : aside)
    left_[cell] -= amount;
}

void QuotaBalance::give_back(const SetAside& aside) {
  for (const auto& [cell, amount] : aside)
    left_[cell] += amount;
}

std::optional<QuotaShortfall> QuotaBalance::shortfall(QuotaIndex quota, const PoolName& pool,
                                                      const ResourceVector& request) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  if (block == nullptr)
    return std::nullopt;
  std::optional<QuotaShortfall> found;
  for_each_governed(block->resources, request, [&](std::size_t resource, Amount needed) {
    if (found || needed <= Amount{})
      return;
    const Amount available = available_in_cell(quota, *block, resource);
    if (needed <= available)
      return;
    const std::size_t cell = forest_->cell_of(*block, quota) + resource;
    const QuotaIndex parent = forest_->parents_[quota];
    found = QuotaShortfall{forest_->spec(quota).name,
                           parent == QuotaForest::kNone ? QuotaName{} : forest_->spec(parent).name,
                           pool,
                           block->resources[resource],
                           needed,
                           forest_->cells_[cell].nominal,
                           std::max(left_[cell], Amount{}),
                           available};
  });
  return found;
}

/// Solves Q2 for the amount, from the root down: what a quota takes above the part that it does not
/// lend must also be available to its parent. An ancestor that is over-used stops even the part
/// that is not lent: Q2 asks for every ancestor after the addition, not for a change.
Amount QuotaBalance::available_in_cell(QuotaIndex quota, const QuotaForest::Block& block,
                                       std::size_t resource) const {
  std::array<QuotaIndex, QuotaForest::kLevelsMax> path{};
  std::size_t levels = 0;
  for (; quota != QuotaForest::kNone; quota = forest_->parents_[quota])
    path.at(levels++) = quota;
  Amount available = left_[forest_->cell_of(block, path[--levels]) + resource];
  while (levels-- > 0) {
    const std::size_t cell = forest_->cell_of(block, path[levels]) + resource;
    const QuotaForest::Cell& limits = forest_->cells_[cell];
    if (available >= Amount{})
      available += std::max(left_[cell] - limits.lending_limit, Amount{});
    available = std::min(left_[cell] + limits.borrowing_limit, available);
  }
  return available;
}

Amount QuotaBalance::available(QuotaIndex quota, const PoolName& pool,
                               const ResourceName& resource) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  Amount available = Amount::unlimited();
  if (block != nullptr)
    if (const auto i = position_of(resource, block->resources))
      available = available_in_cell(quota, *block, *i);
  return available;
}

Amount QuotaBalance::left(QuotaIndex quota, const PoolName& pool,
                          const ResourceName& resource) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  Amount left = Amount::unlimited();
  if (block != nullptr)
    if (const auto i = position_of(resource, block->resources))
      left = left_[forest_->cell_of(*block, quota) + *i];
  return left;
}

Amount QuotaBalance::excess(QuotaIndex quota, const PoolName& pool,
                            const ResourceName& resource) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  const auto i = block == nullptr ? std::nullopt : position_of(resource, block->resources);
  if (!i)
    return {};
  const std::size_t cell = forest_->cell_of(*block, quota) + *i;
  const bool is_root = forest_->parents_[quota] == QuotaForest::kNone;
  const Amount limit = is_root ? Amount{} : forest_->cells_[cell].borrowing_limit;
  return limit.is_unlimited() ? Amount{} : std::max(-left_[cell] - limit, Amount{});
}

Amount QuotaBalance::own_left(QuotaIndex quota, const PoolName& pool,
                              const ResourceName& resource) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  const auto i = block == nullptr ? std::nullopt : position_of(resource, block->resources);
  if (!i)
    return Amount::unlimited();
  const std::size_t own = forest_->cell_of(*block, quota) + *i;
  Amount left = forest_->cells_[own].nominal - used_[own];
  for (const QuotaIndex member : forest_->trees_[forest_->tree_of_[quota]].members)
    if (forest_->parents_[member] == quota)
      left += used_[forest_->cell_of(*block, member) + *i];
  return left;
}

std::vector<QuotaStanding> QuotaBalance::standing(QuotaIndex quota) const {
  std::vector<QuotaStanding> standing;
  for (const QuotaForest::Block& block : forest_->trees_[forest_->tree_of_[quota]].blocks)
    for (std::size_t i = 0; i < block.resources.size(); ++i) {
      const std::size_t cell = forest_->cell_of(block, quota) + i;
      const Amount available = available_in_cell(quota, block, i);
      const Amount own_left = std::max(left_[cell], Amount{});
      standing.push_back(
          QuotaStanding{block.pool, block.resources[i], forest_->cells_[cell].nominal, used_[cell],
                        std::max(-left_[cell], Amount{}),
                        std::max(own_left - std::max(available, Amount{}), Amount{}), available});
    }
  return standing;
}

} // namespace berth::allocation
