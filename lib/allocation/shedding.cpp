#include "lib/allocation/shedding.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

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

class SheddingFinder {
public:
  explicit SheddingFinder(const SheddingInput& input) : input_(input) {}

  [[nodiscard]] std::vector<Shedding> find();

private:
  [[nodiscard]] bool is_anybody_concerned() const;
  void collect_holders();
  using Freed = std::map<std::pair<QuotaIndex, PoolName>, ResourceVector>;
  template <class Excess>
  [[nodiscard]] static bool frees_excess(Freed& freed, const Holder& holder, const Excess& excess);
  void shed_bursts();
  void shed_borrowed();
  void shed(const Holder& holder, Reason reason, TimePoint not_before);
  [[nodiscard]] std::optional<TimePoint> burst_end(const Holder& holder) const;
  [[nodiscard]] PressureLevel pressure(const Holder& holder) const {
    return input_.rates.pressure(holder.charge->pool);
  }

  const SheddingInput& input_;
  std::vector<Holder> holders_; ///< in the order in which they give way
  std::vector<Shedding> sheddings_;
};

std::vector<Shedding> SheddingFinder::find() {
  if (!is_anybody_concerned())
    return {};
  collect_holders();
  shed_bursts();
  shed_borrowed();
  return std::move(sheddings_);
}

/// Most of the time nobody is, and no pod is looked at.
bool SheddingFinder::is_anybody_concerned() const {
  return std::ranges::any_of(
             input_.memory.quotas,
             [](const auto& entry) { return entry.second.burst.empty_since.has_value(); }) ||
         std::ranges::any_of(input_.snapshot.pools, [&](const auto& pool) {
           return input_.rates.pressure(pool->name) >= PressureLevel::Critical;
         });
}

void SheddingFinder::collect_holders() {
  const QuotaForest& forest = *input_.snapshot.quotas;
  input_.snapshot.charges.for_each(
      [&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
        const auto quota = forest.find(charge->quota);
        const auto* pod = input_.snapshot.pods.find(uid);
        if (quota && pod != nullptr && charge->reservation.empty() && !(*pod)->terminating)
          holders_.push_back(
              Holder{*pod, charge.get(), *quota,
                     std::int64_t{(*pod)->priority} + forest.spec(*quota).priority_offset});
      });
  std::sort(holders_.begin(), holders_.end(), gives_way_before);
}

/// Of each quota as much as it has no room for.
void SheddingFinder::shed_bursts() {
  Freed freed;
  for (const Holder& holder : holders_) {
    const auto excess = [&](const ResourceName& resource) {
      return input_.balance.beyond(holder.quota, holder.charge->pool, resource);
    };
    if (!holder.charge->is_burst)
      continue;
    if (pressure(holder) >= PressureLevel::Critical) {
      if (frees_excess(freed, holder, excess))
        shed(holder, Reason::PoolUnderPressure, input_.now);
    } else if (const auto end = burst_end(holder)) {
      if (frees_excess(freed, holder, excess))
        shed(holder, Reason::BurstEnded, *end);
    }
  }
}

/// Of each quota as much as it holds above what is its own.
void SheddingFinder::shed_borrowed() {
  Freed freed;
  for (const Holder& holder : holders_) {
    const auto excess = [&](const ResourceName& resource) {
      const Amount left = input_.balance.left(holder.quota, holder.charge->pool, resource);
      return left.is_unlimited() ? Amount{} : -left;
    };
    if (!holder.charge->is_burst && pressure(holder) >= PressureLevel::Emergency &&
        frees_excess(freed, holder, excess))
      shed(holder, Reason::PoolUnderPressure, input_.now);
  }
}

/// Whether the pod has something of which its quota still has too much once those before it are
/// gone; if so it counts as gone.
template <class Excess>
bool SheddingFinder::frees_excess(Freed& freed, const Holder& holder, const Excess& excess) {
  ResourceVector& gone = freed[{holder.quota, holder.charge->pool}];
  const bool helps = std::ranges::any_of(holder.pod->requests(), [&](const auto& asked) {
    return asked.amount > Amount{} && gone.get(asked.name) < excess(asked.name);
  });
  if (helps)
    gone += holder.pod->requests();
  return helps;
}

std::optional<TimePoint> SheddingFinder::burst_end(const Holder& holder) const {
  const auto& spec = input_.snapshot.quotas->spec(holder.quota).burst;
  const auto memory = input_.memory.quotas.find(holder.charge->quota);
  if (!spec)
    return input_.now; // the quota has no burst any more
  return memory == input_.memory.quotas.end() ? std::nullopt
                                              : memory->second.burst.reclaim_due(*spec);
}

void SheddingFinder::shed(const Holder& holder, Reason reason, TimePoint not_before) {
  sheddings_.push_back(Shedding{holder.pod, holder.charge->quota, reason, not_before});
}

} // namespace

std::vector<Shedding> find_sheddings(const SheddingInput& input) {
  return SheddingFinder(input).find();
}

} // namespace berth::allocation
