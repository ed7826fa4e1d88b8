#include "analyzer/advise/quota_moves.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "analyzer/advise/number.hpp"

namespace berth::analyzer {
namespace {

using resources::Amount;
using resources::ResourceName;

/// Nominal amounts move in whole cores, gibibytes and units.
double grain_of(const ResourceName& resource) {
  constexpr double kCore = 1000;
  constexpr double kGibibyte = 1 << 30;
  if (resource == ResourceName::cpu())
    return kCore;
  const bool is_bytes =
      resource == ResourceName::memory() || resource == ResourceName::ephemeral_storage();
  return is_bytes ? kGibibyte : 1;
}

bool is_known(const NominalDemand& demand) {
  return demand.known_for >= kNominalNeeds && demand.coverage >= kNominalCoverageMin;
}

/// Whether so much is worth to be moved from or to that nominal amount.
bool is_worth_it(double amount, double nominal) {
  return amount > 0 && amount >= kNominalChangeMin * nominal;
}

/// Quotas with one parent, and one resource of one pool.
struct Family {
  std::string parent{}; ///< empty: roots, which lend nothing to each other (Q2)
  std::vector<NominalRow> rows{};
};

std::string amount_text(const ResourceName& resource, double amount) {
  return format_amount(resource, Amount{std::llround(amount)});
}

/// What the pool has and no quota was promised.
double free_of(const std::vector<PoolView>& pools, const std::vector<QuotaView>& quotas,
               const NominalDemand& of) {
  const PoolView* pool = find_pool(pools, of.pool);
  if (pool == nullptr)
    return 0;
  const auto& rows = pool->pool->status.resources;
  const auto row = std::ranges::find(rows, of.resource, &api::PoolResourceStatus::name);
  if (row == rows.end() || !row->allocatable)
    return 0;
  double left = number(*row->allocatable);
  for (const QuotaView& quota : quotas)
    if (const auto* nominal = find_nominal(quota.quota->spec, of.pool, of.resource))
      left -= number(nominal->nominal);
  return left;
}

void raise(NominalMoves& moves, const NominalRow& row, double by, double free) {
  const NominalDemand& demand = *row.demand;
  moves[row.quota].push_back({row, row.nominal + by, row.nominal + free,
                              std::string(demand.resource.str()) + " of pool " + demand.pool.str() +
                                  ": more than " + amount_text(demand.resource, demand.low) +
                                  " was held and waited for in four fifths of the last day, and " +
                                  amount_text(demand.resource, row.nominal) + " is nominal; " +
                                  amount_text(demand.resource, by) +
                                  " more is promised to nobody"});
}

void lower(NominalMoves& moves, const NominalRow& row, double by, const std::string& for_whom) {
  const NominalDemand& demand = *row.demand;
  moves[row.quota].push_back(
      {row, row.nominal - by, row.nominal,
       std::string(demand.resource.str()) + " of pool " + demand.pool.str() + ": no more than " +
           amount_text(demand.resource, demand.peak) + " of " +
           amount_text(demand.resource, row.nominal) + " was or will be asked for; without " +
           amount_text(demand.resource, by) + " of it there would be room for " + for_whom +
           ", which lacks it"});
}

/// Gives what is free to those that lack most, and asks siblings for the rest.
void settle(NominalMoves& moves, const Family& family, double& free,
            const std::vector<QuotaView>& quotas) {
  std::vector<NominalRow> rows = family.rows;
  std::ranges::stable_sort(rows, std::greater{}, &NominalRow::lacks);
  const double grain = grain_of(rows.front().demand->resource);
  double missing = 0;
  std::string for_whom;
  for (const NominalRow& row : rows) {
    const double lacks = row.lacks();
    if (lacks <= 0)
      break;
    const double given = std::clamp(std::floor(free / grain) * grain, 0.0, lacks);
    const double got = is_worth_it(given, row.nominal) ? given : 0;
    if (got > 0)
      raise(moves, row, got, free);
    free -= got;
    missing += lacks - got;
    if (for_whom.empty() && got < lacks)
      for_whom = quotas[row.quota].quota->meta.name;
  }
  if (family.parent.empty())
    return;
  std::ranges::stable_sort(rows, std::greater{}, &NominalRow::spares);
  for (const NominalRow& row : rows) {
    const double taken = std::min(row.spares(), missing);
    if (!is_worth_it(taken, row.nominal))
      break;
    lower(moves, row, taken, for_whom);
    missing -= taken;
  }
}

} // namespace

double NominalRow::lacks() const {
  const double grain = grain_of(demand->resource);
  const double missing = std::ceil((demand->usual - nominal) / grain) * grain;
  const bool is_short = is_known(*demand) && demand->low > nominal;
  return is_short && is_worth_it(missing, nominal) ? missing : 0;
}

double NominalRow::spares() const {
  const double grain = grain_of(demand->resource);
  const double kept = demand->peak * (1 + kNominalBuffer);
  const double spare = std::floor((nominal - kept) / grain) * grain;
  return is_known(*demand) && is_worth_it(spare, nominal) ? spare : 0;
}

NominalMoves nominal_moves(const std::vector<QuotaView>& quotas,
                           const std::vector<const std::vector<NominalDemand>*>& demands,
                           const std::vector<PoolView>& pools) {
  using PoolResource = std::pair<PoolName, std::string>;
  std::set<std::string> parents;
  for (const QuotaView& quota : quotas)
    if (quota.quota->spec.parent_ref)
      parents.insert(quota.quota->spec.parent_ref->name.str());
  std::map<std::pair<PoolResource, std::string>, Family> families;
  for (std::size_t at = 0; at < quotas.size(); ++at) {
    const auto& [meta, spec, status] = *quotas[at].quota;
    if (parents.contains(meta.name)) // what it holds is its children's
      continue;
    const std::string parent = spec.parent_ref ? spec.parent_ref->name.str() : "";
    for (const NominalDemand& demand : *demands[at]) {
      const auto* row = find_nominal(spec, demand.pool, demand.resource);
      if (row == nullptr || row->nominal.is_unlimited())
        continue;
      const PoolResource of{demand.pool, std::string(demand.resource.str())};
      Family& family = families[{of, parent}];
      family.parent = parent;
      family.rows.push_back({at, &demand, number(row->nominal)});
    }
  }
  NominalMoves moves;
  std::map<PoolResource, double> free; // all families of a pool share it
  for (const auto& [key, family] : families) {
    const auto [left, is_new] = free.try_emplace(key.first, 0);
    if (is_new)
      left->second = free_of(pools, quotas, *family.rows.front().demand);
    settle(moves, family, left->second, quotas);
  }
  return moves;
}

} // namespace berth::analyzer
