#include "lib/allocation/burst.hpp"

#include <algorithm>

#include "lib/resources/int128.hpp"

namespace berth::allocation {
namespace {

using resources::Int128;

Int128 whole_budget(const BurstSpec& spec) {
  return Int128{spec.budget.count()} * kFullBurst;
}

} // namespace

BurstAccount BurstAccount::with_left(const BurstSpec& spec, Duration left, TimePoint as_of) {
  BurstAccount account;
  const Duration spent = std::clamp(spec.budget - left, Duration{0}, spec.budget);
  account.spent = static_cast<std::int64_t>(Int128{spent.count()} * kFullBurst);
  account.as_of = as_of;
  return account;
}

void BurstAccount::settle(const BurstSpec& spec, std::int64_t level, TimePoint now) {
  const Int128 budget = whole_budget(spec);
  Int128 owed = std::min<Int128>(spent, budget);
  const bool is_first = as_of == TimePoint{};
  const auto elapsed = is_first || now <= as_of ? 0 : (now - as_of).count();
  if (level > 0) {
    const Int128 drawn = Int128{level} * elapsed;
    if (owed + drawn >= budget && !empty_since)
      empty_since = std::max(as_of, now - Duration{elapsed}) +
                    Duration{static_cast<std::int64_t>((budget - owed + level - 1) / level)};
    owed = std::min(owed + drawn, budget);
  } else {
    owed = std::max<Int128>(owed - budget * elapsed / spec.refill.count(), 0);
  }
  spent = static_cast<std::int64_t>(owed);
  as_of = std::max(as_of, now);
}

bool BurstAccount::is_open(const BurstSpec& spec, std::int64_t level) const {
  const Int128 rest = whole_budget(spec) - spent;
  return level > 0 ? rest > 0 : rest * 100 >= whole_budget(spec) * kReopenPercent;
}

Duration BurstAccount::lasts(const BurstSpec& spec, std::int64_t level) const {
  const Int128 rest = std::max<Int128>(whole_budget(spec) - spent, 0);
  return Duration{static_cast<std::int64_t>((rest + level - 1) / level)};
}

Duration BurstAccount::left(const BurstSpec& spec) const {
  const Int128 rest = std::max<Int128>(whole_budget(spec) - spent, 0);
  return Duration{static_cast<std::int64_t>(rest / kFullBurst)};
}

std::optional<TimePoint> BurstAccount::reclaim_due(const BurstSpec& spec) const {
  return empty_since ? std::optional{*empty_since + spec.grace} : std::nullopt;
}

} // namespace berth::allocation
