#pragma once
// What is done to texts in more places than one.

#include <cstddef>
#include <string>
#include <string_view>

namespace berth {

/// At most `bytes_max` bytes of UTF-8, not cut inside a character: for texts that an API takes up
/// to a length only.
void cut_text(std::string& text, std::size_t bytes_max);

/// Without the `blanks` at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text, std::string_view blanks);
/// Without the `blanks` at the end.
[[nodiscard]] std::string_view trimmed_end(std::string_view text, std::string_view blanks);

/// ASCII letters only, in any locale; every other byte is left as it is.
[[nodiscard]] constexpr char lower_case(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}
[[nodiscard]] std::string lower_case(std::string_view text);

} // namespace berth
