#pragma once
// A band for each node: bars as long as the work ran and as high as its share of the node, stacked
// where there was room. For places.cpp only.

#include <optional>
#include <vector>

#include "cli/simulate/picture/canvas.hpp"

namespace berth::cli {

struct Scene;

/// One piece of a band, from the bottom up in parts of its height.
struct Slot {
  double from = 0;
  double until = 0;
};

/// Which slots of one band are taken, and until when. What has no hole that is large enough is
/// cut up: the picture shows amounts, not addresses.
class BandSlots {
public:
  /// Slots for `share` of the band from `now` until `until`; calls must come in the order of `now`.
  /// Less than `share` if there is no more.
  [[nodiscard]] std::vector<Slot> take(double share, Duration now, Duration until);

private:
  struct Taken {
    Slot slot;
    Duration until;
  };
  [[nodiscard]] std::vector<Slot> holes() const;

  std::vector<Taken> taken_; ///< from the bottom up
};

void draw_bands(Canvas& canvas, const Scene& scene);

} // namespace berth::cli
