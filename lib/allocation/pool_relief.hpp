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
struct MeasuredUse;
struct PodView;

class PoolRelief {
public:
  /// What a sample is an average of: one taken up to so much later still shows what went.
  static constexpr Duration kSampleWindow = std::chrono::seconds{30};
  /// A pod that takes longer to go counts as one that stays; and for so long after it went it is
  /// remembered at the most.
  static constexpr Duration kLeavingMax = std::chrono::minutes{10};

  /// The pod goes, or is told to. What it asks for is the relief; nothing if it uses nothing of a
  /// node (it is bound nowhere, or a request).
  void note_leaving(const PodView& pod, TimePoint now);
  /// Forgets those that stay after all, and those that a measurement cannot show any more: one of
  /// which every sample was taken after they had gone. Clocks of nodes may be ahead: what was
  /// measured counts as no later than it was first seen here. Null: nothing is known of the pool.
  void settle(const ClusterSnapshot& snapshot, const MeasuredUse* measured, TimePoint now);
  /// Of the measurement that it was settled for: on the nodes that were measured.
  [[nodiscard]] resources::ResourceVector total(const MeasuredUse& measured, TimePoint now) const;
  [[nodiscard]] bool empty() const { return leaving_.empty(); }

  friend bool operator==(const PoolRelief&, const PoolRelief&) = default;

  struct Leaving {
    resources::ResourceVector amounts{};
    NodeName node{};
    TimePoint since{};
    std::optional<TimePoint> gone_at{};

    friend bool operator==(const Leaving&, const Leaving&) = default;
  };
  /// All that it remembers: for the decision log.
  template <class Self>
  [[nodiscard]] static auto members(Self& self) {
    return std::tie(self.leaving_, self.oldest_at_, self.seen_at_);
  }

private:
  [[nodiscard]] bool is_over(const Leaving& leaving, TimePoint now) const;

  std::map<PodUid, Leaving> leaving_;
  TimePoint oldest_at_{}; ///< of the newest measurement, by the clocks of those who measured
  TimePoint seen_at_{};   ///< when that was first seen
};

} // namespace berth::allocation
