#pragma once
// Screen: the terminal while something is drawn on it again and again. It draws on the alternate
// screen without a cursor, and gives the terminal back as it was: at its end, when the process is
// told to end, and while it is stopped (Ctrl-Z). Made by main() only, once.

#include <optional>

#include "cli/surroundings.hpp"

namespace berth::cli {

class Screen {
public:
  /// SIGINT and SIGTERM end the process with exit code 0 from now on: that is how one leaves.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
};

/// Of the terminal that stdout is; nothing if it is none. A terminal that does not know its size
/// counts as 80 x 24.
[[nodiscard]] std::optional<ScreenSize> screen_size();

} // namespace berth::cli
