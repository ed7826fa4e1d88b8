#pragma once
// The part of a picture that shows who ran where: a band for each node with a bar for each workload
// on it, as high as its share of the node; where those would be too many to see, a row for several
// nodes, or for each quota if there is one node only, coloured by who held most.

#include "cli/simulate/picture/canvas.hpp"

namespace berth::cli {

/// What a picture is drawn from. All must outlive it.
struct Scene {
  const simulator::Scenario& scenario;
  const std::vector<simulator::WorkloadRecord>& records;
  /// Never empty. A node is measured by the first of which it has any.
  const std::vector<Yardstick>& yardsticks;
  const std::vector<simulator::WindowRecord>& windows;
  const std::vector<simulator::ReservationReport>& reservations;

  /// What part of the node one pod takes; 0 if it asks for none of what the node is measured by.
  [[nodiscard]] double share(const simulator::WorkloadSet& set,
                             const allocation::NodeView& node) const;
  /// What part of its node a window holds there.
  [[nodiscard]] double held(const simulator::WindowPlace& place) const;
};

void draw_places(Canvas& canvas, const Scene& scene);

inline constexpr std::size_t kBandsMax = 32;
inline constexpr std::size_t kBarsMax = 4'000;
inline constexpr std::size_t kHeatRowsMax = 96;

} // namespace berth::cli
