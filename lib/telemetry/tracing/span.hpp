#pragma once
// Spans of OpenTelemetry, as plain values, and the ids of a pod's trace. The trace's id is the
// pod's UID, so that programs that know nothing of each other add to one trace, and whoever knows
// the pod finds it.

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/telemetry/log.hpp"

namespace berth::telemetry {

/// 16 bytes, of which one is not zero.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const TraceId&, const TraceId&) = default;
};

/// 8 bytes; zero: no span.
struct SpanId {
  std::uint64_t value = 0;
  friend auto operator<=>(const SpanId&, const SpanId&) = default;
};

struct SpanContext {
  TraceId trace{};
  SpanId span{};
  friend auto operator<=>(const SpanContext&, const SpanContext&) = default;
};

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(const TraceId& trace);
/// 16 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(SpanId span);

/// The trace of the pod with that metadata.uid: the UUID's own digits; of a UID that is none, a
/// hash.
[[nodiscard]] TraceId trace_of(std::string_view uid);
/// The span of the whole way of the pod, which all others of its trace are part of.
[[nodiscard]] SpanId root_of(const TraceId& trace);

/// The value of a `traceparent` header (W3C Trace Context); nothing if it is malformed, or says
/// that its span is not sampled: a link to what nobody keeps leads nowhere.
[[nodiscard]] std::optional<SpanContext> parse_traceparent(std::string_view header);

/// The numbers are those of the protocol.
enum class SpanKind { Internal = 1, Server = 2, Client = 3 };

struct SpanAttribute {
  Constant key;
  /// No more than kLogValueBytesMax of a text are sent.
  std::variant<bool, std::int64_t, std::string> value;
};

struct Span {
  SpanContext context{};
  SpanId parent{};
  Constant name = "";
  SpanKind kind = SpanKind::Internal;
  std::int64_t start_unix_ns = 0;
  std::int64_t end_unix_ns = 0;
  std::vector<SpanAttribute> attributes{};
  /// Spans of other traces that have to do with it.
  std::vector<SpanContext> links{};
  /// Why what the span is about failed; empty if it did not. A refusal is a result and no failure.
  std::string failure{};

  void add(Constant key, std::string text) { attributes.push_back({key, std::move(text)}); }
  template <std::integral I>
  void add(Constant key, I value) {
    if constexpr (std::same_as<I, bool>)
      attributes.push_back({key, value});
    else
      attributes.push_back({key, static_cast<std::int64_t>(value)});
  }
};

/// Whose pod it is about, as every span says.
struct TracedPod {
  std::string_view ns{};
  std::string_view name{};
  std::string_view uid{};
};

} // namespace berth::telemetry
