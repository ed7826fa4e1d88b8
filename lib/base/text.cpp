#include "lib/base/text.hpp"

#include <algorithm>

namespace berth {

void cut_text(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80U)
    --bytes_max;
  text.resize(bytes_max);
}

std::string_view trimmed(std::string_view text, std::string_view blanks) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return trimmed_end(text, blanks);
}

std::string_view trimmed_end(std::string_view text, std::string_view blanks) {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char letter) { return lower_case(letter); });
  return lower;
}

} // namespace berth
