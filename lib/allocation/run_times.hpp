#pragma once
// RunTimes: how long work of one family ran before (B2), for work that does not say how long it
// will run. The answer is a high percentile and not the mean: a plan that is too short is broken by
// the work itself, one that is too long only leaves room to backfill (Tsafrir, Etsion, Feitelson:
// "Backfilling Using System-Generated Predictions Rather than User Runtime Estimates", 2007, learns
// from the last runs of the same user alike).

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"

namespace berth::allocation {

class RunTimes {
public:
  /// Families beyond the limit: those go first of which nothing ended for the longest time.
  explicit RunTimes(std::size_t families_max = 10'000) : families_max_(families_max) {}

  /// A run of the family ended well after `duration`. What is not positive is no run.
  void record(const std::string& family, Duration duration);
  /// What nine of ten of the family's last runs took at most (nearest rank), in whole seconds,
  /// rounded up; nothing before there are kRunsMin of them.
  [[nodiscard]] std::optional<Duration> expected(const std::string& family) const;
  [[nodiscard]] std::size_t families() const { return runs_.size(); }

  static constexpr std::size_t kRunsMin = 3;
  /// Older runs are forgotten.
  static constexpr std::size_t kRunsMax = 50;

private:
  struct Runs {
    std::array<std::int32_t, kRunsMax> seconds{};
    std::size_t count = 0;
    std::size_t next = 0;
    std::list<std::string>::iterator turn;
  };

  std::map<std::string, Runs> runs_;
  std::list<std::string> by_last_end_; ///< the longest ago first
  std::size_t families_max_;
};

} // namespace berth::allocation
