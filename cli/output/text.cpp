#include "cli/output/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace berth::cli {
namespace {

std::string_view code_of(Colour colour) {
  switch (colour) {
  case Colour::None: return "";
  case Colour::Good: return "32";
  case Colour::Careful: return "33";
  case Colour::Bad: return "31";
  case Colour::Faint: return "2";
  case Colour::Strong: return "1";
  }
  return "";
}

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

/// U+0080 to U+009F, which terminals obey too, are C2 80 to C2 9F in UTF-8.
bool is_c1(std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) != 0xc2 || at + 1 == text.size())
    return false;
  const auto next = static_cast<unsigned char>(text[at + 1]);
  return 0x80 <= next && next <= 0x9f;
}

} // namespace

std::string Paint::operator()(std::string_view text, Colour colour) const {
  const std::string_view code = code_of(colour);
  if (!colours || code.empty() || text.empty())
    return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_c1(text, at)) {
      safe += '?';
      ++at;
    } else {
      safe += is_control(static_cast<unsigned char>(text[at])) ? '?' : text[at];
    }
  }
  return safe;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

std::string format_duration(Duration duration) {
  struct Unit {
    std::int64_t seconds;
    char letter;
  };
  constexpr std::array<Unit, 4> kUnits{{{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::int64_t left = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  std::string text;
  for (std::size_t at = 0; at < kUnits.size(); ++at) {
    if (left < kUnits[at].seconds)
      continue;
    text = std::to_string(left / kUnits[at].seconds) + kUnits[at].letter;
    left %= kUnits[at].seconds;
    if (at + 1 < kUnits.size() && left >= kUnits[at + 1].seconds)
      text += std::to_string(left / kUnits[at + 1].seconds) + kUnits[at + 1].letter;
    return text;
  }
  return "0s";
}

std::string joined(std::span<const std::string> words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words)
    text.append(text.empty() ? "" : separator).append(word);
  return text;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

} // namespace berth::cli
