#include "lib/allocation/run_times.hpp"

#include <algorithm>
#include <limits>

namespace berth::allocation {
namespace {

constexpr std::size_t kPercentile = 90;

} // namespace

void RunTimes::record(const std::string& family, Duration duration) {
  if (family.empty() || duration <= Duration::zero())
    return;
  const auto [at, is_new] = runs_.try_emplace(family);
  Runs& runs = at->second;
  if (!is_new)
    by_last_end_.erase(runs.turn);
  runs.turn = by_last_end_.insert(by_last_end_.end(), family);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  runs.seconds.at(runs.next) = static_cast<std::int32_t>(
      std::min<std::int64_t>(seconds, std::numeric_limits<std::int32_t>::max()));
  runs.next = (runs.next + 1) % kRunsMax;
  runs.count = std::min(runs.count + 1, kRunsMax);
  if (runs_.size() <= families_max_)
    return;
  runs_.erase(by_last_end_.front());
  by_last_end_.pop_front();
}

std::optional<Duration> RunTimes::expected(const std::string& family) const {
  const auto at = runs_.find(family);
  if (at == runs_.end() || at->second.count < kRunsMin)
    return std::nullopt;
  auto seconds = at->second.seconds;
  const std::size_t count = at->second.count;
  const std::size_t rank = (kPercentile * count + 99) / 100; // 1 is the shortest
  const auto nth = seconds.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(seconds.begin(), nth, seconds.begin() + static_cast<std::ptrdiff_t>(count));
  return std::chrono::seconds{*nth};
}

} // namespace berth::allocation
