#include "lib/allocation/shedding.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <utility>

namespace berth::allocation {
namespace {

/// Whole workloads are chosen: of a gang all go, or nobody.
class BurstEnder {
public:
  explicit BurstEnder(const SheddingInput& input) : input_(input) {}

  [[nodiscard]] bool has_any_ended() const;
  void add_to(std::vector<Shedding>& sheddings, std::span<Victim* const> work);

private:
  [[nodiscard]] bool is_burst_outside(const Victim& victim) const;
  [[nodiscard]] std::optional<TimePoint> end_of(QuotaIndex quota) const;
  [[nodiscard]] bool is_too_much(const Victim& victim);
  [[nodiscard]] ResourceVector& gone_of(const Victim& victim) {
    return gone_[{victim.quota, victim.pool}];
  }

  const SheddingInput& input_;
  std::map<std::pair<QuotaIndex, PoolName>, ResourceVector> gone_;
};

/// Most of the time none has, and no pod is looked at.
bool BurstEnder::has_any_ended() const {
  return std::ranges::any_of(input_.memory.quotas, [](const auto& entry) {
    return entry.second.burst.empty_since.has_value();
  });
}

void BurstEnder::add_to(std::vector<Shedding>& sheddings, std::span<Victim* const> work) {
  std::set<PodUid> shed;
  for (const Shedding& shedding : sheddings)
    shed.insert(shedding.pod->uid);
  std::vector<const Victim*> candidates;
  for (const Victim* victim : work) {
    if (!is_burst_outside(*victim))
      continue;
    const bool goes =
        victim->is_leaving || victim->is_claimed ||
        std::ranges::any_of(victim->pods, [&](const auto& pod) { return shed.contains(pod->uid); });
    if (goes)
      gone_of(*victim) += victim->total;
    else if (!victim->is_protected && end_of(victim->quota))
      candidates.push_back(victim);
  }
  std::vector<const Victim*> chosen;
  for (const Victim* victim : candidates)
    if (is_too_much(*victim)) {
      gone_of(*victim) += victim->total;
      chosen.push_back(victim);
    }
  for (const Victim*& last : std::views::reverse(chosen)) { // or it may stay after all
    gone_of(*last) -= last->total;
    if (is_too_much(*last))
      gone_of(*last) += last->total;
    else
      last = nullptr;
  }
  std::erase(chosen, nullptr);
  for (const Victim* victim : chosen) {
    const QuotaName& quota = input_.snapshot.quotas->spec(victim->quota).name;
    for (const auto& pod : victim->pods)
      if (!pod->terminating)
        sheddings.push_back(Shedding{pod, quota, Reason::BurstEnded,
                                     "the burst budget of quota " + quota.str() + " is used up",
                                     *end_of(victim->quota)});
  }
}

/// What a reservation holds goes by its window.
bool BurstEnder::is_burst_outside(const Victim& victim) const {
  return victim.is_burst && std::ranges::none_of(victim.pods, [&](const auto& pod) {
           const auto* charge = input_.snapshot.charges.find(pod->uid);
           return charge != nullptr && !(*charge)->reservation.empty();
         });
}

std::optional<TimePoint> BurstEnder::end_of(QuotaIndex quota) const {
  const QuotaSpec& spec = input_.snapshot.quotas->spec(quota);
  const auto memory = input_.memory.quotas.find(spec.name);
  if (!spec.burst)
    return input_.now; // the quota has no burst any more
  return memory == input_.memory.quotas.end() ? std::nullopt
                                              : memory->second.burst.reclaim_due(*spec.burst);
}

/// Whether the workload has something of which its quota still has too much once those that count
/// as gone are.
bool BurstEnder::is_too_much(const Victim& victim) {
  const ResourceVector& gone = gone_of(victim);
  return std::ranges::any_of(victim.total, [&](const auto& asked) {
    return asked.amount > Amount{} &&
           gone.get(asked.name) < input_.balance.beyond(victim.quota, victim.pool, asked.name);
  });
}

} // namespace

void add_ended_bursts(const SheddingInput& input, const std::function<RunningWork&()>& work,
                      std::vector<Shedding>& sheddings) {
  BurstEnder ender(input);
  if (ender.has_any_ended())
    ender.add_to(sheddings, work().all());
}

} // namespace berth::allocation
