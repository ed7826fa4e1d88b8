#include "lib/allocation/shedding.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "lib/allocation/priority.hpp"

namespace berth::allocation {
namespace {

struct Holder {
  std::shared_ptr<const PodView> pod;
  const Charge* charge = nullptr;
  QuotaIndex quota = 0;
  std::int64_t priority = 0;
};

bool gives_way_before(const Holder& left, const Holder& right) {
  return std::tuple{left.priority, right.pod->created, left.pod->uid} <
         std::tuple{right.priority, left.pod->created, right.pod->uid};
}

class BurstEnder {
public:
  explicit BurstEnder(const SheddingInput& input) : input_(input) {}

  void add_to(std::vector<Shedding>& sheddings);

private:
  [[nodiscard]] bool has_any_ended() const;
  void collect_holders(const std::vector<Shedding>& sheddings);
  [[nodiscard]] std::optional<TimePoint> end_of(const Holder& holder) const;
  [[nodiscard]] bool frees_excess(const Holder& holder);
  [[nodiscard]] ResourceVector& gone_of(const Holder& holder) {
    return gone_[{holder.quota, holder.charge->pool}];
  }

  const SheddingInput& input_;
  std::vector<Holder> holders_; ///< in the order in which they give way
  std::map<std::pair<QuotaIndex, PoolName>, ResourceVector> gone_;
};

void BurstEnder::add_to(std::vector<Shedding>& sheddings) {
  if (!has_any_ended())
    return;
  collect_holders(sheddings);
  for (const Holder& holder : holders_)
    if (const auto end = end_of(holder); end && frees_excess(holder))
      sheddings.push_back(Shedding{
          holder.pod, holder.charge->quota, Reason::BurstEnded,
          "the burst budget of quota " + holder.charge->quota.str() + " is used up", *end});
}

/// Most of the time none has, and no pod is looked at.
bool BurstEnder::has_any_ended() const {
  return std::ranges::any_of(input_.memory.quotas, [](const auto& entry) {
    return entry.second.burst.empty_since.has_value();
  });
}

void BurstEnder::collect_holders(const std::vector<Shedding>& sheddings) {
  std::set<PodUid> shed;
  for (const Shedding& shedding : sheddings)
    shed.insert(shedding.pod->uid);
  const QuotaForest& forest = *input_.snapshot.quotas;
  input_.snapshot.charges.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
        const auto quota = forest.find(charge->quota);
        const auto* pod = input_.snapshot.pods.find(uid);
        if (!charge->is_burst || !quota || pod == nullptr || !charge->reservation.empty())
          return;
        const Holder holder{*pod, charge.get(), *quota,
                            effective_priority((*pod)->priority, &forest.spec(*quota),
                                               (*pod)->shape->constraints.rules, charge->pool)};
        if ((*pod)->terminating || shed.contains(uid))
          gone_of(holder) += (*pod)->requests();
        else
          holders_.push_back(holder);
      });
  std::sort(holders_.begin(), holders_.end(), gives_way_before);
}

std::optional<TimePoint> BurstEnder::end_of(const Holder& holder) const {
  const auto& spec = input_.snapshot.quotas->spec(holder.quota).burst;
  const auto memory = input_.memory.quotas.find(holder.charge->quota);
  if (!spec)
    return input_.now; // the quota has no burst any more
  return memory == input_.memory.quotas.end() ? std::nullopt
                                              : memory->second.burst.reclaim_due(*spec);
}

/// Whether the pod has something of which its quota still has too much once those before it are
/// gone; if so it counts as gone.
bool BurstEnder::frees_excess(const Holder& holder) {
  ResourceVector& gone = gone_of(holder);
  const bool helps = std::ranges::any_of(holder.pod->requests(), [&](const auto& asked) {
    return asked.amount > Amount{} &&
           gone.get(asked.name) <
               input_.balance.beyond(holder.quota, holder.charge->pool, asked.name);
  });
  if (helps)
    gone += holder.pod->requests();
  return helps;
}

} // namespace

void add_ended_bursts(const SheddingInput& input, std::vector<Shedding>& sheddings) {
  BurstEnder(input).add_to(sheddings);
}

} // namespace berth::allocation
