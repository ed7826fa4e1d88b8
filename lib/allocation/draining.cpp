#include "lib/allocation/draining.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <utility>

namespace berth::allocation {
namespace {

bool may_go(const Victim& victim) {
  return !victim.is_protected && !victim.is_spared && !victim.is_claimed && !victim.is_leaving;
}

std::set<PodUid> pods_of(const std::vector<Shedding>& sheddings) {
  std::set<PodUid> pods;
  for (const Shedding& shedding : sheddings)
    pods.insert(shedding.pod->uid);
  return pods;
}

/// Of a workload all of it goes, or none.
bool is_shed(const std::set<PodUid>& shed, const Victim& victim) {
  return std::ranges::any_of(victim.pods, [&](const auto& pod) { return shed.contains(pod->uid); });
}

void shed(const SheddingInput& input, const Victim& victim, Reason reason, const std::string& why,
          std::vector<Shedding>& sheddings) {
  const QuotaName& quota = input.snapshot.quotas->spec(victim.quota).name;
  for (const auto& pod : victim.pods)
    if (!pod->terminating)
      sheddings.push_back(Shedding{pod, quota, reason, why, input.now});
}

/// The quota itself or the nearest one above it that drains.
std::optional<QuotaIndex> drained_by(const QuotaForest& forest, QuotaIndex quota) {
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at))
    if (forest.spec(*at).stop == Stop::HoldAndDrain)
      return at;
  return std::nullopt;
}

std::string why_drained(const SheddingInput& input, const Victim& victim) {
  const QuotaForest& forest = *input.snapshot.quotas;
  if (const auto quota = drained_by(forest, victim.quota))
    return "Quota " + forest.spec(*quota).name.str() + " is drained (spec.stop)";
  const PoolSpec* pool = input.snapshot.find_pool(victim.pool);
  if (pool != nullptr && pool->drain == Stop::HoldAndDrain)
    return "ResourcePool " + pool->name.str() + " is drained (spec.drain)";
  return {};
}

/// Brings one quota back within its limits in one pool.
class ExcessShedder {
public:
  ExcessShedder(const SheddingInput& input, QuotaIndex quota, PoolName pool, QuotaBalance& balance)
      : forest_(*input.snapshot.quotas), quota_(quota), pool_(std::move(pool)), balance_(balance) {
    for (const QuotaStanding& standing : balance.standing(quota))
      if (standing.pool == pool_ && balance.excess(quota, pool_, standing.resource) > Amount{})
        exceeded_.push_back(standing.resource);
  }

  [[nodiscard]] bool has_excess() const { return !exceeded_.empty(); }
  /// Of `candidates`, in that order.
  [[nodiscard]] std::vector<Victim*> choose(const std::vector<Victim*>& candidates);

private:
  [[nodiscard]] bool is_below(QuotaIndex quota) const {
    for (std::optional<QuotaIndex> at = quota; at; at = forest_.parent(*at))
      if (*at == quota_)
        return true;
    return false;
  }
  [[nodiscard]] std::vector<Amount> excesses() const;
  [[nodiscard]] bool helps(const Victim& victim);
  [[nodiscard]] bool is_missed(const Victim& victim);
  void take(const Victim& victim) { balance_.discharge(victim.quota, pool_, victim.total); }
  void give_back(const Victim& victim) { balance_.charge(victim.quota, pool_, victim.total); }

  const QuotaForest& forest_;
  QuotaIndex quota_;
  PoolName pool_;
  QuotaBalance& balance_;
  std::vector<ResourceName> exceeded_;
};

std::vector<Amount> ExcessShedder::excesses() const {
  std::vector<Amount> amounts;
  for (const ResourceName& resource : exceeded_)
    amounts.push_back(balance_.excess(quota_, pool_, resource));
  return amounts;
}

/// Whether there is less in excess without it. If so it counts as gone.
bool ExcessShedder::helps(const Victim& victim) {
  const std::vector<Amount> before = excesses();
  take(victim);
  if (excesses() != before) // it never grows by what goes
    return true;
  give_back(victim);
  return false;
}

/// Whether there would be more in excess with it. If not it counts as there.
bool ExcessShedder::is_missed(const Victim& victim) {
  const std::vector<Amount> before = excesses();
  give_back(victim);
  if (excesses() == before)
    return false;
  take(victim);
  return true;
}

std::vector<Victim*> ExcessShedder::choose(const std::vector<Victim*>& candidates) {
  std::vector<Victim*> chosen;
  for (Victim* victim : candidates) {
    if (victim->pool != pool_ || victim->is_burst || !may_go(*victim) || !is_below(victim->quota) ||
        !helps(*victim))
      continue;
    for (Victim* surplus : victim->surplus) // no member of a gang stays without the least of it
      if (!surplus->is_leaving && std::ranges::find(chosen, surplus) == chosen.end()) {
        take(*surplus);
        chosen.push_back(surplus);
      }
    chosen.push_back(victim);
  }
  std::set<const Victim*> goes_with_others;
  for (Victim*& last : std::views::reverse(chosen))
    if (goes_with_others.contains(last))
      continue;
    else if (is_missed(*last))
      goes_with_others.insert(last->surplus.begin(), last->surplus.end());
    else
      last = nullptr;
  std::erase(chosen, nullptr);
  return chosen;
}

std::size_t level_of(const QuotaForest& forest, QuotaIndex quota) {
  std::size_t level = 0;
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at))
    ++level;
  return level;
}

/// Those that enforce their limits; what is below first, since that helps those above. One whose
/// place in the tree is broken lowered nothing: what it borrowed goes on (Q3).
std::vector<QuotaIndex> enforcing_quotas(const QuotaForest& forest) {
  std::vector<QuotaIndex> quotas;
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota)
    if (forest.spec(quota).preemption.enforces_lowered && !forest.finding(quota))
      quotas.push_back(quota);
  std::ranges::stable_sort(quotas, std::greater{},
                           [&](QuotaIndex quota) { return level_of(forest, quota); });
  return quotas;
}

} // namespace

void add_drained(const SheddingInput& input, const std::function<RunningWork&()>& work,
                 std::vector<Shedding>& sheddings) {
  const auto& quotas = input.snapshot.quotas->quotas();
  const bool is_any_drained =
      std::ranges::any_of(quotas,
                          [](const auto& quota) { return quota->stop == Stop::HoldAndDrain; }) ||
      std::ranges::any_of(input.snapshot.pools,
                          [](const auto& pool) { return pool->drain == Stop::HoldAndDrain; });
  if (!is_any_drained)
    return;
  const std::set<PodUid> shed_already = pods_of(sheddings);
  for (const Victim* victim : work().all())
    if (const std::string why = may_go(*victim) ? why_drained(input, *victim) : std::string();
        !why.empty() && !is_shed(shed_already, *victim))
      shed(input, *victim, Reason::Drained, why, sheddings);
}

void add_excess(const SheddingInput& input, const std::function<RunningWork&()>& work,
                std::vector<Shedding>& sheddings) {
  const std::vector<QuotaIndex> quotas = enforcing_quotas(*input.snapshot.quotas);
  const auto has_excess = [&](QuotaIndex quota) {
    return std::ranges::any_of(input.balance.standing(quota), [&](const QuotaStanding& standing) {
      return input.balance.excess(quota, standing.pool, standing.resource) > Amount{};
    });
  };
  if (std::ranges::none_of(quotas, has_excess))
    return;
  const std::span<Victim* const> everybody = work().all();
  std::vector<Victim*> candidates(everybody.begin(), everybody.end());
  QuotaBalance balance = input.balance;
  const std::set<PodUid> shed_already = pods_of(sheddings);
  std::erase_if(candidates, [&](const Victim* victim) {
    const bool goes = victim->is_leaving || victim->is_claimed || is_shed(shed_already, *victim);
    if (goes)
      discharge(balance, *victim);
    return goes;
  });
  for (const QuotaIndex quota : quotas)
    for (const auto& pool : input.snapshot.pools) {
      ExcessShedder shedder(input, quota, pool->name, balance);
      if (!shedder.has_excess())
        continue;
      const QuotaSpec& spec = input.snapshot.quotas->spec(quota);
      for (const Victim* victim : shedder.choose(candidates)) {
        shed(input, *victim, Reason::QuotaLowered,
             "Quota " + spec.name.str() + " holds more than it may in pool " + pool->name.str(),
             sheddings);
        std::erase(candidates, victim);
      }
    }
}

} // namespace berth::allocation
