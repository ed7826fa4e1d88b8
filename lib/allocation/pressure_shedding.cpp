#include "lib/allocation/pressure_shedding.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace berth::allocation {
namespace {

/// What a quota holds less: of what its bursts hold beyond Q2, and of what is charged to it.
struct Freed {
  ResourceVector beyond{};
  ResourceVector charged{};
};

/// A victim as shedding sees it.
struct Candidate {
  const Victim* victim = nullptr;
  ResourceVector relief{}; ///< what its pods ask for where they run
  bool is_beyond = false;  ///< its quota's bursts hold more than there is room for (Q6)
  bool is_chosen = false;
  Freed freed{}; ///< if it is taken
};

auto rank_of(const Victim& victim) {
  return std::tuple{!victim.is_burst, victim.priority, -victim.started.time_since_epoch(),
                    std::string_view(victim.workload.str())};
}

/// A request is no use, and what is not bound uses nothing.
ResourceVector relief_of(const Victim& victim) {
  ResourceVector relief;
  for (const auto& pod : victim.pods)
    if (pod->is_bound() && !pod->is_request && !pod->terminating)
      for (const ResourceName& resource : pressed_resources())
        if (const Amount amount = pod->requests().get(resource); amount > Amount{})
          relief.set(resource, relief.get(resource) + amount);
  return relief;
}

/// One pool. What is taken from it lowers `use_`, and what its quotas hold too much of.
class PoolShedder {
public:
  PoolShedder(const SheddingInput& input, const PoolName& pool, std::vector<Victim*> work);

  [[nodiscard]] std::vector<Shedding> shed(PoolRelief& relief);

private:
  void note_leaving(PoolRelief& relief);
  void pick(PressureLevel level);
  [[nodiscard]] bool is_pressed(const MeasuredUse& use, const ResourceName& resource,
                                PressureLevel level) const;
  [[nodiscard]] bool helps(const Candidate& candidate, PressureLevel level) const;
  [[nodiscard]] bool is_missed(const Candidate& candidate, PressureLevel level) const;
  [[nodiscard]] bool may_go(const Candidate& candidate, PressureLevel level) const;
  [[nodiscard]] bool is_all_borrowed(const Candidate& candidate) const;
  [[nodiscard]] bool frees_beyond(const Candidate& candidate) const;
  [[nodiscard]] Freed freed_by(const Candidate& candidate, const ResourceVector& amounts) const;
  void take(Candidate& candidate);
  void give_back(const Candidate& candidate);
  [[nodiscard]] const Freed& gone_of(QuotaIndex quota) const {
    static const Freed kNothing;
    const auto known = gone_.find(quota);
    return known == gone_.end() ? kNothing : known->second;
  }
  void book(QuotaIndex quota, const Freed& freed) {
    gone_[quota].beyond += freed.beyond;
    gone_[quota].charged += freed.charged;
  }

  const SheddingInput& input_;
  PoolName pool_;
  MeasuredUse use_;
  Throttle throttle_;
  std::vector<Candidate> candidates_; ///< in the order in which they give way
  std::map<QuotaIndex, Freed> gone_;
  std::vector<Shedding> sheddings_;
};

PoolShedder::PoolShedder(const SheddingInput& input, const PoolName& pool,
                         std::vector<Victim*> work)
    : input_(input), pool_(pool), use_(*input.rates.measured(pool)),
      throttle_(input.snapshot.policy_of(pool).throttle) {
  std::sort(work.begin(), work.end(), [](const Victim* left, const Victim* right) {
    return rank_of(*left) < rank_of(*right);
  });
  for (const Victim* victim : work) {
    const bool is_beyond =
        victim->is_burst &&
        std::any_of(victim->total.begin(), victim->total.end(), [&](auto& entry) {
          return entry.amount > Amount{} &&
                 input.balance.beyond(victim->quota, pool, entry.name) > Amount{};
        });
    candidates_.push_back({victim, relief_of(*victim), is_beyond, false, {}});
  }
}

std::vector<Shedding> PoolShedder::shed(PoolRelief& relief) {
  note_leaving(relief);
  relief.settle(input_.snapshot, use_.at, input_.now);
  use_.used -= relief.total(input_.now);
  pick(PressureLevel::Emergency);
  pick(PressureLevel::Critical);
  for (const Candidate& candidate : candidates_)
    if (candidate.is_chosen)
      for (const auto& pod : candidate.victim->pods)
        relief.note_leaving(pod->uid, pod->is_bound() ? pod->requests() : ResourceVector{},
                            input_.now);
  return std::move(sheddings_);
}

/// What goes anyway relieves the pool, and takes of what its quota holds too much of.
void PoolShedder::note_leaving(PoolRelief& relief) {
  for (const Candidate& candidate : candidates_) {
    const Victim& victim = *candidate.victim;
    for (const auto& pod : victim.pods) {
      if (pod->terminating && pod->is_bound() && !pod->is_request)
        relief.note_leaving(pod->uid, pod->requests(), input_.now);
      if (pod->terminating || victim.is_claimed)
        book(victim.quota, freed_by(candidate, pod->requests()));
    }
  }
}

/// Until the pool is below the level, or nobody is left who could help.
void PoolShedder::pick(PressureLevel level) {
  std::vector<Candidate*> chosen;
  for (Candidate& candidate : candidates_)
    if (!candidate.is_chosen && helps(candidate, level) && may_go(candidate, level)) {
      take(candidate);
      chosen.push_back(&candidate);
    }
  for (auto last = chosen.rbegin(); last != chosen.rend(); ++last)
    if (!is_missed(**last, level)) {
      give_back(**last);
      *last = nullptr;
    }
  std::erase(chosen, nullptr);
  for (Candidate* candidate : chosen) {
    candidate->is_chosen = true;
    const QuotaName& quota = input_.snapshot.quotas->spec(candidate->victim->quota).name;
    for (const auto& pod : candidate->victim->pods)
      if (!pod->terminating)
        sheddings_.push_back(Shedding{pod, quota, Reason::PoolUnderPressure, input_.now,
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
  if (candidate.is_beyond)
    return frees_beyond(candidate);
  if (!victim.is_lent)
    return is_all_borrowed(candidate);
  // What is lent was told until when it has its place; only an emergency comes earlier.
  return level == PressureLevel::Emergency ||
         std::all_of(victim.pods.begin(), victim.pods.end(), [&](const auto& pod) {
           return pod->revocable_after && *pod->revocable_after <= input_.now;
         });
}

/// P2 b: its quota borrows something that it holds, and would keep its nominal of all of that.
bool PoolShedder::is_all_borrowed(const Candidate& candidate) const {
  const Victim& victim = *candidate.victim;
  bool borrows = false;
  for (const auto& [resource, amount] : victim.total) {
    const Amount left = input_.balance.left(victim.quota, pool_, resource);
    if (amount <= Amount{} || left.is_unlimited() || left >= Amount{})
      continue;
    if (gone_of(victim.quota).charged.get(resource) + amount > -left)
      return false;
    borrows = true;
  }
  return borrows;
}

/// Q6: of something that there is still no room for once those before it are gone.
bool PoolShedder::frees_beyond(const Candidate& candidate) const {
  const Victim& victim = *candidate.victim;
  return std::any_of(victim.total.begin(), victim.total.end(), [&](const auto& entry) {
    return entry.amount > Amount{} && gone_of(victim.quota).beyond.get(entry.name) <
                                          input_.balance.beyond(victim.quota, pool_, entry.name);
  });
}

/// What goes with `amounts` of it, after what has gone already.
Freed PoolShedder::freed_by(const Candidate& candidate, const ResourceVector& amounts) const {
  Freed freed{{}, amounts};
  if (!candidate.is_beyond)
    return freed;
  const QuotaIndex quota = candidate.victim->quota;
  for (const auto& [resource, amount] : amounts) {
    const Amount left =
        input_.balance.beyond(quota, pool_, resource) - gone_of(quota).beyond.get(resource);
    const Amount beyond = std::clamp(left, Amount{}, std::max(amount, Amount{}));
    freed.beyond.set(resource, beyond);
    freed.charged.set(resource, amount - beyond);
  }
  return freed;
}

void PoolShedder::take(Candidate& candidate) {
  use_.used -= candidate.relief;
  candidate.freed = freed_by(candidate, candidate.victim->total);
  book(candidate.victim->quota, candidate.freed);
}

void PoolShedder::give_back(const Candidate& candidate) {
  use_.used += candidate.relief;
  Freed& gone = gone_[candidate.victim->quota];
  gone.beyond -= candidate.freed.beyond;
  gone.charged -= candidate.freed.charged;
}

bool is_shed(const SheddingInput& input, const PoolName& pool) {
  return input.rates.pressure(pool) >= PressureLevel::Critical &&
         input.rates.measured(pool)->at >= input.memory.sheds_from;
}

} // namespace

bool sheds_anything(const SheddingInput& input) {
  return std::any_of(input.snapshot.pools.begin(), input.snapshot.pools.end(),
                     [&](const auto& pool) { return is_shed(input, pool->name); });
}

std::vector<Shedding> shed_under_pressure(const SheddingInput& input, RunningWork& work,
                                          AllocationMemory& memory) {
  std::vector<Shedding> sheddings;
  std::map<PoolName, PoolRelief> reliefs;
  for (const auto& pool : input.snapshot.pools) {
    if (!is_shed(input, pool->name))
      continue;
    PoolRelief relief = memory.reliefs[pool->name];
    auto shed = PoolShedder(input, pool->name, work.in_pool(pool->name)).shed(relief);
    std::move(shed.begin(), shed.end(), std::back_inserter(sheddings));
    if (!relief.empty())
      reliefs.emplace(pool->name, std::move(relief));
  }
  memory.reliefs = std::move(reliefs);
  return sheddings;
}

} // namespace berth::allocation
