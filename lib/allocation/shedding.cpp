#include "lib/allocation/shedding.hpp"

#include <algorithm>
#include <tuple>

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

void SheddingFinder::shed_bursts() {
  for (const Holder& holder : holders_) {
    if (!holder.charge->is_burst)
      continue;
    if (pressure(holder) >= PressureLevel::Critical)
      shed(holder, Reason::PoolUnderPressure, input_.now);
    else if (const auto end = burst_end(holder))
      shed(holder, Reason::BurstEnded, *end);
  }
}

/// Of each quota as much as it holds itself above what is its own.
void SheddingFinder::shed_borrowed() {
  std::map<std::pair<QuotaIndex, PoolName>, ResourceVector> freed;
  for (const Holder& holder : holders_) {
    if (holder.charge->is_burst || pressure(holder) < PressureLevel::Emergency)
      continue;
    const PoolName& pool = holder.charge->pool;
    ResourceVector& gone = freed[{holder.quota, pool}];
    const bool helps = std::ranges::any_of(holder.pod->requests(), [&](const auto& asked) {
      const Amount left = input_.balance.left(holder.quota, pool, asked.name);
      return asked.amount > Amount{} && gone.get(asked.name) < -left;
    });
    if (!helps)
      continue;
    gone += holder.pod->requests();
    shed(holder, Reason::PoolUnderPressure, input_.now);
  }
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
