#include "lib/kube/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace berth::kube {
namespace {

int value_of(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '+')
    return 62;
  return c == '/' ? 63 : -1;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

} // namespace

Result<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t characters = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (is_space(c))
      continue;
    const int value = c == '=' ? 0 : value_of(c);
    if (value < 0 || (padding > 0 && c != '='))
      return fail(Code::Invalid, "is not base64");
    padding += c == '=' ? 1U : 0U;
    group = (group << 6U) | static_cast<std::uint32_t>(value);
    if (++characters % 4 != 0)
      continue;
    for (const unsigned shift : {16U, 8U, 0U})
      bytes += static_cast<char>((group >> shift) & 0xffU);
    group = 0;
  }
  if (characters % 4 != 0 || padding > 2)
    return fail(Code::Invalid, "is not base64: its length is wrong");
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t taken = std::min<std::size_t>(bytes.size() - at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8U) | (i < taken ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= taken ? kDigits[(group >> (18U - 6U * i)) & 0x3fU] : '=';
  }
  return text;
}

} // namespace berth::kube
