#pragma once
// Reservations in a picture: a row for each with its windows as bands over the axis of time, and
// the same windows on the nodes where they lie. For picture.cpp and bands.cpp.

#include "cli/simulate/picture/canvas.hpp"
#include "cli/simulate/picture/places.hpp"

namespace berth::cli {

inline constexpr std::size_t kReservationRowsMax = 32;
inline constexpr std::size_t kWindowsDrawnMax = 4'000;

/// Nothing if the scenario has none.
void draw_reservations(Canvas& canvas, const Scene& scene);

/// What windows hold of that node, as bands from the top of its own down.
void draw_held(Canvas& canvas, const Scene& scene, std::size_t node, const Box& band);

} // namespace berth::cli
