#include "lib/telemetry/tracing/tracing.hpp"

#include <utility>

#include "lib/base/file.hpp"
#include "lib/http/tls.hpp"

namespace berth::telemetry {

Result<std::unique_ptr<Tracing>> Tracing::create(Parts parts, const TraceSettings& settings,
                                                 std::string instance, std::uint64_t seed) {
  std::unique_ptr<Tracing> tracing(new Tracing);
  if (settings.url.empty())
    return tracing;
  outbound::RestOptions rest;
  if (!settings.ca_file.empty()) {
    BERTH_TRY(rest.ca_pem, read_file(settings.ca_file, http::kPemBytesMax));
  }
  BERTH_TRY(tracing->transport_,
            outbound::RestTransport::create(parts.executor, settings.url, std::move(rest)));
  tracing->tracer_ = Tracer(parts.executor.clock(), parts.metrics, settings.sampling, seed);
  ExporterOptions options;
  options.target = settings.target;
  options.headers = settings.headers;
  options.resource = {settings.service_name, std::move(instance)};
  tracing->exporter_ = std::make_unique<TraceExporter>(
      TraceExporter::Parts{*tracing->transport_, parts.executor, parts.metrics, parts.log},
      tracing->tracer_, std::move(options));
  parts.log.info("Sends traces", {{"collector", settings.url}});
  return tracing;
}

async::Task<void> Tracing::run(std::stop_token stop) {
  if (exporter_)
    co_await exporter_->run(std::move(stop));
}

} // namespace berth::telemetry
