#include "lib/allocation/run_times.hpp"

#include <algorithm>
#include <limits>

namespace berth::allocation {
namespace {

constexpr std::size_t kPercentile = 90;

struct Run {
  std::int32_t seconds = 0;
  bool goes_on = false; ///< it takes longer than that

  friend auto operator<=>(const Run&, const Run&) = default;
};

std::int32_t seconds_of(Duration duration) {
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(duration).count(),
                             std::numeric_limits<std::int32_t>::max()));
}

/// By the product-limit estimate; without runs that go on it is the nearest rank.
std::optional<std::int32_t> percentile(std::vector<Run> runs) {
  std::ranges::sort(runs);
  constexpr double kRounding = 1e-9;
  double longer = 1; // the part of runs that take longer than those looked at
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].goes_on)
      continue;
    const auto as_long = static_cast<double>(runs.size() - i);
    longer *= (as_long - 1) / as_long;
    if (longer * 100 <= 100 - kPercentile + kRounding)
      return runs[i].seconds;
  }
  return std::nullopt;
}

} // namespace

RunTimes::Runs& RunTimes::turn_to(const RunFamily& family) {
  if (const auto known = runs_.find(family); known != runs_.end()) {
    Turns& turns = turns_[family.namespace_name];
    turns.splice(turns.end(), turns, known->second.turn);
    return known->second;
  }
  if (runs_.size() >= families_max_)
    forget_one();
  Turns& turns = turns_[family.namespace_name];
  Runs& runs = runs_[family];
  runs.turn = turns.insert(turns.end(), family);
  return runs;
}

void RunTimes::forget_one() {
  const auto most = std::ranges::max_element(
      turns_, {}, [](const auto& of_namespace) { return of_namespace.second.size(); });
  runs_.erase(most->second.front());
  most->second.pop_front();
  if (most->second.empty())
    turns_.erase(most);
}

void RunTimes::begin(const RunFamily& family, const PodUid& run, TimePoint started) {
  if (family.kind.empty())
    return;
  Runs& runs = turn_to(family);
  if (runs.going_on.size() < kRunsMax)
    runs.going_on.emplace(run, started);
}

void RunTimes::end(const RunFamily& family, const PodUid& run, TimePoint started, TimePoint ended) {
  if (family.kind.empty())
    return;
  Runs& runs = turn_to(family);
  const bool is_one_of_many = runs.going_on.size() >= kRunsMax;
  if ((runs.going_on.erase(run) == 0 && is_one_of_many) || ended <= started)
    return;
  runs.last_end = std::max(runs.last_end, ended);
  if (runs.ended.size() < kRunsMax)
    runs.ended.emplace_back();
  runs.ended.at(runs.next) = seconds_of(ended - started);
  runs.next = (runs.next + 1) % kRunsMax;
}

void RunTimes::drop(const RunFamily& family, const PodUid& run) {
  if (const auto at = runs_.find(family); at != runs_.end())
    at->second.going_on.erase(run);
}

std::optional<Duration> RunTimes::expected(const RunFamily& family) const {
  const auto at = runs_.find(family);
  if (at == runs_.end() || at->second.ended.size() < kRunsMin)
    return std::nullopt;
  const Runs& of_family = at->second;
  std::vector<Run> runs;
  runs.reserve(of_family.ended.size() + of_family.going_on.size());
  for (const std::int32_t seconds : of_family.ended)
    runs.push_back({seconds, false});
  for (const auto& [run, since] : of_family.going_on)
    if (since < of_family.last_end)
      runs.push_back({seconds_of(of_family.last_end - since), true});
  const auto seconds = percentile(std::move(runs));
  return seconds ? std::optional<Duration>(std::chrono::seconds{*seconds}) : std::nullopt;
}

} // namespace berth::allocation
