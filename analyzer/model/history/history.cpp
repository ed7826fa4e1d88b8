#include "analyzer/model/history/history.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace berth::analyzer {
namespace {

/// What a node of the map and the memory allocator take up for each series, beside the series.
constexpr std::size_t kOverheadBytes = 128;
constexpr Duration kDay = std::chrono::hours{24};
/// More days are kept again once so much of the memory is free.
constexpr double kRoomyPart = 0.75;

/// The newest thing that is known of it.
TimePoint newest(const Series& series) {
  if (const auto latest = series.latest())
    return latest->at;
  const auto steps = series.aggregates();
  return steps.empty() ? TimePoint{} : steps.back().start;
}

} // namespace

std::string series_name(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const std::string_view part : parts)
    name.append(name.empty() ? "" : "/").append(part);
  return name;
}

History::History(SeriesOptions options, HistoryLimits limits)
    : options_(options), kept_at_most_(options.aggregates_kept), limits_(limits) {
  totals_.kept = options_.aggregates_kept;
}

void History::expect_every(Duration interval) {
  if (interval == options_.interval)
    return;
  options_.interval = interval;
  for (auto& [name, series] : series_)
    series.expect_every(interval);
}

std::optional<SampleFate> History::add(std::string_view name, const Sample& sample, TimePoint now) {
  auto found = series_.find(name);
  if (found == series_.end()) {
    if (series_.size() >= limits_.series_max) {
      ++totals_.refused;
      return std::nullopt;
    }
    found = series_.emplace(std::string(name), options_).first;
  }
  const SampleCounts before = found->second.counts();
  const SampleFate fate = found->second.add(sample, now);
  totals_.samples += found->second.counts().since(before);
  return fate;
}

void History::raise(std::string_view name, double value, TimePoint now) {
  if (!std::isfinite(value))
    return;
  const auto found = marks_.find(name);
  if (found != marks_.end())
    found->second = {std::max(found->second.value, value), std::max(found->second.seen, now)};
  else if (marks_.size() < limits_.marks_max)
    marks_.emplace(std::string(name), Mark{value, now});
  else
    ++totals_.marks_refused;
}

void History::see(std::string_view name, TimePoint now) {
  const auto found = marks_.find(name);
  if (found != marks_.end())
    found->second.seen = std::max(found->second.seen, now);
}

const Series* History::find(std::string_view name) const {
  const auto found = series_.find(name);
  return found == series_.end() ? nullptr : &found->second;
}

double History::mark(std::string_view name) const {
  const auto found = marks_.find(name);
  return found == marks_.end() ? 0 : found->second.value;
}

void History::tend(TimePoint now) {
  std::erase_if(series_,
                [&](const auto& one) { return now - newest(one.second) > limits_.forget_after; });
  std::erase_if(
      marks_, [&](const auto& one) { return now - one.second.seen > limits_.forget_marks_after; });
  std::size_t used = bytes();
  while (used > limits_.bytes_max && options_.aggregates_kept > kDay) {
    keep_aggregates(options_.aggregates_kept - kDay);
    used = bytes();
  }
  const auto roomy = static_cast<std::size_t>(kRoomyPart * static_cast<double>(limits_.bytes_max));
  if (used < roomy && options_.aggregates_kept < kept_at_most_)
    keep_aggregates(std::min(options_.aggregates_kept + kDay, kept_at_most_));
  totals_.series = series_.size();
  totals_.marks = marks_.size();
  totals_.stale = static_cast<std::size_t>(
      std::ranges::count_if(series_, [&](const auto& one) { return one.second.is_stale(now); }));
  totals_.bytes = used;
  totals_.kept = options_.aggregates_kept;
}

bool History::restore(std::string name, const std::vector<Aggregate>& steps,
                      const std::vector<Sample>& samples) {
  if (series_.size() >= limits_.series_max)
    return false;
  const auto [place, is_new] = series_.try_emplace(std::move(name), options_);
  if (is_new)
    place->second.restore(steps, samples);
  return is_new;
}

std::size_t History::bytes() const {
  std::size_t sum = 0;
  for (const auto& [name, series] : series_)
    sum += kOverheadBytes + name.capacity() + series.bytes();
  return sum;
}

void History::keep_aggregates(Duration kept) {
  options_.aggregates_kept = kept;
  for (auto& [name, series] : series_)
    series.keep_aggregates(kept);
}

} // namespace berth::analyzer
