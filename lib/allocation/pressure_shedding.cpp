#include "lib/allocation/pressure_shedding.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <string_view>
#include <tuple>
#include <utility>

namespace berth::allocation {
namespace {

/// Why some go: a level of the throttle, or a step of the pool's degradation.
struct Aim {
  PressureLevel level = PressureLevel::None; ///< of the throttle; None: the degradation's limits
  bool takes_borrowed = true;
  bool takes_rest = true; ///< bursts, and what is lent
  bool gives_notice = true;
  bool is_emergency = false; ///< what is lent goes before its time
};

/// Those without notice first.
std::vector<Aim> aims_of(const Degradation& degradation) {
  std::vector<Aim> aims{{PressureLevel::Emergency, true, true, false, true},
                        {PressureLevel::Critical}};
  const bool is_emergency = degradation.level == PressureLevel::Emergency;
  if (degradation.gives_up(DegradationStep::ShedOpportunistic))
    aims.push_back({PressureLevel::None, false, true, true, is_emergency});
  if (degradation.gives_up(DegradationStep::ShedBorrowed))
    aims.push_back({PressureLevel::None, true, false, true, is_emergency});
  return aims;
}

/// A victim as shedding sees it.
struct Candidate {
  const Victim* victim = nullptr;
  ResourceVector held{};   ///< by its pods, but for those that go already
  ResourceVector relief{}; ///< what of that is where it was measured
  bool is_chosen = false;
};

auto rank_of(const Victim& victim) {
  return std::tuple{!victim.is_burst, victim.priority, -victim.started.time_since_epoch(),
                    std::string_view(victim.workload.str()),
                    std::string_view(victim.pods.front()->uid.str())};
}

Candidate candidate_of(const Victim& victim, const MeasuredUse& use) {
  Candidate candidate{&victim};
  for (const auto& pod : victim.pods) {
    if (pod->terminating)
      continue;
    candidate.held += pod->requests();
    if (!pod->is_measurable() || !use.is_of(pod->node))
      continue;
    for (const auto& [resource, used] : use.used)
      if (const Amount amount = pod->requests().get(resource); amount > Amount{})
        candidate.relief.set(resource, candidate.relief.get(resource) + amount);
  }
  return candidate;
}

/// What turns out not to be needed leaves its quota more to give, which another may then be shed
/// of.
constexpr int kRoundsMax = 3;

/// One pool. What is taken from it lowers `use_`, and what its quotas hold too much of.
class PoolShedder {
public:
  PoolShedder(const SheddingInput& input, const PoolName& pool, std::span<Victim* const> in_pool);

  [[nodiscard]] std::vector<Shedding> shed(PoolRelief& relief);

private:
  void note_leaving(PoolRelief& relief);
  void pick(const Aim& aim);
  [[nodiscard]] bool is_pressed(const MeasuredUse& use, const ResourceName& resource,
                                const Aim& aim) const;
  [[nodiscard]] bool helps(const Candidate& candidate, const Aim& aim) const;
  [[nodiscard]] bool is_missed(const Candidate& candidate, const Aim& aim) const;
  [[nodiscard]] bool may_go(const Candidate& candidate, const Aim& aim) const;
  [[nodiscard]] std::string why(const Aim& aim) const;
  [[nodiscard]] Amount above_nominal(QuotaIndex quota, const ResourceName& resource) const;
  [[nodiscard]] Amount gone(QuotaIndex quota, const ResourceName& resource) const;
  [[nodiscard]] bool is_above_nominal(const Candidate& candidate) const;
  [[nodiscard]] bool keeps_nominal(const Candidate& candidate) const;
  void take(const Candidate& candidate);
  void give_back(const Candidate& candidate);

  const SheddingInput& input_;
  PoolName pool_;
  MeasuredUse use_;
  Throttle throttle_;
  std::vector<Candidate> candidates_;         ///< in the order in which they give way
  std::map<QuotaIndex, ResourceVector> gone_; ///< of what quotas hold
  std::vector<Shedding> sheddings_;
};

PoolShedder::PoolShedder(const SheddingInput& input, const PoolName& pool,
                         std::span<Victim* const> in_pool)
    : input_(input), pool_(pool), use_(*input.rates.measured(pool)),
      throttle_(input.snapshot.policy_of(pool).throttle) {
  std::vector<Victim*> work(in_pool.begin(), in_pool.end());
  std::sort(work.begin(), work.end(), [](const Victim* left, const Victim* right) {
    return rank_of(*left) < rank_of(*right);
  });
  for (const Victim* victim : work)
    candidates_.push_back(candidate_of(*victim, use_));
}

std::vector<Shedding> PoolShedder::shed(PoolRelief& relief) {
  note_leaving(relief);
  relief.settle(input_.snapshot, &use_, input_.now);
  use_.used -= relief.total(use_, input_.now);
  for (const Aim& aim : aims_of(input_.rates.degradation(pool_)))
    pick(aim);
  for (const Candidate& candidate : candidates_)
    if (candidate.is_chosen)
      for (const auto& pod : candidate.victim->pods)
        relief.note_leaving(*pod, input_.now);
  return std::move(sheddings_);
}

/// What goes anyway relieves the pool, and takes of what its quota holds too much of.
void PoolShedder::note_leaving(PoolRelief& relief) {
  for (const Candidate& candidate : candidates_) {
    const Victim& victim = *candidate.victim;
    for (const auto& pod : victim.pods) {
      if (pod->terminating && pod->is_measurable())
        relief.note_leaving(*pod, input_.now);
      if (pod->terminating || victim.is_claimed)
        gone_[victim.quota] += pod->requests();
    }
  }
}

/// Until the pool is below the level, or nobody is left who could help.
void PoolShedder::pick(const Aim& aim) {
  std::vector<Candidate*> chosen;
  for (int round = 0; round < kRoundsMax; ++round) {
    for (Candidate& candidate : candidates_)
      if (!candidate.is_chosen && helps(candidate, aim) && may_go(candidate, aim)) {
        take(candidate);
        candidate.is_chosen = true;
        chosen.push_back(&candidate);
      }
    for (Candidate*& last : std::views::reverse(chosen))
      if (!is_missed(*last, aim)) {
        give_back(*last);
        last->is_chosen = false;
        last = nullptr;
      }
    std::erase(chosen, nullptr);
  }
  std::sort(chosen.begin(), chosen.end()); // they point into what is in order
  for (const Candidate* candidate : chosen) {
    const QuotaName& quota = input_.snapshot.quotas->spec(candidate->victim->quota).name;
    for (const auto& pod : candidate->victim->pods)
      if (!pod->terminating)
        sheddings_.push_back(Shedding{pod, quota, Reason::PoolUnderPressure, why(aim), input_.now,
                                      aim.gives_notice});
  }
}

std::string PoolShedder::why(const Aim& aim) const {
  return aim.level == PressureLevel::None ? input_.rates.describe_degraded(pool_)
                                          : input_.rates.describe(pool_);
}

bool PoolShedder::is_pressed(const MeasuredUse& use, const ResourceName& resource,
                             const Aim& aim) const {
  if (aim.level != PressureLevel::None)
    return pressure_level(throttle_, use, resource) >= aim.level;
  const auto& limits = use.degradation.limits;
  const auto limit = std::ranges::find(limits, resource, &UseLimit::resource);
  const auto percent = use.percent(resource);
  return limit != limits.end() && percent && *percent >= limit->percent;
}

bool PoolShedder::helps(const Candidate& candidate, const Aim& aim) const {
  return std::any_of(candidate.relief.begin(), candidate.relief.end(),
                     [&](const auto& entry) { return is_pressed(use_, entry.name, aim); });
}

/// Whether the pool would be at the level again, in something that it frees.
bool PoolShedder::is_missed(const Candidate& candidate, const Aim& aim) const {
  MeasuredUse without = use_;
  without.used += candidate.relief;
  return std::any_of(candidate.relief.begin(), candidate.relief.end(),
                     [&](const auto& entry) { return is_pressed(without, entry.name, aim); });
}

bool PoolShedder::may_go(const Candidate& candidate, const Aim& aim) const {
  const Victim& victim = *candidate.victim;
  if (victim.is_protected || victim.is_spared || victim.is_claimed || victim.is_leaving)
    return false;
  const bool is_rest = victim.is_burst || victim.is_lent;
  if (!(is_rest ? aim.takes_rest : aim.takes_borrowed))
    return false;
  if (victim.is_burst)
    return is_above_nominal(candidate);
  if (!victim.is_lent)
    return is_above_nominal(candidate) && keeps_nominal(candidate);
  // What is lent was told until when it has its place; only an emergency comes earlier.
  return aim.is_emergency ||
         std::all_of(victim.pods.begin(), victim.pods.end(), [&](const auto& pod) {
           return pod->revocable_after && *pod->revocable_after <= input_.now;
         });
}

/// Bursts included, however much room others leave for them: else what goes elsewhere would change
/// who may go here. <= 0 if nothing, or if it is not governed.
Amount PoolShedder::above_nominal(QuotaIndex quota, const ResourceName& resource) const {
  const Amount left = input_.balance.left(quota, pool_, resource);
  return left.is_unlimited() ? Amount{} : input_.balance.beyond(quota, pool_, resource) - left;
}

Amount PoolShedder::gone(QuotaIndex quota, const ResourceName& resource) const {
  const auto known = gone_.find(quota);
  return known == gone_.end() ? Amount{} : known->second.get(resource);
}

/// Whether its quota still has more than its own of something that it holds, once those before it
/// are gone.
bool PoolShedder::is_above_nominal(const Candidate& candidate) const {
  return std::any_of(candidate.held.begin(), candidate.held.end(), [&](const auto& entry) {
    return entry.amount > Amount{} && above_nominal(candidate.victim->quota, entry.name) >
                                          gone(candidate.victim->quota, entry.name);
  });
}

/// P2 b: whether its quota would keep its own of everything that it has more of.
bool PoolShedder::keeps_nominal(const Candidate& candidate) const {
  return std::all_of(candidate.held.begin(), candidate.held.end(), [&](const auto& entry) {
    const Amount above = above_nominal(candidate.victim->quota, entry.name);
    return above <= Amount{} || gone(candidate.victim->quota, entry.name) + entry.amount <= above;
  });
}

void PoolShedder::take(const Candidate& candidate) {
  use_.used -= candidate.relief;
  gone_[candidate.victim->quota] += candidate.held;
}

void PoolShedder::give_back(const Candidate& candidate) {
  use_.used += candidate.relief;
  gone_[candidate.victim->quota] -= candidate.held;
}

bool is_shed(const SheddingInput& input, const PoolName& pool) {
  const Degradation& degradation = input.rates.degradation(pool);
  const bool is_asked_for = input.rates.pressure(pool) >= PressureLevel::Critical ||
                            degradation.gives_up(DegradationStep::ShedOpportunistic) ||
                            degradation.gives_up(DegradationStep::ShedBorrowed);
  return is_asked_for && input.rates.measured(pool)->oldest() >= input.memory.sheds_from;
}

} // namespace

std::vector<Shedding> shed_under_pressure(const SheddingInput& input,
                                          const std::function<RunningWork&()>& work,
                                          AllocationMemory& memory) {
  std::vector<Shedding> sheddings;
  std::map<PoolName, PoolRelief> reliefs;
  for (const auto& pool : input.snapshot.pools) {
    PoolRelief relief = memory.reliefs[pool->name];
    if (is_shed(input, pool->name)) {
      auto shed = PoolShedder(input, pool->name, work().in_pool(pool->name)).shed(relief);
      std::move(shed.begin(), shed.end(), std::back_inserter(sheddings));
    } else {
      relief.settle(input.snapshot, input.rates.measured(pool->name), input.now);
    }
    if (!relief.empty())
      reliefs.emplace(pool->name, std::move(relief));
  }
  memory.reliefs = std::move(reliefs);
  return sheddings;
}

} // namespace berth::allocation
