#pragma once
// RunTimes: how long work of one family ran before (B2), for work that does not say how long it
// will run. The answer is a high percentile and not the mean: a plan that is too short is broken by
// the work itself, one that is too long only leaves room to backfill (Tsafrir, Etsion, Feitelson:
// "Backfilling Using System-Generated Predictions Rather than User Runtime Estimates", 2007, learns
// from the last runs of the same user alike). Runs that go on count for as long as they have taken
// (Kaplan, Meier: "Nonparametric Estimation from Incomplete Observations", 1958): of those that
// began together the shortest end first.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// Work whose runs tell of each other; none without a kind.
struct RunFamily {
  std::string namespace_name{};
  std::string kind{}; ///< who makes it, and what it asks for

  friend bool operator==(const RunFamily&, const RunFamily&) = default;
  friend auto operator<=>(const RunFamily&, const RunFamily&) = default;
};

class RunTimes {
public:
  /// Families beyond the limit: of the namespace that has the most, that goes in which nothing
  /// began or ended for the longest time.
  explicit RunTimes(std::size_t families_max = 10'000) : families_max_(families_max) {}

  /// A run goes on. Where kRunsMax of the family do, those tell enough of the others.
  void begin(const RunFamily& family, const PodUid& run, TimePoint started);
  /// It ended well. What did not take any time is no run.
  void end(const RunFamily& family, const PodUid& run, TimePoint started, TimePoint ended);
  /// It is over and tells nothing.
  void drop(const RunFamily& family, const PodUid& run);
  /// What nine of ten of the family's runs take at most, in whole seconds, rounded up; nothing
  /// before kRunsMin of them have ended, or while too many go on that are as old as that.
  [[nodiscard]] std::optional<Duration> expected(const RunFamily& family) const;
  [[nodiscard]] std::size_t families() const { return runs_.size(); }

  static constexpr std::size_t kRunsMin = 3;
  /// Older runs are forgotten.
  static constexpr std::size_t kRunsMax = 50;

private:
  using Turns = std::list<RunFamily>; ///< the longest ago first
  struct Runs {
    std::vector<std::int32_t> ended{}; ///< in seconds; a ring
    std::size_t next = 0;
    std::map<PodUid, TimePoint> going_on{}; ///< since when
    TimePoint last_end = TimePoint::min();
    Turns::iterator turn{};
  };

  Runs& turn_to(const RunFamily& family);
  void forget_one();

  std::map<RunFamily, Runs> runs_;
  std::map<std::string, Turns> turns_; ///< by namespace
  std::size_t families_max_;
};

} // namespace berth::allocation
