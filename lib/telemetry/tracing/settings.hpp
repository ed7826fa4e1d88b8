#pragma once
// TraceSettings: where spans go and which, from the flag --otlp-endpoint and from the variables
// that OpenTelemetry gives every program. Without an endpoint there are no traces.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/http/message.hpp"
#include "lib/telemetry/tracing/tracer.hpp"

namespace berth::telemetry {

struct TraceSettings {
  std::string url{};    ///< the collector; empty: off
  std::string target{}; ///< path behind it
  http::Headers headers{};
  std::string service_name{};
  std::string ca_file{}; ///< of the collector's authority, PEM; empty: the system's
  Sampling sampling{};
  /// Variables that cannot be honoured, by their names, and what happens instead; to be logged.
  /// None has the value of a header.
  std::vector<std::string> warnings{};
};

/// getenv, called by main() only, or a test's replacement; null: not set.
using ReadVariable = std::function<const char*(const char*)>;

/// `flag` wins over OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, and that over OTEL_EXPORTER_OTLP_ENDPOINT.
/// Invalid when `flag` is no URL. No variable is fatal, as OpenTelemetry wants it: whoever sets
/// them for a whole cluster does not know Berth.
[[nodiscard]] Result<TraceSettings> trace_settings(std::string_view flag, std::string_view program,
                                                   const ReadVariable& read);

} // namespace berth::telemetry
