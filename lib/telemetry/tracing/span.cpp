#include "lib/telemetry/tracing/span.hpp"

#include <fmt/format.h>

#include "lib/base/fnv.hpp"
#include "lib/base/rng.hpp"

namespace berth::telemetry {
namespace {

constexpr std::size_t kWordDigits = 16;

/// -1 for what is no lower-case hexadecimal digit.
int digit_value(char c) {
  if ('0' <= c && c <= '9')
    return c - '0';
  return 'a' <= c && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::uint64_t> read_word(std::string_view digits) {
  std::uint64_t word = 0;
  for (const char c : digits) {
    const int digit = digit_value(c);
    if (digit < 0)
      return std::nullopt;
    word = word << 4U | static_cast<std::uint64_t>(digit);
  }
  return word;
}

/// The 128 bits of "01234567-89ab-cdef-0123-456789abcdef".
std::optional<TraceId> read_uuid(std::string_view uid) {
  constexpr std::size_t kUuidBytes = 36;
  if (uid.size() != kUuidBytes)
    return std::nullopt;
  std::string digits;
  for (std::size_t at = 0; at < uid.size(); ++at) {
    const bool is_dash_due = at == 8 || at == 13 || at == 18 || at == 23;
    if ((uid[at] == '-') != is_dash_due)
      return std::nullopt;
    if (!is_dash_due)
      digits += uid[at];
  }
  const auto high = read_word(std::string_view(digits).substr(0, kWordDigits));
  const auto low = read_word(std::string_view(digits).substr(kWordDigits));
  if (!high || !low || (*high == 0 && *low == 0))
    return std::nullopt;
  return TraceId{*high, *low};
}

} // namespace

std::string to_string(const TraceId& trace) {
  return fmt::format("{:016x}{:016x}", trace.high, trace.low);
}

std::string to_string(SpanId span) {
  return fmt::format("{:016x}", span.value);
}

TraceId trace_of(std::string_view uid) {
  if (const auto uuid = read_uuid(uid))
    return *uuid;
  Rng mixed(fnv1a(uid));
  const std::uint64_t high = mixed.next();
  return {high, mixed.next() | 1U}; // never all zeros
}

SpanId root_of(const TraceId& trace) {
  return {Rng(trace.high ^ trace.low).next() | 1U};
}

std::optional<SpanContext> parse_traceparent(std::string_view header) {
  constexpr std::size_t kBytes = 55; // "00-<32 digits>-<16 digits>-<2 digits>"
  if (header.size() < kBytes || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  const auto version = read_word(header.substr(0, 2));
  const auto high = read_word(header.substr(3, kWordDigits));
  const auto low = read_word(header.substr(19, kWordDigits));
  const auto span = read_word(header.substr(36, kWordDigits));
  const auto flags = read_word(header.substr(53, 2));
  constexpr std::uint64_t kNoVersion = 0xFF;
  if (!version || !high || !low || !span || !flags || *version == kNoVersion)
    return std::nullopt;
  // What later versions add stands behind another dash.
  const bool ends_well =
      *version == 0 ? header.size() == kBytes : header.size() == kBytes || header[kBytes] == '-';
  const bool is_sampled = (*flags & 1U) != 0;
  if (!ends_well || !is_sampled || (*high == 0 && *low == 0) || *span == 0)
    return std::nullopt;
  return SpanContext{{*high, *low}, {*span}};
}

} // namespace berth::telemetry
