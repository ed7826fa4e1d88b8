#include "lib/telemetry/tracing/tracing.hpp"

#include <utility>

#include "lib/base/file.hpp"
#include "lib/http/tls.hpp"

namespace berth::telemetry {

namespace {

Result<std::unique_ptr<outbound::RestTransport>> transport_to(const TraceSettings& settings,
                                                              async::Executor& executor) {
  outbound::RestOptions rest;
  if (!settings.ca_file.empty()) {
    BERTH_TRY(rest.ca_pem, read_file(settings.ca_file, http::kPemBytesMax));
  }
  return outbound::RestTransport::create(executor, settings.url, std::move(rest));
}

} // namespace

std::unique_ptr<Tracing> Tracing::create(Parts parts, const TraceSettings& settings,
                                         std::string instance, std::uint64_t seed) {
  std::unique_ptr<Tracing> tracing(new Tracing(parts.registry));
  for (const std::string& warning : settings.warnings)
    parts.log.warn("Does not honour a variable of OpenTelemetry", {{"why", warning}});
  if (settings.url.empty())
    return tracing;
  auto transport = transport_to(settings, parts.executor);
  if (!transport) { // traces are no reason not to start
    parts.log.warn("Sends no traces", transport.error());
    return tracing;
  }
  tracing->transport_ = *std::move(transport);
  tracing->tracer_ = Tracer(parts.executor.clock(), tracing->metrics_, settings.sampling, seed);
  ExporterOptions options;
  options.target = settings.target;
  options.headers = settings.headers;
  options.resource = {settings.service_name, std::move(instance)};
  tracing->exporter_ = std::make_unique<TraceExporter>(
      TraceExporter::Parts{*tracing->transport_, parts.executor, tracing->metrics_, parts.log},
      tracing->tracer_, std::move(options));
  parts.log.info("Sends traces", {{"collector", settings.url}});
  return tracing;
}

async::Task<void> Tracing::run(std::stop_token stop) {
  if (exporter_)
    co_await exporter_->run(std::move(stop));
}

} // namespace berth::telemetry
