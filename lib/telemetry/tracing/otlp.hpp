#pragma once
// OTLP/HTTP with JSON bodies (OpenTelemetry protocol 1): from spans to an
// ExportTraceServiceRequest, and what the collector's answer says. Pure: no I/O.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/telemetry/tracing/span.hpp"

namespace berth::telemetry {

/// Who sends the spans, as OpenTelemetry's resource.
struct TraceResource {
  std::string service_name{};     ///< "berth-operator"
  std::string service_instance{}; ///< tells replicas apart; empty: not said
};

[[nodiscard]] std::string encode_spans(std::span<const Span> spans, const TraceResource& resource);

/// What a collector that answered 200 did not take.
struct PartialSuccess {
  std::size_t rejected_spans = 0;
  std::string message{};
};
/// Nothing rejected if the answer cannot be read: it was a success.
[[nodiscard]] PartialSuccess read_export_response(std::string_view body);

} // namespace berth::telemetry
