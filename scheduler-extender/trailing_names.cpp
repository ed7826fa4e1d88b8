#include "scheduler-extender/trailing_names.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/json_bytes.hpp"

namespace berth::extender {

namespace {

constexpr std::string_view kKey = R"("NodeNames":[)";

/// How many of the first bytes are ASCII that stands for itself.
std::size_t plain_bytes(std::string_view text) {
  static_assert(std::endian::native == std::endian::little, "the lowest mark is the first byte's");
  constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  const auto first_mark = [](std::uint64_t word) {
    return static_cast<std::size_t>(
               std::countr_zero(bytes_to_escape(word) | bytes_beyond_ascii(word))) /
           kWordBytes;
  };
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; text.size() - at >= kWordBytes; at += kWordBytes) {
    std::memcpy(&word, text.data() + at, kWordBytes);
    if (const std::size_t mark = first_mark(word); mark < kWordBytes)
      return at + mark;
  }
  word = 0; // what is missing is no text
  std::memcpy(&word, text.data() + at, text.size() - at);
  return at + first_mark(word);
}

/// Takes the character off the front of `rest`, if it is there.
bool take(std::string_view& rest, char wanted) {
  if (rest.empty() || rest.front() != wanted)
    return false;
  rest.remove_prefix(1);
  return true;
}

} // namespace

std::optional<std::string_view> read_trailing_names(std::string_view body,
                                                    std::vector<std::string_view>& names) {
  const std::size_t key = body.find(kKey);
  if (key == std::string_view::npos || key == 0 || (body[key - 1] != ',' && body[key - 1] != '{'))
    return std::nullopt;
  std::string_view list = body.substr(key + kKey.size() - 1);
  std::string_view rest = list.substr(1);
  const std::size_t before = names.size();
  do {
    if (names.size() - before == kNodesMax || !take(rest, '"'))
      return std::nullopt;
    const std::size_t bytes = plain_bytes(rest);
    if (bytes == 0 || bytes > kNameBytesMax)
      return std::nullopt;
    names.push_back(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
    if (!take(rest, '"'))
      return std::nullopt;
  } while (take(rest, ','));
  list.remove_suffix(1);
  return rest == "]}" ? std::optional{list} : std::nullopt;
}

} // namespace berth::extender
