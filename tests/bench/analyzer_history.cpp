// What two weeks of a large cluster take up: 1,000 nodes with 15 containers each, cpu and memory,
// 30,000 series measured once a minute. Prints bytes, bits per step by kind of series, and the time
// that one round of samples takes. The share of each kind is a guess; the bits of each are not.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>

#include "analyzer/model/history/history.hpp"
#include "analyzer/model/history/snapshot.hpp"
#include "lib/base/rng.hpp"

namespace {

using namespace berth;
using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
constexpr int kSeries = 30'000;
constexpr int kMinutes = 15 * 24 * 60;

struct Kind {
  const char* name;
  double share;
  double level;
  double daily; ///< amplitude of the day, as a part of the level
  double noise; ///< from sample to sample, as a part of the level
};
/// From NAB's realAWSCloudwatch series: idle, steady, with a day, and ragged ones.
constexpr Kind kKinds[] = {{"idle", 0.3, 2, 0, 0},
                           {"memory", 0.4, 4e8, 0.02, 0.004},
                           {"daily", 0.2, 300, 0.4, 0.06},
                           {"ragged", 0.1, 100, 0.2, 0.5}};

double value_of(const Kind& kind, int minute, Rng& rng) {
  const double day = std::sin(minute / 1440.0 * 6.283185307179586);
  const double noise = rng.unit() + rng.unit() + rng.unit() + rng.unit() - 2; // spread 0.58
  return std::max(0.0, kind.level * (1 + kind.daily * day + kind.noise * noise / 0.58));
}

std::size_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  status >> pages >> resident;
  return resident * 4096;
}

/// The kind of the series, by the shares.
const Kind& kind_of(int series) {
  double share = (series % 100 + 0.5) / 100;
  for (const Kind& kind : kKinds) {
    if (share < kind.share)
      return kind;
    share -= kind.share;
  }
  return kKinds[3];
}

void print_bits() {
  for (const Kind& kind : kKinds) {
    Rng rng(7);
    analyzer::Series series;
    const std::size_t empty = series.bytes();
    for (int minute = 0; minute < kMinutes; ++minute)
      static_cast<void>(series.add({kStart + minute * 1min, value_of(kind, minute, rng)},
                                   kStart + minute * 1min));
    const auto packed = static_cast<double>(series.packed().heap_bytes());
    std::printf("%-7s %5.2f bits per step, %5zu bytes a series (%zu before the first sample)\n",
                kind.name, 8 * packed / static_cast<double>(series.aggregates().size()),
                series.bytes(), empty);
  }
}

} // namespace

int main() {
  print_bits();
  const std::size_t before = resident_bytes();
  analyzer::History history({});
  std::vector<std::string> names;
  std::vector<Rng> dice;
  for (int i = 0; i < kSeries; ++i) {
    names.push_back("container/namespace-" + std::to_string(i % 200) + "/Deployment/workload-" +
                    std::to_string(i) + "/app/cpu");
    dice.emplace_back(static_cast<std::uint64_t>(i));
  }
  const std::size_t names_bytes = resident_bytes() - before;
  std::chrono::nanoseconds adding{0};
  for (int minute = 0; minute < kMinutes; ++minute) {
    const TimePoint now = kStart + minute * 1min;
    std::vector<double> values;
    for (int i = 0; i < kSeries; ++i)
      values.push_back(value_of(kind_of(i), minute, dice[static_cast<std::size_t>(i)]));
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < names.size(); ++i)
      static_cast<void>(history.add(names[i], {now, values[i]}, now));
    if (minute % 5 == 0)
      history.tend(now);
    adding += std::chrono::steady_clock::now() - began;
  }
  const auto& totals = history.totals();
  std::printf("%zu series, %lld days: %.1f MB counted, %.1f MB resident\n", totals.series,
              static_cast<long long>(totals.kept / 24h), static_cast<double>(totals.bytes) / 1e6,
              static_cast<double>(resident_bytes() - before - names_bytes) / 1e6);
  const double per_round = std::chrono::duration<double>(adding).count() / kMinutes;
  std::printf("%.1f ms a round of samples, %.2f %% of one core at 60 s\n", 1e3 * per_round,
              100 * per_round / 60);
  const auto began = std::chrono::steady_clock::now();
  const std::string snapshot = analyzer::encode_snapshot(history);
  const auto encoded = std::chrono::steady_clock::now();
  analyzer::History again({});
  const bool read =
      analyzer::decode_snapshot(snapshot, kStart + kMinutes * 1min, again).has_value();
  const auto decoded = std::chrono::steady_clock::now();
  std::printf("snapshot: %.1f MB, written in %.2f s, %s in %.2f s\n",
              static_cast<double>(snapshot.size()) / 1e6,
              std::chrono::duration<double>(encoded - began).count(), read ? "read" : "REFUSED",
              std::chrono::duration<double>(decoded - encoded).count());
  return read ? 0 : 1;
}
