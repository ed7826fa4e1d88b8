#pragma once
// Whom windows ask to go (P2 c, R3, R4), as steps that are due now: work that was lent capacity
// which a window needs or a holder wants, work that stands in the way of a promise, and holders at
// the end of their window. It needs no nomination: the accepted Reservation is the intent.
// Everybody is told first (P6), at least the reservation's lead time ahead. Work that may not be
// evicted and named no limit never stands here: it was kept off the promise from the start.
// PreemptionCycle asks; the victims it gets are claimed.

#include <functional>
#include <span>
#include <vector>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/running_work.hpp"
#include "lib/allocation/window_layout.hpp"

namespace berth::allocation {

struct WindowSteps {
  std::vector<Eviction> evictions{};
  /// Holders that run on after their window, where overrun is Warn (R4).
  std::vector<OverrunWarning> warnings{};
  /// When the passing of time alone makes another step due; TimePoint::max() for never.
  TimePoint next = TimePoint::max();
};

/// For windows that are near (the next one of each reservation), open ones that lack capacity, and
/// ends of windows; the older reservation first. `work` is asked for only if one of them is there.
/// Whole nodes that a window lacks are made before it opens, and not any more afterwards.
[[nodiscard]] WindowSteps clear_windows(const CycleInput& input,
                                        std::span<const LaidWindow> windows,
                                        const std::function<RunningWork&()>& work);

/// R4: lent work that stands where holders found no room. It has had its notice and goes at once.
[[nodiscard]] WindowSteps recall_lent(const CycleInput& input, std::span<const Recall> recalls,
                                      RunningWork& work);

} // namespace berth::allocation
