// What QuotaBalance says of fair shares (F2) and bursts (Q6).

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "lib/allocation/quota_cells.hpp"
#include "lib/allocation/quota_tree.hpp"
#include "lib/resources/int128.hpp"

namespace berth::allocation {
namespace {

using resources::Int128;

/// part / whole in billionths, rounded up: what is borrowed is never nothing.
std::int64_t ratio_nano(Amount part, Amount whole, std::int64_t most) {
  if (part <= Amount{})
    return 0;
  if (whole <= Amount{})
    return most;
  const Int128 nano =
      (Int128{part.value()} * kShareWhole + whole.value() - 1) / Int128{whole.value()};
  return static_cast<std::int64_t>(std::min<Int128>(nano, most));
}

/// By how much less a quota lends to its parent.
Amount drawn_above(Amount lending_limit, Amount before, Amount after) {
  const Amount lent_before = std::min(lending_limit, before);
  const Amount lent_after = std::min(lending_limit, after);
  return lent_before == lent_after ? Amount{} : lent_before - lent_after;
}

} // namespace

std::int64_t QuotaBalance::share_in_cell(std::size_t cell, Amount left) const {
  return ratio_nano(-left, forest_->cells_[cell].shareable, kShareMax);
}

DominantShare QuotaBalance::dominant_share(QuotaIndex quota) const {
  DominantShare dominant;
  for (const QuotaForest::Block& block : forest_->trees_[forest_->tree_of_[quota]].blocks)
    for (std::size_t i = 0; i < block.resources.size(); ++i) {
      const std::size_t cell = forest_->cell_of(block, quota) + i;
      const std::int64_t nano = share_in_cell(cell, left_[cell]);
      if (nano > dominant.nano)
        dominant = DominantShare{nano, block.resources[i]};
    }
  return dominant;
}

std::int64_t QuotaBalance::borrowed_share(QuotaIndex quota) const {
  std::int64_t most = 0;
  for (const QuotaForest::Block& block : forest_->trees_[forest_->tree_of_[quota]].blocks)
    for (std::size_t i = 0; i < block.resources.size(); ++i) {
      const std::size_t cell = forest_->cell_of(block, quota) + i;
      most = std::max(most, share_in_cell(cell, left_[cell]));
    }
  return most;
}

ShareForecast QuotaBalance::forecast(QuotaIndex quota, const PoolName& pool,
                                     const ResourceVector& request) const {
  ShareForecast forecast;
  const QuotaForest::Block* block = forest_->block(quota, pool);
  if (block == nullptr)
    return forecast;
  for_each_governed(block->resources, request, [&](std::size_t resource, Amount drawn) {
    std::size_t level = 0;
    for (QuotaIndex at = quota; at != QuotaForest::kNone && drawn > Amount{};
         at = forest_->parents_[at], ++level) {
      const std::size_t cell = forest_->cell_of(*block, at) + resource;
      const Amount lending_limit = forest_->cells_[cell].lending_limit;
      const Amount after = left_[cell] - drawn;
      forecast.nano.at(level) = std::max(forecast.nano.at(level), share_in_cell(cell, after));
      forecast.borrows = forecast.borrows || (level == 0 && after < Amount{});
      drawn = drawn_above(lending_limit, left_[cell], after);
    }
  });
  return forecast;
}

bool QuotaBalance::has_what_it_draws(QuotaIndex quota, const PoolName& pool,
                                     const ResourceVector& request) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  bool has = true;
  if (block == nullptr)
    return has;
  for_each_governed(block->resources, request, [&](std::size_t resource, Amount drawn) {
    for (QuotaIndex at = quota; at != QuotaForest::kNone && drawn > Amount{};
         at = forest_->parents_[at]) {
      const std::size_t cell = forest_->cell_of(*block, at) + resource;
      const QuotaForest::Cell& limits = forest_->cells_[cell];
      const bool is_root = forest_->parents_[at] == QuotaForest::kNone;
      const Amount after = left_[cell] - drawn;
      has = has && after >= (is_root ? Amount{} : -limits.borrowing_limit);
      drawn = drawn_above(limits.lending_limit, left_[cell], after);
    }
  });
  return has;
}

void QuotaBalance::charge_burst(QuotaIndex quota, const PoolName& pool,
                                const ResourceVector& amounts) {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  if (block == nullptr)
    return;
  ResourceVector within;
  for_each_governed(block->resources, amounts, [&](std::size_t resource, Amount amount) {
    const Amount room = std::max(available_in_cell(quota, *block, resource), Amount{});
    within.set(block->resources[resource], std::min(amount, room));
    if (amount <= room)
      return;
    burst_.resize(left_.size());
    burst_[forest_->cell_of(*block, quota) + resource] += amount - room;
  });
  charge(quota, pool, within);
}

ResourceVector QuotaBalance::discharge_burst(QuotaIndex quota, const PoolName& pool,
                                             const ResourceVector& amounts) {
  const ResourceVector within = this->within(pool, {{quota, amounts, true}}).front().amounts;
  ResourceVector going = amounts - within;
  restore_burst(quota, pool, -amounts, -going);
  return going;
}

void QuotaBalance::restore_burst(QuotaIndex quota, const PoolName& pool,
                                 const ResourceVector& amounts, const ResourceVector& beyond) {
  charge(quota, pool, amounts - beyond);
  const QuotaForest::Block* block = forest_->block(quota, pool);
  if (block == nullptr || burst_.empty())
    return;
  for_each_governed(block->resources, beyond, [&](std::size_t resource, Amount amount) {
    burst_[forest_->cell_of(*block, quota) + resource] += amount;
  });
}

std::vector<QuotaCharge> QuotaBalance::within(const PoolName& pool,
                                              std::vector<QuotaCharge> charges) const {
  std::map<QuotaIndex, ResourceVector> gone_beyond;
  for (QuotaCharge& charge : charges) {
    if (!charge.is_burst)
      continue;
    ResourceVector& gone = gone_beyond[charge.quota];
    ResourceVector going;
    for (const auto& [name, amount] : charge.amounts)
      going.set(name, std::min(amount, beyond(charge.quota, pool, name) - gone.get(name)));
    gone += going;
    charge.amounts -= going;
  }
  return charges;
}

Amount QuotaBalance::beyond(QuotaIndex quota, const PoolName& pool,
                            const ResourceName& resource) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  Amount beyond;
  if (block != nullptr && !burst_.empty())
    if (const auto i = position_of(resource, block->resources))
      beyond = burst_[forest_->cell_of(*block, quota) + *i];
  return beyond;
}

std::int64_t QuotaBalance::burst_level(QuotaIndex quota, std::int32_t factor_percent) const {
  std::int64_t level = 0;
  if (burst_.empty())
    return level;
  for (const QuotaForest::Block& block : forest_->trees_[forest_->tree_of_[quota]].blocks)
    for (std::size_t i = 0; i < block.resources.size(); ++i) {
      const std::size_t cell = forest_->cell_of(block, quota) + i;
      const Amount room =
          resources::scaled(forest_->cells_[cell].nominal, factor_percent - 100, 100);
      level = std::max(level, ratio_nano(burst_[cell], room, kFullBurst));
    }
  return level;
}

std::optional<QuotaShortfall> QuotaBalance::burst_shortfall(QuotaIndex quota, const PoolName& pool,
                                                            const ResourceVector& request) const {
  const QuotaForest::Block* block = forest_->block(quota, pool);
  const auto& burst = forest_->spec(quota).burst;
  if (block == nullptr || !burst)
    return shortfall(quota, pool, request);
  std::optional<QuotaShortfall> found;
  for_each_governed(block->resources, request, [&](std::size_t resource, Amount needed) {
    if (found || needed <= Amount{} || needed <= available_in_cell(quota, *block, resource))
      return;
    const std::size_t cell = forest_->cell_of(*block, quota) + resource;
    const Amount most =
        resources::scaled(forest_->cells_[cell].nominal, burst->factor_percent, 100);
    const Amount left = most - used_[cell] - (burst_.empty() ? Amount{} : burst_[cell]);
    if (needed > left)
      found = QuotaShortfall{
          forest_->spec(quota).name, {}, pool, block->resources[resource], needed, most, {}, left};
  });
  return found;
}

} // namespace berth::allocation
