#pragma once
// Frame: a picture made to fit a terminal and to be drawn over the last one. Pure.

#include <string>
#include <string_view>

#include "cli/surroundings.hpp"

namespace berth::cli {

/// Lines that are too long end with '>', lines that are too many with a count. Escape sequences of
/// colours take no room and are never cut in two.
[[nodiscard]] std::string fit(std::string_view picture, const ScreenSize& screen);

/// What draws a picture that fits over whatever is on the screen, without a flicker: from the top,
/// each line wiped before it is written, with the last one the rest of the screen. Not after it: a
/// terminal whose line is full waits in its last column with the wrap, and would wipe that column.
[[nodiscard]] std::string drawn_over(std::string_view fitting);

} // namespace berth::cli
