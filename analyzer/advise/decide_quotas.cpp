#include "analyzer/advise/decide_quotas.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::Amount;
using resources::ResourceName;

double number(Amount amount) {
  return static_cast<double>(amount.value());
}

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

/// A demand with where it stands.
struct Row {
  std::size_t quota = 0;
  const NominalDemand* demand = nullptr;
  double nominal = 0;

  [[nodiscard]] bool is_known() const {
    return demand->known_for >= kNominalNeeds && demand->coverage >= kNominalCoverageMin;
  }
  /// What it lacks, in whole grains: of what is usual, where it is short nearly all the time.
  [[nodiscard]] double lacks() const {
    const double grain = grain_of(demand->resource);
    const double missing = std::ceil((demand->usual - nominal) / grain) * grain;
    const bool is_worth_it = missing >= kNominalChangeMin * nominal && missing >= grain;
    return is_known() && demand->low > nominal && is_worth_it ? missing : 0;
  }
  /// What it can do without.
  [[nodiscard]] double spares() const {
    const double grain = grain_of(demand->resource);
    const double kept = demand->peak * (1 + kNominalBuffer);
    const double spare = std::floor((nominal - kept) / grain) * grain;
    const bool is_worth_it = spare >= kNominalChangeMin * nominal && spare >= grain;
    return is_known() && is_worth_it ? spare : 0;
  }
};

/// Quotas with one parent, and one resource of one pool.
struct Family {
  std::string parent{}; ///< empty: roots, which lend nothing to each other (Q2)
  std::vector<Row> rows{};
};

/// What is to be said of one row, and in what words.
struct Move {
  Row row{};
  double nominal = 0; ///< as it should be
  double most = 0;    ///< as it may be without promising anything twice
  std::string message{};
};
using Moves = std::map<std::size_t, std::vector<Move>>; ///< by quota

std::string amount_text(const ResourceName& resource, double amount) {
  return format_amount(resource, Amount{std::llround(amount)});
}

/// What the pool has and no quota was promised.
double free_of(const std::vector<PoolView>& pools, const std::vector<QuotaView>& quotas,
               const NominalDemand& of) {
  const auto pool = std::ranges::find(pools, of.pool.str(),
                                      [](const PoolView& one) { return one.pool->meta.name; });
  if (pool == pools.end())
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

void raise(Moves& moves, const Row& row, double by, double free) {
  const NominalDemand& demand = *row.demand;
  moves[row.quota].push_back({row, row.nominal + by, row.nominal + free,
                              std::string(demand.resource.str()) + " of pool " + demand.pool.str() +
                                  ": more than " + amount_text(demand.resource, demand.low) +
                                  " was held and waited for in four fifths of the last day, and " +
                                  amount_text(demand.resource, row.nominal) + " is nominal; " +
                                  amount_text(demand.resource, by) +
                                  " more is promised to nobody"});
}

void lower(Moves& moves, const Row& row, double by, const std::string& for_whom) {
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
void settle(Moves& moves, const Family& family, double free, const std::vector<QuotaView>& quotas) {
  std::vector<Row> rows = family.rows;
  std::ranges::stable_sort(rows, std::greater{}, &Row::lacks);
  const double grain = grain_of(rows.front().demand->resource);
  double missing = 0;
  std::string for_whom;
  for (const Row& row : rows) {
    const double lacks = row.lacks();
    if (lacks <= 0)
      break;
    const double given = std::clamp(std::floor(free / grain) * grain, 0.0, lacks);
    const bool is_worth_it = given >= kNominalChangeMin * row.nominal && given > 0;
    if (is_worth_it) {
      raise(moves, row, given, free);
      free -= given;
    }
    missing += lacks - (is_worth_it ? given : 0);
    if (for_whom.empty() && (!is_worth_it || given < lacks))
      for_whom = quotas[row.quota].quota->meta.name;
  }
  if (family.parent.empty())
    return;
  std::ranges::stable_sort(rows, std::greater{}, &Row::spares);
  for (const Row& row : rows) {
    const double taken = std::min(row.spares(), missing);
    if (taken < grain || taken < kNominalChangeMin * row.nominal)
      break;
    lower(moves, row, taken, for_whom);
    missing -= taken;
  }
}

Moves moves_of(const std::vector<QuotaView>& quotas, const std::vector<QuotaFacts>& facts,
               const std::vector<PoolView>& pools) {
  std::set<std::string> parents;
  for (const QuotaView& quota : quotas)
    if (quota.quota->spec.parent_ref)
      parents.insert(quota.quota->spec.parent_ref->name.str());
  std::map<std::tuple<std::string, PoolName, std::string>, Family> families;
  for (std::size_t at = 0; at < quotas.size(); ++at) {
    const auto& [meta, spec, status] = *quotas[at].quota;
    if (parents.contains(meta.name)) // what it holds is its children's
      continue;
    const std::string parent = spec.parent_ref ? spec.parent_ref->name.str() : "";
    for (const NominalDemand& demand : facts[at].demands) {
      const auto* row = find_nominal(spec, demand.pool, demand.resource);
      if (row == nullptr || row->nominal.is_unlimited())
        continue;
      Family& family = families[{parent, demand.pool, std::string(demand.resource.str())}];
      family.parent = parent;
      family.rows.push_back({at, &demand, number(row->nominal)});
    }
  }
  Moves moves;
  for (const auto& [key, family] : families)
    settle(moves, family, free_of(pools, quotas, *family.rows.front().demand), quotas);
  return moves;
}

/// The most pressing move first: what the words, the evidence and the numbers are about.
Finding finding_of(const api::Quota& quota, const std::vector<Move>& moves,
                   const AdvisorOptions& options) {
  const auto first = std::ranges::max_element(moves, {}, [](const Move& move) {
    return move.nominal > move.row.nominal ? move.row.lacks() / (move.row.nominal + 1) : -1;
  });
  const NominalDemand& demand = *first->row.demand;
  const bool raises = first->nominal > first->row.nominal;
  const std::string metric = demand_metric(demand.pool, demand.resource);
  const double asked = raises ? demand.usual : demand.peak;
  const auto percent = [&](double of) { return percent_quantity(of > 0 ? 100 * asked / of : 0); };
  Finding finding;
  finding.meta.ns = options.recommendation_namespace;
  finding.meta.owners = {owned_by(quota)};
  auto& spec = finding.spec;
  spec.target_ref = {api::ScalingTargetKind::Quota, quota.meta.name};
  spec.kind = RecommendationKind::AdjustQuota;
  spec.priority = raises ? api::RecommendationPriority::Medium : api::RecommendationPriority::Low;
  constexpr double kSureAfter = 7; // days
  const double days = std::chrono::duration<double, std::ratio<86'400>>(demand.known_for).count();
  spec.confidence_percent = static_cast<std::int32_t>(
      std::lround(std::clamp(95 * std::sqrt(days / kSureAfter) * demand.coverage, 5.0, 95.0)));
  spec.expected_improvement = api::ExpectedImprovement{
      "demand-percent-of-nominal", percent(first->row.nominal), percent(first->nominal)};
  spec.evidence = evidence_of(demand.resource, demand.foresight, metric);
  std::vector<NominalChange> changes;
  for (const Move& move : moves) {
    changes.push_back(
        {move.row.demand->pool, move.row.demand->resource, Amount{std::llround(move.nominal)}});
    finding.message += (finding.message.empty() ? "" : "; ") + move.message;
  }
  spec.action.patch_type = api::ActionPatchType::JSON;
  spec.action.patch = nominal_patch(quota.spec, changes);
  finding.reason = raises ? Reason::NominalTooSmall : Reason::NominalTooLarge;
  return finding;
}

/// Whether what stands is nearly what is wanted, and promises nothing twice. Then it keeps its
/// words, its evidence and its patch.
bool may_stand(const api::Quota& quota, const api::ScalingRecommendation& last,
               const Finding& finding, const std::vector<Move>& moves) {
  const auto was = read_nominal_patch(quota.spec, last.spec.action.patch);
  const auto wanted = read_nominal_patch(quota.spec, finding.spec.action.patch);
  const bool has_words = api::find_condition(last.status.conditions, "Valid") != nullptr;
  return has_words && was && wanted && is_close(*was, *wanted) &&
         std::ranges::all_of(*was, [&](const NominalChange& one) {
           return std::ranges::any_of(moves, [&](const Move& move) {
             return move.row.demand->pool == one.pool &&
                    move.row.demand->resource == one.resource && number(one.nominal) <= move.most;
           });
         });
}

void advise_on(Plan& plan, const QuotaView& view, const std::vector<Move>& moves,
               const DecideContext& context) {
  const auto known = of_kinds(view.recommendations, {RecommendationKind::AdjustQuota});
  const auto& quota = *view.quota;
  const auto over = [&](std::optional<Reason> why) {
    tend(plan, known, std::nullopt, why, context.options, context.now);
  };
  auto last = standing(known, context.now);
  const bool is_done = last && is_nominal(quota.spec, last->spec.action.patch);
  if (is_done)
    return over(Reason::Applied);
  if (context.is_operator_dead)
    return over(std::nullopt); // what is held and waited for is not known
  const auto changed = state_of(known, context.now).changed;
  const bool is_cooling = changed && context.now < *changed + kNominalCooldown;
  if (moves.empty() || (is_cooling && !last))
    return over(Reason::Resolved);
  Finding finding = finding_of(quota, moves, context.options);
  if (last && may_stand(quota, *last, finding, moves)) {
    const auto* valid = api::find_condition(last->status.conditions, "Valid");
    finding.spec = last->spec;
    finding.reason = valid->reason;
    finding.message = valid->message;
  } else if (last && is_cooling) {
    return over(Reason::Resolved);
  }
  advise_or_renew(plan, finding, known, context.options, context.now);
  const auto wanted =
      recommendation_for(finding, context.options.recommendation_validity, context.now);
  tend(plan, known, wanted.meta.key(), std::nullopt, context.options, context.now);
}

} // namespace

std::vector<Decision> decide_quotas(const std::vector<QuotaView>& quotas,
                                    const std::vector<QuotaFacts>& facts,
                                    const std::vector<PoolView>& pools,
                                    const DecideContext& context) {
  const Moves moves = moves_of(quotas, facts, pools);
  std::vector<Decision> decisions;
  for (std::size_t at = 0; at < quotas.size(); ++at) {
    Decision& decision = decisions.emplace_back();
    QuotaView noted = quotas[at];
    decision.verified = verify(decision.plan, noted.recommendations, facts[at].proofs, context.now);
    const auto found = moves.find(at);
    static const std::vector<Move> kNone;
    advise_on(decision.plan, noted, found == moves.end() ? kNone : found->second, context);
  }
  return decisions;
}

} // namespace berth::analyzer
