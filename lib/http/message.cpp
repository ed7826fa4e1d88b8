#include "lib/http/message.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "lib/base/text.hpp"

namespace berth::http {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// The value of a hex digit, or -1.
int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char letter = lower_case(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

} // namespace

bool equal_names(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](char a, char b) { return lower_case(a) == lower_case(b); });
}

void Headers::add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equal_names(field, name))
      return value;
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> retry_after(const Headers& headers) {
  const auto value = headers.find("Retry-After");
  if (!value)
    return std::nullopt;
  std::int32_t seconds = 0;
  const auto read = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (read.ec != std::errc{} || read.ptr != value->data() + value->size() || seconds < 0)
    return std::nullopt;
  return std::chrono::seconds{seconds};
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::optional<std::string> query_value(std::string_view target, std::string_view name) {
  auto values = query_values(target, name);
  if (values.empty())
    return std::nullopt;
  return std::move(values.front());
}

std::vector<std::string> query_values(std::string_view target, std::string_view name) {
  std::vector<std::string> values;
  std::string_view rest = target.substr(path_of(target).size());
  while (!rest.empty()) {
    rest.remove_prefix(1); // '?' at first, then '&'
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size());
    const std::string_view key = pair.substr(0, pair.find('='));
    if (percent_decode(key) != name)
      continue;
    std::string value(pair.substr(std::min(pair.size(), key.size() + 1)));
    std::ranges::replace(value, '+', ' ');
    if (auto decoded = percent_decode(value))
      values.push_back(std::move(*decoded));
  }
  return values;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
    if (high < 0 || low < 0)
      return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return decoded;
}

} // namespace berth::http
