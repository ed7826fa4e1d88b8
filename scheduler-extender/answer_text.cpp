#include "scheduler-extender/answer_text.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "scheduler-extender/json_bytes.hpp"

namespace berth::extender {

namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);

bool needs_escape(std::string_view text) {
  std::uint64_t word = 0;
  while (text.size() >= kWordBytes) {
    std::memcpy(&word, text.data(), kWordBytes);
    if (bytes_to_escape(word) != 0)
      return true;
    text.remove_prefix(kWordBytes);
  }
  word = in_each_byte(' ');
  std::memcpy(&word, text.data(), text.size());
  return bytes_to_escape(word) != 0;
}

} // namespace

void AnswerText::put(std::string_view text) {
  std::memcpy(room_for(text.size()), text.data(), text.size());
  used_ += text.size();
}

void AnswerText::put_string(std::string_view text) {
  if (needs_escape(text))
    return put_escaped(text);
  char* at = room_for(text.size() + 2);
  *at = '"';
  std::memcpy(at + 1, text.data(), text.size());
  at[text.size() + 1] = '"';
  used_ += text.size() + 2;
}

void AnswerText::put_number(std::int64_t number) {
  std::array<char, 20> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  put({digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
}

std::string AnswerText::take() && {
  text_.resize(used_);
  return std::move(text_);
}

char* AnswerText::room_for(std::size_t bytes) {
  if (text_.size() - used_ < bytes)
    text_.resize(2 * text_.size() + bytes);
  return text_.data() + used_;
}

void AnswerText::put_escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  put("\"");
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      put({std::array{'\\', byte}.data(), 2});
    } else if (code < 0x20) {
      put("\\u00");
      put({std::array{kHex[code >> 4U], kHex[code & 0xFU]}.data(), 2});
    } else {
      put({&byte, 1});
    }
  }
  put("\"");
}

} // namespace berth::extender
