#pragma once
// StartHistory: how far planned starts can be trusted (B3). A planned start goes by what work says
// of itself, and work mostly ends earlier: the interval is where starts of its kind really came,
// between being told and being planned. An online conformal quantile: the last outcomes of a kind
// (its quota, and how far ahead it was told), at a level that tightens or loosens with every miss,
// so that it holds its promise in the long run whatever the workload is. Values in, values out; the
// operator feeds it and keeps it.

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

struct StartInterval {
  TimePoint earliest{};
  TimePoint latest{};

  [[nodiscard]] bool contains(TimePoint start) const {
    return earliest <= start && start <= latest;
  }
  friend bool operator==(const StartInterval&, const StartInterval&) = default;
};

/// What a waiting workload was told first.
struct ToldStart {
  TimePoint told_at{};
  TimePoint planned{};
  StartInterval interval{};
};

class StartHistory {
public:
  /// Nine in ten starts of the kind come within it.
  [[nodiscard]] StartInterval interval(const QuotaName& quota, TimePoint now,
                                       TimePoint planned) const;
  /// The workload that was told so started.
  void note(const QuotaName& quota, const ToldStart& told, TimePoint started);

  /// Starts outside of their interval, in thousandths.
  static constexpr std::int32_t kMissesPerMille = 100;
  /// Outcomes that are remembered of each kind, and how many of them say anything.
  static constexpr std::size_t kOutcomesMax = 256;
  static constexpr std::size_t kOutcomesMin = 20;

private:
  struct Kind {
    std::deque<std::int32_t> outcomes{}; ///< thousandths of the time that was told, oldest first
    std::int32_t level_per_mille_milli = kMissesPerMille * 1000; ///< of misses, as aimed at now
  };
  using Key = std::pair<QuotaName, int>;
  [[nodiscard]] static Key key_of(const QuotaName& quota, Duration ahead);

  std::map<Key, Kind> kinds_;
};

} // namespace berth::allocation
