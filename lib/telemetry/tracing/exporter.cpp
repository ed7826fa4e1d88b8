#include "lib/telemetry/tracing/exporter.hpp"

#include <algorithm>
#include <utility>

namespace berth::telemetry {
namespace {

bool may_be_repeated(Code code) {
  return code == Code::Throttled || code == Code::Unavailable || code == Code::Timeout;
}

/// The answers that the protocol wants to be asked again are Throttled or Unavailable.
Error error_of(const http::Response& response) {
  Error error{Code::Invalid, "the collector answered " + std::to_string(response.status),
              http::retry_after(response.headers)};
  if (response.status == 429)
    error.code = Code::Throttled;
  else if (response.status == 502 || response.status == 503 || response.status == 504)
    error.code = Code::Unavailable;
  else if (response.status == 401 || response.status == 403)
    error.code = Code::Unauthorized;
  return error;
}

} // namespace

TraceExporter::TraceExporter(Parts parts, Tracer tracer, ExporterOptions options)
    : parts_(std::move(parts)), tracer_(std::move(tracer)), options_(std::move(options)) {}

async::Task<void> TraceExporter::run(std::stop_token stop) {
  for (bool due = true; due;) {
    due = co_await async::sleep_for(parts_.executor, options_.interval, stop);
    if (!due)
      break;
    tracer_.follow_clock();
    co_await send_all(stop);
  }
  co_await flush();
}

async::Task<void> TraceExporter::send_all(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<Span> spans = tracer_.take(options_.request_spans_max);
    if (spans.empty())
      co_return;
    co_await send(std::move(spans), stop);
  }
}

async::Task<void> TraceExporter::send(std::vector<Span> spans, std::stop_token stop) {
  const std::string body = encode_spans(spans, options_.resource);
  Duration pause = options_.interval;
  for (std::size_t tries = 1;; ++tries) {
    const Result<std::size_t> rejected = co_await post(body, options_.request_timeout);
    const bool is_over =
        rejected || !may_be_repeated(rejected.error().code) || tries >= options_.tries_max;
    if (!is_over) {
      const Duration asked = rejected.error().retry_after.value_or(pause);
      pause = std::min(2 * pause, options_.pause_max);
      const bool goes_on =
          co_await async::sleep_for(parts_.executor, std::min(asked, options_.pause_max), stop);
      if (goes_on)
        continue;
    }
    note(spans.size(), rejected);
    co_return;
  }
}

async::Task<Result<std::size_t>> TraceExporter::post(std::string body, Duration timeout) {
  http::Request request;
  request.method = "POST";
  request.target = options_.target;
  request.headers.add("Content-Type", "application/json");
  for (const auto& [name, value] : options_.headers)
    request.headers.add(name, value);
  request.body = std::move(body);
  http::SendOptions options;
  options.timeout = timeout;
  options.response_bytes_max = options_.answer_bytes_max;
  BERTH_CO_TRY(const http::Response response,
               co_await parts_.transport.send(std::move(request), options));
  if (response.status < 200 || response.status > 299)
    co_return fail(error_of(response));
  const PartialSuccess partial = read_export_response(response.body);
  if (partial.rejected_spans > 0)
    parts_.log.warn("The collector rejected spans",
                    {{"rejected", partial.rejected_spans}, {"error", partial.message}});
  co_return partial.rejected_spans;
}

async::Task<void> TraceExporter::flush() {
  const SteadyPoint end = parts_.executor.clock().steady_now() + options_.last_flush_max;
  for (;;) {
    const std::vector<Span> spans = tracer_.take(options_.request_spans_max);
    if (spans.empty())
      co_return;
    const auto left =
        std::chrono::duration_cast<Duration>(end - parts_.executor.clock().steady_now());
    Result<std::size_t> rejected = fail(Code::Cancelled, "the program ends");
    if (left > Duration{0} && !fails_) {
      std::string body = encode_spans(spans, options_.resource);
      rejected = co_await post(std::move(body), std::min(left, options_.request_timeout));
    }
    note(spans.size(), rejected);
  }
}

void TraceExporter::note(std::size_t spans, const Result<std::size_t>& rejected) {
  const std::size_t lost = rejected ? std::min(*rejected, spans) : spans;
  parts_.metrics.spans(SpanOutcome::Sent).add(static_cast<double>(spans - lost));
  parts_.metrics.spans(SpanOutcome::Failed).add(static_cast<double>(lost));
  const bool failed_before = std::exchange(fails_, !rejected);
  if (!rejected && !failed_before)
    parts_.log.warn("Failed to send spans; tries again with later ones", rejected.error());
  else if (rejected && failed_before)
    parts_.log.info("Sends spans again");
}

} // namespace berth::telemetry
