#pragma once
// Whom windows ask to go (R3, R4), as steps that are due now: work that was lent capacity which a
// window needs or a holder wants, work that overran on it, and holders at the end of their window.
// Everybody is told first (P6), at least the reservation's lead time ahead. Work that may not be
// evicted and named no limit never stands here: it was kept off the promise from the start. Pure;
// the operator carries the steps out.

#include <map>
#include <optional>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/node_calendar.hpp"
#include "lib/allocation/window_layout.hpp"

namespace berth::allocation {

struct WindowDemands {
  const ClusterSnapshot& snapshot;
  const Holds& holds;
  const std::vector<LaidWindow>& windows; ///< the next one of each reservation
  /// What holders found no room for while the capacity of their reservation is lent out.
  const std::map<ReservationName, ResourceVector>& recalled;
  TimePoint now;
};

struct WindowSteps {
  std::vector<Eviction> evictions{};
  /// Holders that run on after their window, where overrun is Warn (R4).
  std::vector<OverrunWarning> warnings{};
  /// When the passing of time alone makes another step due; TimePoint::max() for never.
  TimePoint next = TimePoint::max();
};

[[nodiscard]] WindowSteps ask_to_go(const WindowDemands& demands);

} // namespace berth::allocation
