#include "lib/allocation/pressure_shedding.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <string_view>
#include <tuple>
#include <utility>

namespace berth::allocation {
namespace {

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
    for (const ResourceName& resource : pressed_resources())
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
  void pick(PressureLevel level);
  [[nodiscard]] bool is_pressed(const MeasuredUse& use, const ResourceName& resource,
                                PressureLevel level) const;
  [[nodiscard]] bool helps(const Candidate& candidate, PressureLevel level) const;
  [[nodiscard]] bool is_missed(const Candidate& candidate, PressureLevel level) const;
  [[nodiscard]] bool may_go(const Candidate& candidate, PressureLevel level) const;
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
  pick(PressureLevel::Emergency);
  pick(PressureLevel::Critical);
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
void PoolShedder::pick(PressureLevel level) {
  std::vector<Candidate*> chosen;
  for (int round = 0; round < kRoundsMax; ++round) {
    for (Candidate& candidate : candidates_)
      if (!candidate.is_chosen && helps(candidate, level) && may_go(candidate, level)) {
        take(candidate);
        candidate.is_chosen = true;
        chosen.push_back(&candidate);
      }
    for (Candidate*& last : std::views::reverse(chosen))
      if (!is_missed(*last, level)) {
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
        sheddings_.push_back(Shedding{pod, quota, Reason::PoolUnderPressure,
                                      input_.rates.describe(pool_), input_.now,
                                      level != PressureLevel::Emergency});
  }
}

bool PoolShedder::is_pressed(const MeasuredUse& use, const ResourceName& resource,
                             PressureLevel level) const {
  return pressure_level(throttle_, use, resource) >= level;
}

bool PoolShedder::helps(const Candidate& candidate, PressureLevel level) const {
  return std::any_of(candidate.relief.begin(), candidate.relief.end(),
                     [&](const auto& entry) { return is_pressed(use_, entry.name, level); });
}

/// Whether the pool would be at the level again, in something that it frees.
bool PoolShedder::is_missed(const Candidate& candidate, PressureLevel level) const {
  MeasuredUse without = use_;
  without.used += candidate.relief;
  return std::any_of(candidate.relief.begin(), candidate.relief.end(),
                     [&](const auto& entry) { return is_pressed(without, entry.name, level); });
}

bool PoolShedder::may_go(const Candidate& candidate, PressureLevel level) const {
  const Victim& victim = *candidate.victim;
  if (victim.is_protected || victim.is_spared || victim.is_claimed || victim.is_leaving)
    return false;
  if (victim.is_burst)
    return is_above_nominal(candidate);
  if (!victim.is_lent)
    return is_above_nominal(candidate) && keeps_nominal(candidate);
  // What is lent was told until when it has its place; only an emergency comes earlier.
  return level == PressureLevel::Emergency ||
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
  return input.rates.pressure(pool) >= PressureLevel::Critical &&
         input.rates.measured(pool)->oldest() >= input.memory.sheds_from;
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
