#include "analyzer/advise/decide_quotas.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyzer/advise/lifecycle.hpp"
#include "analyzer/advise/number.hpp"

namespace berth::analyzer {
namespace {

using api::RecommendationKind;
using resources::Amount;

/// The most pressing move first: what the words, the evidence and the numbers are about.
Finding finding_of(const api::Quota& quota, const std::vector<NominalMove>& moves,
                   const AdvisorOptions& options) {
  const auto first = std::ranges::max_element(moves, {}, [](const NominalMove& move) {
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
  for (const NominalMove& move : moves) {
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
               const Finding& finding, const std::vector<NominalMove>& moves) {
  const auto was = read_nominal_patch(quota.spec, last.spec.action.patch);
  const auto wanted = read_nominal_patch(quota.spec, finding.spec.action.patch);
  const bool has_words = api::find_condition(last.status.conditions, "Valid") != nullptr;
  return has_words && was && wanted && is_close(*was, *wanted) &&
         std::ranges::all_of(*was, [&](const NominalChange& one) {
           return std::ranges::any_of(moves, [&](const NominalMove& move) {
             return move.row.demand->pool == one.pool &&
                    move.row.demand->resource == one.resource && number(one.nominal) <= move.most;
           });
         });
}

void advise_on(Plan& plan, const QuotaView& view, const std::vector<NominalMove>& moves,
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
  std::vector<const std::vector<NominalDemand>*> demands;
  for (const QuotaFacts& of : facts)
    demands.push_back(&of.demands);
  const NominalMoves moves = nominal_moves(quotas, demands, pools);
  std::vector<Decision> decisions;
  for (std::size_t at = 0; at < quotas.size(); ++at) {
    Decision& decision = decisions.emplace_back();
    QuotaView noted = quotas[at];
    decision.verified = verify(decision.plan, noted.recommendations, facts[at].proofs, context.now);
    const auto found = moves.find(at);
    static const std::vector<NominalMove> kNone;
    advise_on(decision.plan, noted, found == moves.end() ? kNone : found->second, context);
  }
  return decisions;
}

} // namespace berth::analyzer
