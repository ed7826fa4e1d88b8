#include "lib/http/head_rules.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/http/message.hpp"

namespace berth::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::optional<Refusal> check_request_line(std::string_view line);
std::optional<Refusal> check_fields(std::string_view lines, bool http_1_0);

/// How often the fields that decide about framing and routing came.
struct FieldCounts {
  int host = 0;
  int content_length = 0;
  int transfer_encoding = 0;
};

std::optional<Refusal> check_field(std::string_view line, FieldCounts& seen);

/// Cuts the first line off `text`, without its line end. The caller made sure there is one.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find(kLineEnd);
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + kLineEnd.size());
  return line;
}

bool is_decimal(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<Refusal> check_request_head(std::string_view head) {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  if (!head.ends_with(kHeadEnd) || head.find(kHeadEnd) != head.size() - kHeadEnd.size())
    return Refusal{400, "The head must end with its only empty line"};
  head.remove_suffix(kLineEnd.size());
  const std::string_view line = take_line(head);
  if (auto refusal = check_request_line(line))
    return refusal;
  return check_fields(head, line.ends_with("1.0"));
}

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

bool is_origin_form(std::string_view target) {
  return target.starts_with('/') &&
         std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7F; }) &&
         percent_decode(target).has_value();
}

namespace {

std::optional<Refusal> check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return Refusal{400, "The request line must be a method, a target and a version"};
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method))
    return Refusal{400, "The method is not a token"};
  if (!is_origin_form(line.substr(first + 1, last - first - 1)))
    return Refusal{400, "The target must be a path with an optional query"};
  if (version == "HTTP/1.1" || version == "HTTP/1.0")
    return std::nullopt;
  if (version.starts_with("HTTP/"))
    return Refusal{505, "Only HTTP/1.1 and HTTP/1.0 are spoken here"};
  return Refusal{400, "The version is malformed"};
}

std::optional<Refusal> check_fields(std::string_view lines, bool http_1_0) {
  FieldCounts seen;
  while (!lines.empty()) {
    if (auto refusal = check_field(take_line(lines), seen))
      return refusal;
  }
  if (seen.host > 1 || (seen.host == 0 && !http_1_0))
    return Refusal{400, "Exactly one Host is needed"};
  if (seen.content_length > 1)
    return Refusal{400, "Content-Length was repeated"};
  if (seen.transfer_encoding > 1)
    return Refusal{400, "Transfer-Encoding was repeated"};
  if (seen.transfer_encoding > 0 && seen.content_length > 0)
    return Refusal{400, "Content-Length and Transfer-Encoding exclude each other"};
  if (seen.transfer_encoding > 0 && http_1_0)
    return Refusal{400, "HTTP/1.0 knows no Transfer-Encoding"};
  return std::nullopt;
}

std::optional<Refusal> check_field(std::string_view line, FieldCounts& seen) {
  if (line.starts_with(' ') || line.starts_with('\t'))
    return Refusal{400, "A header line is folded"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return Refusal{400, "A header name is not a token"};
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1), " \t");
  if (!is_field_value(value))
    return Refusal{400, "A header value has control characters"};
  if (equal_names(name, "Host")) {
    ++seen.host;
  } else if (equal_names(name, "Content-Length")) {
    ++seen.content_length;
    if (!is_decimal(value))
      return Refusal{400, "Content-Length is not a number"};
  } else if (equal_names(name, "Transfer-Encoding")) {
    ++seen.transfer_encoding;
    if (!equal_names(value, "chunked"))
      return Refusal{400, "Transfer-Encoding must be chunked"};
  } else if (equal_names(name, "Content-Encoding") && !equal_names(value, "identity")) {
    return Refusal{415, "Bodies must not be compressed"};
  } else if (equal_names(name, "Expect") && !equal_names(value, "100-continue")) {
    return Refusal{417, "The only expectation met is 100-continue"};
  }
  return std::nullopt;
}

} // namespace

} // namespace berth::http
