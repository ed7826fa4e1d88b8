// The part of ChangeSearch that reduces the amounts of what is enough to the least that do.

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/smallest_change.hpp"

namespace berth::allocation {
namespace {

/// Amounts that are tried one after the other before the rest is bisected.
constexpr std::size_t kClimbMax = 16;

/// How much a step adds; 0 where that is no question.
struct AmountOf {
  std::int64_t operator()(const RaiseNominal& step) const { return step.by.value(); }
  std::int64_t operator()(const RaiseCapacity& step) const { return step.by.value(); }
  std::int64_t operator()(const AddNodes& step) const { return step.count; }
  std::int64_t operator()(const DropConstraint&) const { return 0; }
  std::int64_t operator()(const SetPriority&) const { return 0; }
};

Step with_amount(Step step, std::int64_t amount) {
  if (auto* quota = std::get_if<RaiseNominal>(&step))
    quota->by = Amount{amount};
  else if (auto* pool = std::get_if<RaiseCapacity>(&step))
    pool->by = Amount{amount};
  else if (auto* nodes = std::get_if<AddNodes>(&step))
    nodes->count = static_cast<std::int32_t>(amount);
  return step;
}

/// With one unit less of that one.
std::vector<Step> lowered(std::vector<Step> steps, std::size_t which) {
  steps[which] = with_amount(steps[which], std::visit(AmountOf{}, steps[which]) - 1);
  return steps;
}

} // namespace

/// Each amount to the least that does. It is sought first where it mostly is: at what is lacking
/// without the step, and in multiples of what work asks for from there: other work may take as much
/// first, or take less. `are_reduced`: they were the least before another step changed; mostly they
/// still are.
void ChangeSearch::reduce_amounts(std::vector<Step>& steps, bool are_reduced) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (std::visit(AmountOf{}, steps[i]) <= 1 ||
        (are_reduced && !is_exact_ && !admits(lowered(steps, i))))
      continue;
    Grid grid{lacking_without(steps, i), grain_of(steps[i])};
    if (!(is_exact_ ? climb(steps, i, grid) : guess(steps, i, grid)))
      bisect(steps, i, grid);
    // Changes of the order may make less do.
    if (std::vector<Step> less = lowered(steps, i);
        std::visit(AmountOf{}, steps[i]) > 1 && admits(less)) {
      steps = std::move(less);
      bisect(steps, i, {});
    }
  }
}

/// Where each trial plays very many: what those who are earlier in its quota, or in its tree, ask
/// for before it, and no amount in between if one step less than that does not do.
bool ChangeSearch::guess(std::vector<Step>& steps, std::size_t which, Grid& grid) {
  const Step plenty = steps[which];
  for (const std::int64_t amount : likely_amounts(plenty, grid)) {
    if (amount < grid.first || amount >= std::visit(AmountOf{}, plenty))
      continue;
    steps[which] = with_amount(plenty, amount);
    if (!admits(steps)) {
      grid.first = amount + grid.grain; // nothing below does
      continue;
    }
    if (amount == grid.first)
      return true;
    steps[which] = with_amount(plenty, amount - grid.grain);
    if (admits(steps))
      return false;
    steps[which] = with_amount(plenty, amount);
    return true;
  }
  steps[which] = plenty;
  return false;
}

/// Ascending.
std::vector<std::int64_t> ChangeSearch::likely_amounts(const Step& step, Grid grid) const {
  if (const auto* nodes = std::get_if<AddNodes>(&step)) {
    const std::int64_t each = members_on(*nodes);
    const auto holding = [&](std::int64_t ahead) {
      return (ahead + std::ssize(members_) + each - 1) / each;
    };
    return {holding(0), holding(ahead_in_quota_.pods), holding(ahead_in_tree_.pods)};
  }
  const auto asked = [&](const Ahead& ahead) -> std::int64_t {
    if (const auto* quota = std::get_if<RaiseNominal>(&step))
      return ahead.amounts.get(quota->resource).value();
    const auto* pool = std::get_if<RaiseCapacity>(&step);
    return pool == nullptr ? 0 : ahead.amounts.get(pool->resource).value();
  };
  return {grid.first, grid.first + asked(ahead_in_quota_), grid.first + asked(ahead_in_tree_)};
}

/// So many like its first one would share an empty node of that kind.
std::int64_t ChangeSearch::members_on(const AddNodes& step) const {
  const NodeTable& table = *relevant_.nodes;
  const auto like = table.find(step.like.str());
  if (!like)
    return 1;
  const auto capacity = table.capacity(*like);
  std::int64_t most = kChangeNodesMax;
  for (const auto& part : to_columns(members_.front()->requests(), table).parts)
    if (part.amount > 0)
      most = std::min(most, capacity[part.column] / part.amount);
  return std::max<std::int64_t>(most, 1);
}

/// From the least upwards: more is not always better, since those who are earlier may take it.
bool ChangeSearch::climb(std::vector<Step>& steps, std::size_t which, Grid grid) {
  const Step plenty = steps[which];
  std::int64_t amount = grid.first;
  for (std::size_t tries = 0; tries < kClimbMax; ++tries, amount += grid.grain) {
    if (amount >= std::visit(AmountOf{}, plenty))
      break;
    steps[which] = with_amount(plenty, amount);
    if (admits(steps))
      return true;
  }
  steps[which] = plenty;
  return false;
}

/// From what is enough downwards.
void ChangeSearch::bisect(std::vector<Step>& steps, std::size_t which, Grid grid) {
  const std::int64_t plenty = std::visit(AmountOf{}, steps[which]);
  std::int64_t enough = (plenty - grid.first + grid.grain - 1) / grid.grain;
  std::int64_t too_little = -1;
  while (enough - too_little > 1) {
    const std::int64_t next = too_little + (enough - too_little) / 2;
    const Step before =
        std::exchange(steps[which], with_amount(steps[which], grid.first + next * grid.grain));
    if (admits(steps)) {
      enough = next;
    } else {
      too_little = next;
      steps[which] = before;
    }
  }
}

/// What is lacking while the step is left out: what is told of it, else one unit.
std::int64_t ChangeSearch::lacking_without(std::vector<Step> steps, std::size_t which) {
  const Step left_out = steps[which];
  steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(which));
  const Trial trial = try_steps(steps);
  if (trial.why == nullptr)
    return 1;
  const auto& quota = trial.why->quota;
  if (const auto* step = std::get_if<RaiseNominal>(&left_out);
      step != nullptr && quota && quota->quota == step->quota && quota->pool == step->pool &&
      quota->resource == step->resource)
    return std::max<std::int64_t>((quota->needed - quota->available).value(), 1);
  const auto& pool = trial.why->pool;
  if (const auto* step = std::get_if<RaiseCapacity>(&left_out);
      step != nullptr && pool && pool->pool == step->pool && pool->resource == step->resource)
    return std::max<std::int64_t>((pool->needed - pool->left).value(), 1);
  return 1;
}

/// The greatest amount that divides what each one asks for that takes its turn no later.
std::int64_t ChangeSearch::grain_of(const Step& step) const {
  const ResourceName* resource = nullptr;
  if (const auto* quota = std::get_if<RaiseNominal>(&step))
    resource = &quota->resource;
  else if (const auto* pool = std::get_if<RaiseCapacity>(&step))
    resource = &pool->resource;
  if (resource == nullptr)
    return 1;
  std::int64_t grain = 0;
  relevant_.waiting.for_each([&](const WorkloadId&, const auto& workload) {
    for (const auto& pod : workload->waiting)
      grain = std::gcd(grain, pod->requests().get(*resource).value());
  });
  return std::max<std::int64_t>(grain, 1);
}

} // namespace berth::allocation
