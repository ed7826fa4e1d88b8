#pragma once
// How text for a terminal is made safe, coloured and measured. What comes from the API (names,
// messages, event notes) may hold control characters that would steer the terminal: everything
// printed passes through printable(). Used by the tables and by every render.cpp.

#include <span>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"

namespace berth::cli {

enum class Colour { None, Good, Careful, Bad, Faint, Strong };

/// Colours only where someone looks: a terminal, or --color=always.
struct Paint {
  bool colours = false;
  [[nodiscard]] std::string operator()(std::string_view text, Colour colour) const;
};

/// Control characters (C0, DEL, C1) become '?', so that no foreign text moves the cursor, hides
/// what follows or ends the line.
[[nodiscard]] std::string printable(std::string_view text);

/// How many columns the text takes: its UTF-8 characters.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// "45s", "2m10s", "3h5m", "4d2h": two units at the most, rounded down; "0s" for nothing and less.
[[nodiscard]] std::string format_duration(Duration duration);

/// "a, b" for a separator ", ".
[[nodiscard]] std::string joined(std::span<const std::string> words, std::string_view separator);

/// "1 pod", "3 pods".
[[nodiscard]] std::string counted(std::int64_t count, std::string_view noun);

} // namespace berth::cli
