#include "cli/monitor/frame.hpp"

#include <algorithm>
#include <vector>

#include "cli/output/text.hpp"

namespace berth::cli {
namespace {

constexpr std::string_view kPlain = "\033[0m";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// The length of the colour sequence at `at`; 0 if there is none.
std::size_t sequence_at(std::string_view line, std::size_t at) {
  if (line.substr(at, 2) != "\033[")
    return 0;
  const auto end = line.find('m', at);
  return end == std::string_view::npos ? line.size() - at : end + 1 - at;
}

/// The length of the UTF-8 character at `at`.
std::size_t character_at(std::string_view line, std::size_t at) {
  std::size_t length = 1;
  while (at + length < line.size() &&
         (static_cast<unsigned char>(line[at + length]) & 0xc0U) == 0x80U)
    ++length;
  return length;
}

std::string cut(std::string_view line, std::size_t columns) {
  std::string kept;
  std::size_t last = 0; // where the last character that has room begins
  std::size_t used = 0;
  bool coloured = false;
  for (std::size_t at = 0; at < line.size();) {
    if (const std::size_t sequence = sequence_at(line, at); sequence > 0) {
      kept += line.substr(at, sequence);
      coloured = true;
      at += sequence;
      continue;
    }
    if (used == columns) {
      kept.resize(last);
      return kept + ">" + (coloured ? std::string(kPlain) : "");
    }
    const std::size_t length = character_at(line, at);
    last = kept.size();
    kept += line.substr(at, length);
    at += length;
    ++used;
  }
  return kept;
}

} // namespace

std::string fit(std::string_view picture, const ScreenSize& screen) {
  const std::size_t columns = std::max<std::size_t>(screen.columns, 1);
  const std::size_t most = std::max<std::size_t>(screen.lines, 1);
  const auto lines = lines_of(picture);
  const bool all = lines.size() <= most;
  std::string text;
  for (std::size_t at = 0; at < (all ? lines.size() : most - 1); ++at)
    text += cut(lines[at], columns) + "\n";
  if (!all)
    text += cut(counted(static_cast<std::int64_t>(lines.size() - most + 1), "more line"), columns) +
            "\n";
  return text;
}

std::string drawn_over(std::string_view fitting) {
  constexpr std::string_view kTop = "\033[H";
  constexpr std::string_view kWipeLine = "\033[K";
  constexpr std::string_view kWipeRest = "\033[J";
  const auto lines = lines_of(fitting);
  std::string text(kTop);
  if (lines.empty())
    text += kWipeRest;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    text += at == 0 ? "" : "\n";
    text += at + 1 == lines.size() ? kWipeRest : kWipeLine;
    text += lines[at];
  }
  return text;
}

} // namespace berth::cli
