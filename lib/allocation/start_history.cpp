#include "lib/allocation/start_history.hpp"

#include <algorithm>
#include <bit>
#include <vector>

namespace berth::allocation {
namespace {

/// How much one outcome moves the level: about one part in fifty of a miss.
constexpr std::int32_t kGainDivisor = 50;
constexpr std::int32_t kOutcomeMax = 100'000;

/// The outcome that `rank` thousandths of n + 1 lie below.
std::int32_t quantile(const std::vector<std::int32_t>& sorted, std::int64_t rank_per_mille) {
  const auto count = static_cast<std::int64_t>(sorted.size());
  const std::int64_t at = std::clamp<std::int64_t>(rank_per_mille * (count + 1) / 1000, 1, count);
  return sorted[static_cast<std::size_t>(at - 1)];
}

} // namespace

StartInterval StartHistory::interval(const QuotaName& quota, TimePoint now,
                                     TimePoint planned) const {
  const auto kind = kinds_.find(key_of(quota, planned - now));
  if (planned <= now || kind == kinds_.end() || kind->second.outcomes.size() < kOutcomesMin)
    return {now, std::max(now, planned)};
  std::vector<std::int32_t> sorted(kind->second.outcomes.begin(), kind->second.outcomes.end());
  std::sort(sorted.begin(), sorted.end());
  const std::int64_t tail = kind->second.level_per_mille_milli / 2000;
  const auto at = [&](std::int64_t outcome) {
    return now + Duration{(planned - now).count() / 1000 * outcome};
  };
  // The quantiles take in what lies on them: rounded outwards.
  return {std::max(now, at(quantile(sorted, tail) - 1)), at(quantile(sorted, 1000 - tail) + 1)};
}

void StartHistory::note(const QuotaName& quota, const ToldStart& told, TimePoint started) {
  const Duration ahead = told.planned - told.told_at;
  if (ahead <= Duration{0})
    return;
  Kind& kind = kinds_[key_of(quota, ahead)];
  const std::int32_t miss = told.interval.contains(started) ? 0 : 1000;
  kind.level_per_mille_milli = std::clamp(
      kind.level_per_mille_milli + (kMissesPerMille - miss) * 1000 / kGainDivisor, 2000, 500'000);
  const auto outcome = (started - told.told_at).count() * 1000 / ahead.count();
  kind.outcomes.push_back(
      static_cast<std::int32_t>(std::clamp<std::int64_t>(outcome, 0, kOutcomeMax)));
  if (kind.outcomes.size() > kOutcomesMax)
    kind.outcomes.pop_front();
}

/// By powers of four minutes: near and far starts go wrong in different ways.
StartHistory::Key StartHistory::key_of(const QuotaName& quota, Duration ahead) {
  const auto minutes = std::max<std::int64_t>(ahead.count() / 60'000, 0);
  return {quota, std::bit_width(static_cast<std::uint64_t>(minutes)) / 2};
}

} // namespace berth::allocation
