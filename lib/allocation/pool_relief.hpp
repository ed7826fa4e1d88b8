#pragma once
// PoolRelief (T3): what a pool is relieved of that its newest measurement may still show: pods on
// their way out, and pods that went since. With it one measurement is answered once. Part of
// AllocationMemory; whom to shed is pressure_shedding.hpp's.

#include <map>
#include <optional>
#include <tuple>

#include "lib/base/clock.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::allocation {

struct ClusterSnapshot;

class PoolRelief {
public:
  /// What a sample is an average of: one taken up to so much later still shows what went.
  static constexpr Duration kSampleWindow = std::chrono::seconds{30};
  /// A pod that takes longer to go counts as one that stays.
  static constexpr Duration kLeavingMax = std::chrono::minutes{10};

  /// The pod goes, or is told to; `amounts` is what it asked for.
  void note_leaving(const PodUid& pod, const resources::ResourceVector& amounts, TimePoint now);
  /// Forgets those that stay after all, and those that the measurement cannot show any more.
  void settle(const ClusterSnapshot& snapshot, TimePoint measured_at, TimePoint now);
  /// Of the measurement that it was settled for.
  [[nodiscard]] resources::ResourceVector total(TimePoint now) const;
  [[nodiscard]] bool empty() const { return leaving_.empty(); }

  friend bool operator==(const PoolRelief&, const PoolRelief&) = default;

  struct Leaving {
    resources::ResourceVector amounts{};
    TimePoint since{};
    std::optional<TimePoint> gone_at{};

    friend bool operator==(const Leaving&, const Leaving&) = default;
  };
  /// All that it remembers: for the decision log.
  template <class Self>
  [[nodiscard]] static auto members(Self& self) {
    return std::tie(self.leaving_);
  }

private:
  std::map<PodUid, Leaving> leaving_;
};

} // namespace berth::allocation
