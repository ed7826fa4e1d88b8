#pragma once
// Tracing: a program's traces, wired together: where they are off there is a Tracer that is off,
// and nothing else. Made by main.cpp only.

#include <memory>
#include <stop_token>

#include "lib/outbound/rest_transport.hpp"
#include "lib/telemetry/tracing/exporter.hpp"
#include "lib/telemetry/tracing/settings.hpp"

namespace berth::telemetry {

class Tracing {
public:
  struct Parts {
    async::Executor& executor;
    Registry& registry;
    Logger log;
  };
  /// `instance` tells replicas apart, `seed` makes their spans' ids differ. Logs the warnings of
  /// `settings`; traces are off, with one more, where they cannot be sent. All parts must outlive
  /// it.
  [[nodiscard]] static std::unique_ptr<Tracing> create(Parts parts, const TraceSettings& settings,
                                                       std::string instance, std::uint64_t seed);

  [[nodiscard]] const Tracer& tracer() const { return tracer_; }
  /// Sends spans until `stop`; ends at once where traces are off.
  [[nodiscard]] async::Task<void> run(std::stop_token stop);

private:
  explicit Tracing(Registry& registry) : metrics_(registry) {}

  TraceMetrics metrics_; ///< the tracer's and the exporter's
  Tracer tracer_;
  std::unique_ptr<outbound::RestTransport> transport_; ///< null: traces are off
  std::unique_ptr<TraceExporter> exporter_;
};

} // namespace berth::telemetry
